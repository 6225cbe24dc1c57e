"""Three currencies on one day: three exact sums in each book, and none of them together."""

import csv
import io
import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

import httpx
import pyarrow.parquet
import pytest

from analytics.counting.decoding import read_columns
from analytics.verify.archive import ArchiveReader
from analytics.verify.archive_comparison import ArchiveComparison
from analytics.verify.comparison import compare_archive
from analytics.verify.parquet_days import ParquetDays
from persistence.seal import offline
from tests.integration.persistence.api.conftest import serving
from tests.support.dropped_days import drop, mark
from tests.support.filled_archive import STORES, Kept
from tests.support.ledgers import recount_in_memory
from tests.support.receipts import line, receipt, stamped
from tillstream.bounds import AMOUNT_LIMIT, THOUSANDTHS_LIMIT
from tillstream.codec import JSON
from tillstream.log.reader import LogMessage

DAY = date(2025, 11, 10)
DIGITS = {"EUR": 2, "JPY": 0, "KWD": 3}
#: The largest amounts of the contract, the smallest, and what is rounded.
AMOUNTS = {
    "EUR": (AMOUNT_LIMIT, AMOUNT_LIMIT, -0.01, 0.105),
    "JPY": (AMOUNT_LIMIT, AMOUNT_LIMIT, -1, 2.5),
    "KWD": (THOUSANDTHS_LIMIT, THOUSANDTHS_LIMIT, -0.001, 0.0045),
}
SUMS = {
    "EUR": Decimal("20000000.09"),
    "JPY": Decimal(20000001),
    "KWD": Decimal("2000000.003"),
}

Sums = dict[str, Decimal]


def sold(number: int, amount: float, currency: str | None) -> bytes:
    """A receipt of one line of an amount; of no currency, as before there were any."""
    named: dict[str, Any] = {} if currency is None else {"currency": currency}
    amounts = {"creditAmount": amount, "settlementAmount": amount, "unitPrice": amount}
    return stamped(
        receipt(
            number,
            date=f"{DAY} 09:00:01",
            lines=[line() | amounts],
            documentTotal={"netTotal": amount, "taxPayable": 0, "grossTotal": amount},
            settlements=[{"paymentMechanism": "CB", "settlementAmount": amount}],
            **named,
        )
    )


BODIES = [
    sold(10 * place + number, amount, None if (currency, number) == ("EUR", 1) else currency)
    for place, (currency, amounts) in enumerate(AMOUNTS.items())
    for number, amount in enumerate(amounts)
]


def in_units(minor: Iterable[tuple[str, int]]) -> Sums:
    found: Sums = defaultdict(Decimal)
    for currency, each in minor:
        found[currency] += Decimal(each).scaleb(-DIGITS[currency])
    return dict(found)


def in_documents(kept: Kept) -> Sums:
    found = list(kept.database.receipts.find())
    # An old document and one of the same currency today are alike.
    assert {None, "JPY", "KWD"} == {each.get("currency") for each in found}
    return in_units((each.get("currency", "EUR"), each["grossMinor"]) for each in found)


def answered(api: httpx.Client, by: str) -> Sums:
    """The sums that the service gives of each currency, each with the names of the others."""
    sums = {}
    for currency in DIGITS:
        asked = {"by": by, "from": DAY.isoformat(), "to": "2025-11-11"}
        # Euros are the chain's main currency.
        named = {} if currency == "EUR" else {"currency": currency}
        sales = api.get("/sales", params=asked | named).raise_for_status().json()
        assert currency == sales["currency"]
        assert sorted(DIGITS.keys() - {currency}) == sales["otherCurrencies"]
        (row,) = sales["rows"]
        assert 4 == row["receipts"]
        sums[currency] = Decimal(row["gross"])
    return sums


def in_csv(api: httpx.Client, currency: str | None = None) -> Sums:
    asked = {"format": "csv", "from": DAY.isoformat(), "to": "2025-11-11"}
    named = {} if currency is None else {"currency": currency}
    text = api.get("/export", params=asked | named).raise_for_status().content.decode("utf-8-sig")
    sums: Sums = defaultdict(Decimal)
    for row in csv.DictReader(io.StringIO(text)):
        assert -Decimal(row["gross"]).as_tuple().exponent == DIGITS[row["currency"]]  # type: ignore[operator]
        sums[row["currency"]] += Decimal(row["gross"])
    return dict(sums)


def in_pages(api: httpx.Client) -> Sums:
    asked = {"from": DAY.isoformat(), "to": "2025-11-11"}
    items: list[dict[str, Any]] = (
        api.get("/receipts", params=asked).raise_for_status().json()["items"]
    )
    sums: Sums = defaultdict(Decimal)
    for each in items:
        sums[each["currency"]] += Decimal(each["lines"][0]["gross"])
    return dict(sums)


def in_file(kept: Kept) -> Sums:
    ((day, archived),) = kept.storage.manifest().days.items()
    assert DAY == day
    assert SUMS == {currency: of.gross for currency, of in archived.by_currency.items()}
    table = pyarrow.parquet.read_table(kept.data_dir / "parquet" / archived.file)
    sums: Sums = defaultdict(Decimal)
    for row in table.to_pylist():
        sums[row["currency"]] += row["payments"][0]["amount"]
    return dict(sums)


def in_sql(kept: Kept, view: str, amount: str) -> Sums:
    sql = f"SELECT currency, sum({amount}) FROM {view} GROUP BY currency"  # noqa: S608 - ours
    return {str(currency): Decimal(str(found)) for currency, found in kept.ask(sql)}


def in_seals(kept: Kept) -> Sums:
    folder = kept.data_dir / "seals"
    for arguments in (["seal"], ["verify-seal"], ["export-seals", str(folder)]):
        said = kept.run(*arguments)
        assert 0 == said.returncode, said
    assert [] == list(offline.check_folder(folder, None, {}))
    seals = [json.loads(each) for each in (folder / offline.SEALS).read_text().splitlines()]
    # The first is as it was before there were other currencies.
    assert ["EUR", "JPY", "KWD"] == [each.get("currency", "EUR") for each in seals]
    assert "currency" not in seals[0]
    return in_units((each.get("currency", "EUR"), each["perpetualGrossMinor"]) for each in seals)


def verified(kept: Kept) -> list[object]:
    """What log and archive disagree about, of MongoDB and of the files."""
    counted = recount_in_memory()
    messages = [LogMessage(number, body, JSON) for number, body in enumerate(BODIES)]
    counted.count(messages, read_columns(messages, STORES))
    counted.write()
    stored = ArchiveComparison(counted)
    stored.read(ArchiveReader(kept.client, kept.name))
    stored.read_files(ParquetDays(str(kept.data_dir / "parquet")))
    assert ({}, set()) == (stored.missing, stored.extra)
    return list(compare_archive(counted, stored, set()))


@pytest.fixture
def filled(kept: Kept) -> Kept:
    kept.store(BODIES)
    return kept


def test_three_currencies_on_one_day_are_three_exact_sums_in_every_book(filled: Kept) -> None:
    books = {"documents": in_documents(filled), "seals": in_seals(filled)}
    books |= {"SQL before the export": in_sql(filled, "receipts", "gross")}
    filled.export()
    books |= {
        "file": in_file(filled),
        "SQL of receipts": in_sql(filled, "receipts", "gross"),
        "SQL of lines": in_sql(filled, "lines", "net"),
        "SQL of payments": in_sql(filled, "payments", "amount"),
    }
    differences = verified(filled)
    environ = {name: filled.environ[name] for name in ("DATA_DIR",)}
    with serving(filled.mongo_url, filled.name, **environ) as (_, api):
        for place in ("in MongoDB", "in files"):
            if place == "in files":
                mark(filled.data_dir, [DAY])
                drop(filled.database, [DAY])
                differences += verified(filled)
            for by in ("day", "category", "tender"):
                books |= {f"sales by {by} {place}": answered(api, by)}
            books |= {f"CSV {place}": in_csv(api), f"pages {place}": in_pages(api)}
            books |= {f"CSV of yen {place}": SUMS | in_csv(api, "JPY")}
        refused = api.get("/sales", params={"by": "day", "currency": "yen"})

    assert dict.fromkeys(books, SUMS) == books
    assert [] == differences
    named = [each["parameter"] for each in refused.json()["errors"]]
    assert (400, {"from", "to", "currency"}) == (refused.status_code, set(named))
