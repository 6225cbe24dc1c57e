"""SAF-T PT and POSLog: nothing dangerous is read, and what the file says of itself is checked."""

from collections.abc import Callable
from pathlib import Path

import pytest

from connectors.files import formats, xml_records
from connectors.files.amounts import exponent_of
from connectors.files.found import Account
from connectors.files.import_errors import ImportFileError

SAMPLES = Path(__file__).parents[4] / "receivers" / "samples"
SAFT, POSLOG = SAMPLES / "saft_pt" / "refund", SAMPLES / "poslog" / "refund"


@pytest.fixture
def changed(tmp_path: Path) -> Callable[..., Path]:
    def change(folder: Path, old: str, new: str) -> Path:
        text = (folder / "export.xml").read_text()
        assert old in text
        (tmp_path / "export.xml").write_text(text.replace(old, new, 1))
        return tmp_path / "export.xml"

    return change


def read(path: Path) -> tuple[int, Account]:
    with formats.opened(path, exponent_of) as reader:
        return sum(1 for _ in reader.receipts()), reader.account


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE a [<!ENTITY x "y">]>',
        '<!DOCTYPE a SYSTEM "http://127.0.0.1/a.dtd">',
        '<!DOCTYPE a [<!ENTITY x "xx"><!ENTITY y "&x;&x;&x;&x;">]>',
    ],
)
def test_document_types_and_entities_are_refused(
    changed: Callable[..., Path], doctype: str
) -> None:
    path = changed(POSLOG, "<POSLog", f"{doctype}<POSLog")

    with pytest.raises(ImportFileError):
        read(path)


def test_levels_without_an_end_are_refused(changed: Callable[..., Path]) -> None:
    deep = "<a>" * (xml_records.MAX_DEPTH + 1)

    with pytest.raises(ImportFileError, match="levels"):
        read(changed(POSLOG, "<RetailStoreID>", f"{deep}<RetailStoreID>"))


def test_a_record_without_an_end_is_refused(
    changed: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xml_records, "MAX_RECORD_BYTES", 200_000)

    with pytest.raises(ImportFileError, match="a record has more"):
        read(changed(POSLOG, "<RetailStoreID>", f"<X>{'x' * 1_000_000}</X><RetailStoreID>"))


@pytest.mark.parametrize("begin", ['<X a="', "<!--", "<"])
def test_a_tag_or_comment_without_an_end_is_refused(
    changed: Callable[..., Path], begin: str
) -> None:
    endless = begin + "x" * 4 * xml_records.MAX_TAG_BYTES

    with pytest.raises(ImportFileError, match="a tag or comment has more"):
        read(changed(POSLOG, "<RetailStoreID>", f"{endless}<RetailStoreID>"))


def test_totals_that_differ_are_told(changed: Callable[..., Path]) -> None:
    _, account = read(changed(SAFT, "<TotalCredit>2.30", "<TotalCredit>2.31"))

    assert ["TotalCredit says 2.31, it is 2.30"] == account.problems


def test_a_gap_in_the_chain_is_told(changed: Callable[..., Path]) -> None:
    path = changed(SAFT, "<InvoiceNo>NC A2026/1<", "<InvoiceNo>FS A2026/5<")

    _, account = read(path)

    assert ["FS A2026/5 follows FS A2026/3: the chain has a gap"] == account.problems


def test_a_document_without_its_hash_is_told(changed: Callable[..., Path]) -> None:
    _, account = read(changed(SAFT, "<HashControl>1</HashControl>", ""))

    assert ["FS A2026/3: no Hash or no HashControl"] == account.problems


def test_what_was_not_checked_is_said() -> None:
    _, account = read(SAFT / "export.xml")

    assert any("public key" in text for text in account.unchecked)


def test_a_bad_document_never_stops_the_rest(changed: Callable[..., Path]) -> None:
    number, account = read(changed(SAFT, "<TaxPercentage>13.00</TaxPercentage>\n", "\n"))
    # The master file's own rate stands for that of a document.
    assert (2, []) == (number, account.refused)

    number, account = read(changed(SAFT, "<CreditAmount>2.30", "<CreditAmount>2,30"))

    assert 1 == number
    assert 1 == len(account.refused)


def test_a_transactions_own_total_is_compared(changed: Callable[..., Path]) -> None:
    _, account = read(
        changed(POSLOG, '"TransactionGrandAmount">7.20', '"TransactionGrandAmount">7')
    )

    assert 1 == len(account.problems)


#: As tills of the United States write it: prices without tax, which is a line of its own.
TAXED_AS_A_WHOLE = """<POSLog xmlns="http://www.nrf-arts.org/IXRetail/namespace/"><Transaction>
<RetailStoreID>1</RetailStoreID><WorkstationID>2</WorkstationID><SequenceNumber>3</SequenceNumber>
<EndDateTime>2026-11-21T10:00:00</EndDateTime><CurrencyCode>USD</CurrencyCode><RetailTransaction>
{}<Total TotalType="TransactionGrandAmount">{}</Total></RetailTransaction></Transaction></POSLog>"""


def item(kind: str, amount: str, type_: str = "Stock") -> str:
    return (
        f'<LineItem><{kind} ItemType="{type_}"><ItemID>A</ItemID><Description>A</Description>'
        f"<ExtendedAmount>{amount}</ExtendedAmount><Quantity>1</Quantity></{kind}></LineItem>"
    )


def tax(amount: str, taxable: str) -> str:
    return (
        f"<LineItem><Tax><TaxableAmount>{taxable}</TaxableAmount><Amount>{amount}</Amount>"
        "<Percent>8.25</Percent></Tax></LineItem>"
    )


TWO = item("Sale", "1.99") + item("Sale", "3.49")


@pytest.mark.parametrize(
    ("items", "total", "grosses", "rate"),
    [
        (TWO + tax("0.45", "5.48"), 5.93, [2.15, 3.78], 8.25),
        # Of one of both, which is not told.
        (TWO + tax("0.29", "3.49"), 5.77, [2.10, 3.67], 5.29),
        (item("Return", "1.99") + tax("0.16", "1.99"), -2.15, [-2.15], 8.04),
        (item("SaleForDelivery", "1.99") + item("SaleForPickup", "3.49"), 5.48, [1.99, 3.49], 0.0),
    ],
)  # fmt: skip
def test_what_stands_beside_the_lines_of_a_transaction_counts(
    tmp_path: Path, items: str, total: float, grosses: list[float], rate: float
) -> None:
    path = tmp_path / "export.xml"
    path.write_text(TAXED_AS_A_WHOLE.format(items, total))

    with formats.opened(path, exponent_of) as reader:
        [found] = reader.receipts()

    lines = found.receipt["lines"]
    assert [] == reader.account.problems
    assert (grosses, total) == (
        [line["settlementAmount"] for line in lines],
        found.receipt["documentTotal"]["grossTotal"],
    )
    assert [rate] * len(lines) == [line["taxPercentage"] for line in lines]


@pytest.mark.parametrize("kind", ["Sale", "Return"])
def test_a_deposit_is_no_revenue_also_when_it_is_given_back(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "export.xml"
    path.write_text(TAXED_AS_A_WHOLE.format(item(kind, "0.25", "Deposit"), "0"))

    with formats.opened(path, exponent_of) as reader:
        [found] = reader.receipts()

    money = {"Sale": -0.25, "Return": 0.25}[kind]
    assert found.receipt["documentTotal"]["grossTotal"] == 0
    assert [("deposit", money)] == [
        (one["paymentMechanism"], one["settlementAmount"]) for one in found.receipt["settlements"]
    ]
