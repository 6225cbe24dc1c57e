"""Laws of the replay: every format gives the same receipts, by their own times."""

import csv
import json
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pyarrow as pa
import pytest
import structlog
from pyarrow import parquet

from generator import chain, records
from generator.counters import MemoryCounters
from generator.receipts import Tills
from generator.replay import Replay, renumbered, sale_of
from generator.schedules import Steady
from generator.summary import Summary
from tillstream.clock import BusinessDay
from tillstream.receipt import Receipt, receipt_key

PARIS = ZoneInfo("Europe/Paris")
NOON = 1_773_142_200.0
TILLS = Tills(chain.build(1, 10, 2), MemoryCounters(), lambda: NOON, PARIS, 1)
ISSUED = Steady(TILLS, 2.0, 200, NOON).take(200, 1e9)
SALES = [issued for issued in ISSUED if issued.receipt.transaction_type == "sale"]


def rows(receipt: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of docs/formats.md."""
    parts = {"lines", "documentTotal", "settlements"}
    own = {name: value for name, value in receipt.items() if name not in parts}
    own |= {f"documentTotal.{name}": value for name, value in receipt["documentTotal"].items()}
    for number, tender in enumerate(receipt["settlements"], 1):
        own |= {f"settlement{number}.{name}": value for name, value in tender.items()}
    return [own | line for line in receipt["lines"]]


def decoded(bodies: list[bytes]) -> list[dict[str, Any]]:
    return [json.loads(body) for body in bodies]


EXPECTED = decoded([issued.body for issued in SALES])


def test_ndjson_is_taken_byte_for_byte(tmp_path: Path) -> None:
    file = tmp_path / "receipts.ndjson"
    expected = [issued.body for issued in ISSUED]
    file.write_bytes(b"\n".join(expected) + b"\n\n")

    assert expected == list(records.read(file))


def test_csv_gives_the_same_receipts(tmp_path: Path) -> None:
    file = tmp_path / "receipts.csv"
    table = [row for receipt in EXPECTED for row in rows(receipt)]
    columns = list(dict.fromkeys(name for row in table for name in row))
    with file.open("w", newline="") as out:
        writer = csv.DictWriter(out, columns)
        writer.writeheader()
        writer.writerows(table)
    expected = [receipt_key(issued.receipt) for issued in SALES]
    found = [msgspec.json.decode(body, type=Receipt) for body in records.read(file)]
    lines = [receipt.lines for receipt in found]

    assert expected == [receipt_key(receipt) for receipt in found]
    assert [issued.receipt.lines for issued in SALES] == lines


@pytest.mark.parametrize("nested", [True, False])
def test_parquet_gives_the_same_receipts(tmp_path: Path, nested: bool) -> None:
    file = tmp_path / "receipts.parquet"
    table = EXPECTED if nested else [row for receipt in EXPECTED for row in rows(receipt)]
    columns = list(dict.fromkeys(name for row in table for name in row))
    complete = [{name: row.get(name) for name in columns} for row in floats(table)]
    parquet.write_table(pa.Table.from_pylist(complete), file)

    assert EXPECTED == decoded(list(records.read(file)))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", b'cashReceiptID,date\n1,"2026-03-10\n'),
        ("a.csv", b"cashReceiptID,date\n1,2026-03-10\n\xff\n"),
        ("a.parquet", b"PAR1 and no more"),
    ],
)
def test_a_file_that_is_not_what_its_ending_says_ends_there_by_name(
    tmp_path: Path, name: str, content: bytes
) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    summary = Summary(BusinessDay(PARIS))
    with structlog.testing.capture_logs() as logs:
        schedule = Replay(records.read(file), PARIS, 1.0, summary)

    assert (None, 1, 1) == (schedule.due(), summary.unreadable, summary.exit_status)
    assert str(file) in logs[0]["reason"]


def floats(value: Any) -> Any:
    """Numbers of one column are of one type in Parquet: amounts are floats."""
    if isinstance(value, list):
        return [floats(one) for one in value]
    if isinstance(value, dict):
        kept = {"cashReceiptID", "storeID", "terminalID", "agentID", "customerID", "lineNumber"}
        return {name: one if name in kept else floats(one) for name, one in value.items()}
    return float(value) if isinstance(value, int) else value


def replay(bodies: list[bytes], speed: float = 1.0, mark: str = "") -> tuple[Replay, Summary]:
    summary = Summary(BusinessDay(PARIS))
    return Replay(iter(bodies), PARIS, speed, summary, mark), summary


def test_receipts_come_by_their_own_times_at_the_speed() -> None:
    schedule, _ = replay([issued.body for issued in ISSUED], speed=10.0)
    dues = []
    while (due := schedule.due()) is not None:
        dues += [due for _ in schedule.take(1, due)]

    assert [n // 2 / 10.0 for n in range(200)] == dues


def test_what_is_no_receipt_is_counted_and_left_out() -> None:
    schedule, summary = replay([b"{", ISSUED[0].body, b"{}", b"null"])
    sent = schedule.take(10, 1e9)

    assert ([ISSUED[0].body], 3) == ([issued.body for issued in sent], summary.unreadable)


def test_the_figures_of_a_replayed_receipt_are_those_of_the_till() -> None:
    for issued in ISSUED:
        sale = sale_of(issued.receipt)
        lines = [(line.category, line.quantity_milli, line.gross) for line in sale.lines]

        assert (issued.sale.net, issued.sale.gross, issued.sale.tenders) == (
            sale.net,
            sale.gross,
            sale.tenders,
        )
        assert [(one.category, one.quantity_milli, one.gross) for one in issued.sale.lines] == lines


def test_renumbered_is_another_receipt_that_says_the_same() -> None:
    for issued in ISSUED:
        receipt = issued.receipt
        other = msgspec.json.decode(renumbered(issued.body, "6f"), type=Receipt)
        number = f"{receipt.cash_receipt_id}-6f"

        assert f"{receipt.date}/{receipt.store_id}/{receipt.terminal_id}/{number}" == (
            receipt_key(other)
        )
        assert sale_of(receipt).gross == sale_of(other).gross


def test_a_clients_own_identity_does_not_survive_a_new_number() -> None:
    own = msgspec.json.encode(
        msgspec.json.decode(ISSUED[0].body) | {"receiptUUID": "0" * 32, "extra": [1.50]}
    )
    fields = json.loads(renumbered(own, "6f"))

    assert "receiptUUID" not in fields
    assert ([1.5], f"{ISSUED[0].receipt.cash_receipt_id}-6f") == (
        fields["extra"],
        fields["cashReceiptID"],
    )
