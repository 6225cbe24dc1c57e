"""Random receipts of the contract's whole range: every output says the same of each of them."""

import random
from datetime import date
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from loadtest.fuzz import outputs, reference
from loadtest.fuzz.allowed import Allowed, Receipt
from loadtest.fuzz.stores import by_name
from tests.laws import rooms
from tests.support.receipts import receipt as a_receipt
from tests.support.receipts import stamped

#: A batch of receipts each; script/fuzz tries 200,000 receipts.
BATCHES = settings(max_examples=120)
RECEIPTS = 25

STORES = by_name()


@st.composite
def arrivals(draw: st.DrawFn) -> list[Receipt]:
    """Receipts as they come to the door: some come again, the same, in another form or changed."""
    luck = random.Random(draw(st.integers(0, 2**32)))
    allowed = Allowed(luck)
    found: list[Receipt] = []
    for _ in range(draw(st.integers(1, RECEIPTS))):
        way = luck.randrange(8) if found else 7
        if way == 0:
            found.append(luck.choice(found))
        elif way == 1:
            found.append(otherwise_written(luck.choice(found)))
        elif way == 2:
            found.append(altered(luck.choice(found), luck))
        elif way == 3:
            found.append(of_another_store(luck.choice(found), luck))
        else:
            found.append(allowed.receipt())
    return found


def otherwise_written(receipt: Receipt) -> Receipt:
    """The same receipt: identifiers as text, zeros with a sign, an extra field, null for none."""
    same = dict(reversed(list(receipt.items())))
    for name in ("storeID", "terminalID", "cashReceiptID", "agentID", "customerID"):
        same[name] = None if receipt[name] is None else str(receipt[name])
    same["documentTotal"] = {
        name: -0.0 if value == 0 else float(value)
        for name, value in receipt["documentTotal"].items()
    }
    no_currency = {"currency": None} if receipt.get("currency") in (None, "EUR") else {}
    return {"transactionType": None, "receiptUUID": None, "own": [1]} | same | no_currency


def altered(receipt: Receipt, luck: random.Random) -> Receipt:
    """The same identity with another content, in one field."""
    total = receipt["documentTotal"]
    return receipt | luck.choice(
        (
            {"transactionType": "void" if receipt.get("transactionType") != "void" else "sale"},
            # From none to one: test_a_receipt_without_a_customer_is_not_the_one_with_it.
            {} if receipt["customerID"] is None else {"customerID": None},
            # Of amounts that are of more than a million there are none in thousandths.
            {"currency": "CHF" if receipt.get("currency") != "CHF" else "EUR"},
            {"agentID": "other" if receipt["agentID"] != "other" else "another"},
            {"documentTotal": total | {"grossTotal": -1 if total["grossTotal"] != -1 else -2}},
            {"settlements": [{"paymentMechanism": "x", "settlementAmount": -1}]},
        )
    )


def of_another_store(receipt: Receipt, luck: random.Random) -> Receipt:
    """Another store that sends the same UUID, number and date."""
    others = [each.name for each in STORES.values() if str(each.name) != str(receipt["storeID"])]
    return receipt | {"storeID": luck.choice(others)}


def normalised(receipt: Receipt) -> Any:
    """A receipt's content as the contract means it: what two of one identity must share."""
    names = ("storeID", "terminalID", "cashReceiptID", "agentID", "customerID")
    plain = {name: None if receipt[name] is None else str(receipt[name]) for name in names}
    lines = [
        {
            name: str(value) if name in ("productCode", "productCategoryCode") else value
            for name, value in line.items()
        }
        for line in receipt["lines"]
    ]
    return (
        plain,
        receipt["date"],
        receipt.get("transactionType"),
        receipt.get("currency") or "EUR",
        lines,
        receipt["documentTotal"],
        receipt["settlements"],
    )


@BATCHES
@given(arrivals())
def test_every_output_says_the_same_of_every_receipt(came: list[Receipt]) -> None:
    door = rooms.Door()
    first: dict[str, Receipt] = {}
    for receipt in came:
        key = door.post(msgspec.json.encode(receipt))
        first.setdefault(key, receipt)
    expected = {
        key: reference.facts(receipt, STORES[str(receipt["storeID"])])
        for key, receipt in first.items()
    }
    without_customer = {key: each._replace(customer=None) for key, each in expected.items()}

    archive = rooms.archived(door.lines).documents
    assert expected == {key: outputs.of_document(each) for key, each in archive.items()}
    assert expected == rooms.of_parquet(archive.values())
    assert expected == {key: rooms.of_api(each) for key, each in archive.items()}

    seals, sealed_sums = rooms.sealed(archive.values())
    assert without_customer == seals
    assert sealed_sums == {
        currency: sum(each.gross for each in expected.values() if each.currency == currency)
        for currency in {each.currency for each in expected.values()}
    }

    sums = reference.expected(first.values(), STORES)
    ledger = rooms.counted(door.lines)
    assert sums == rooms.ledger_sums(ledger)
    clockless = reference.only(sums, reference.CLOCKLESS)
    assert clockless == rooms.sums_of(expected.values())

    for day in {date.fromisoformat(each.day) for each in expected.values()}:
        values = rooms.shown(ledger, day).values

        assert rooms.page_values(sums, day) == {
            name: values[name] for name in ("revenue", "receipts")
        }


@BATCHES
@given(arrivals())
def test_an_identity_that_comes_again_is_told_alike_by_door_ledger_and_archive(
    came: list[Receipt],
) -> None:
    door, forgetful = rooms.Door(), []
    expected: list[tuple[str, str]] = []
    first: dict[str, Any] = {}
    for receipt in came:
        body = msgspec.json.encode(receipt)
        key = door.post(body)
        # A door that was restarted, or another process of it, has no memory.
        other = rooms.Door()
        other.post(body)
        forgetful += other.lines
        content = normalised(receipt)
        if key not in first:
            first[key] = content
            expected.append((key, "fresh"))
        else:
            expected.append((key, "retry" if first[key] == content else "conflict"))

    assert expected == door.said

    archive, ledger = rooms.archived(forgetful), rooms.counted(forgetful)
    retries = [key for key, what in expected if what == "retry"]
    conflicts = [key for key, what in expected if what == "conflict"]
    assert (retries, conflicts) == (archive.duplicates, archive.conflicts)
    assert (len(retries), len(conflicts)) == (ledger.counter.duplicates, ledger.counter.conflicts)
    assert len(first) == ledger.identities.count == len(archive.documents)


@BATCHES
@given(arrivals())
def test_an_identity_has_its_store(came: list[Receipt]) -> None:
    door = rooms.Door()
    stores: dict[str, set[str]] = {}
    for receipt in came:
        key = door.post(msgspec.json.encode(receipt))
        stores.setdefault(key, set()).add(str(receipt["storeID"]))

    assert all(len(each) == 1 for each in stores.values())


def test_a_receipt_without_a_customer_is_not_the_one_with_it() -> None:
    """Neither at the door nor in the archive, nor in the ledger."""
    sent = [a_receipt(customerID=None), a_receipt(customerID="None")]
    lines = [stamped(fields) for fields in sent]
    archive, ledger = rooms.archived(lines), rooms.counted(lines)

    assert 1 == len(archive.conflicts) == ledger.counter.conflicts
