"""What the analytic archive decides without a server."""

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import duckdb
import pytest

from persistence.parquet.export_command import DayOpenError, NoDaysError, day_range, oldest_kept
from persistence.parquet.query import Answer, QueryError, exact_rows, require_select
from persistence.parquet.rows import carried_part
from persistence.parquet.sql_command import table
from persistence.parquet.storage import Storage
from persistence.writer.entries import entry
from tests.support.receipts import line, receipt, stamped
from tillstream.clock import BusinessDay
from tillstream.file_store import StorageError
from tillstream.manifest_file import ManifestError
from tillstream.parquet_manifest import (
    ArchivedDay,
    Manifest,
    Totals,
    decode,
    encode,
)
from tillstream.stores import StoreTable

PARIS = StoreTable(BusinessDay(ZoneInfo("Europe/Paris")), {})


def test_a_day_is_open_until_it_is_over_in_every_store() -> None:
    table = StoreTable(
        PARIS.default,
        {
            "7": BusinessDay(ZoneInfo("America/Martinique"), 4),
            "9": BusinessDay(ZoneInfo("Indian/Reunion")),
        },
    )
    moments = [
        datetime(2026, 11, 22, hour, minute, tzinfo=UTC).timestamp()
        for hour, minute in ((7, 59), (8, 0))
    ]

    assert [date(2026, 11, 21), date(2026, 11, 22)] == [table.open_day(each) for each in moments]
    assert date(2026, 11, 22) == PARIS.open_day(moments[0])


def test_a_row_has_every_amount_exactly() -> None:
    fields = receipt(
        5,
        customerID="C-1",
        transactionType="void",
        lines=[line(1190, quantity=0.25) | {"unitPrice": 1.0000005, "taxPercentage": 5.5}],
        documentTotal={"netTotal": -0.05, "taxPayable": 0.1, "grossTotal": 5.720000000000001},
    )
    stored = entry(stamped(fields), PARIS).document() | {
        "storedAt": datetime(2026, 11, 21, tzinfo=UTC)
    }

    carried = carried_part([stored], lambda _: None)
    assert carried is not None
    (row,) = carried.batch.to_pylist()

    assert {
        "type": "void",
        "customer": "C-1",
        "businessDay": date(2026, 11, 21),
        "date": datetime(2026, 11, 21, 7, 0, 1, tzinfo=UTC),
        "net": Decimal("-0.05"),
        "tax": Decimal("0.10"),
        "gross": Decimal("5.72"),
    } == {
        name: row[name]
        for name in ("type", "customer", "businessDay", "date", "net", "tax", "gross")
    }
    assert {
        "number": 1,
        "product": "00000011",
        "description": "Baguette",
        "categoryCode": "E",
        "category": "Pain",
        "quantity": Decimal("0.250"),
        "unit": "piece",
        # A tie goes to the even neighbour, on the decimal text.
        "unitPrice": Decimal("1.000000"),
        "net": Decimal("11.90"),
        "taxPercentage": Decimal("5.50"),
        "gross": Decimal("11.90"),
    } == row["lines"][0]


def test_a_manifest_is_read_as_it_was_written_and_another_layout_is_refused() -> None:
    written = Manifest(checkedAt=datetime(2026, 11, 22, tzinfo=UTC))
    for day in (21, 20):
        archived = ArchivedDay(
            file=f"businessDay=2026-11-{day}/x.parquet",
            totals=Totals(receipts=2, gross=Decimal("12.30")),
            others={"JPY": Totals(receipts=1, gross=Decimal(500))} if day == 20 else {},
            writtenAt=datetime(2026, 11, 22, tzinfo=UTC),
        )
        written = written.with_day(date(2026, 11, day), archived)

    read = decode(encode(written), "here")

    assert (written, [20, 21]) == (read, [day.day for day in read.days])
    assert [3, 2] == [archived.receipts for archived in read.archived()]
    with pytest.raises(ManifestError, match="here has layout 5; this version reads up to 4"):
        decode(b'{"layout": 5}', "here")


@pytest.mark.parametrize("sql", ["", "COPY x TO 'y'", "SELECT 1; SELECT 2", "EXPLAIN SELECT 1"])
def test_only_one_select_is_a_question(sql: str) -> None:
    with pytest.raises(QueryError, match="one SELECT is answered at a time"):
        require_select(sql)


def test_a_range_of_days_ends_before_the_open_one() -> None:
    closed = date(2026, 11, 20)

    assert (date.min, closed) == day_range(None, None, closed)
    with pytest.raises(DayOpenError, match="the last closed business day is 2026-11-20"):
        day_range(None, date(2026, 11, 21), closed)
    with pytest.raises(NoDaysError):
        day_range(date(2026, 11, 19), date(2026, 11, 18), closed)


def test_a_retention_keeps_so_many_closed_days() -> None:
    closed = date(2026, 11, 20)

    assert [date.min, closed, date(2026, 10, 22)] == [
        oldest_kept(closed, days) for days in (0, 1, 30)
    ]


def test_a_url_of_no_known_store_is_told() -> None:
    with pytest.raises(StorageError, match="give a folder or an fsspec URL"):
        Storage("nowhere://x")


def test_a_table_has_numbers_to_the_right() -> None:
    rows = iter([("Pain", Decimal("12.30"), None), ("Menu", Decimal("4.00"), "x" * 70)])

    assert [
        "category  gross  note",
        "--------  -----  " + "-" * 60,
        "Pain      12.30",
        "Menu       4.00  " + "x" * 57 + "...",
    ] == list(table(Answer(["category", "gross", "note"], rows)))


def test_a_name_in_an_answer_breaks_no_row_of_its_table() -> None:
    forged = "A\n9.99  paid\x1b[2J\u202eB\u2028C"
    lines = list(table(Answer([forged, "gross"], iter([(forged, Decimal("1.00"))]))))

    assert 3 == len(lines)
    assert all(line.isprintable() for line in lines)


def test_a_day_that_mongodb_dropped_stays_dropped_when_it_is_written_again() -> None:
    days = [date(2026, 11, 20), date(2026, 11, 21)]
    marked_at, later = datetime(2026, 11, 22, tzinfo=UTC), datetime(2026, 11, 23, tzinfo=UTC)
    file = ArchivedDay(file="first", totals=Totals(), writtenAt=marked_at)
    manifest = Manifest(days=dict.fromkeys(days, file))

    marked = manifest.dropping(days[:1], marked_at).dropping(days[:1], later)
    again = marked.with_day(days[0], ArchivedDay(file="again", totals=Totals(), writtenAt=later))

    assert [] == manifest.dropped()
    assert (
        days[:1] == marked.dropped() == again.dropped() == decode(encode(again), "here").dropped()
    )
    assert ("again", marked_at) == (again.days[days[0]].file, again.days[days[0]].droppedAt)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("340282366920938463463374607431768211455::UHUGEINT", str(2**128 - 1)),
        ("170141183460469231731687303715884105727::HUGEINT", Decimal(2**127 - 1)),
        ("[340282366920938463463374607431768211455::UHUGEINT]", f"[{2**128 - 1}]"),
        ("TIMESTAMP_NS '2026-11-21 08:00:00.123456789'", "2026-11-21 08:00:00.123456789"),
        ("TIMETZ '01:00:00+15:59:59'", "01:00:00+15:59:59"),
        ("TIME '24:00:00'", "24:00:00"),
        ("INTERVAL '1 month 2 days'", "1 month 2 days"),
        ("'1011'::BIT", "1011"),
        ("TIMESTAMP '2026-11-21 08:00:00'", datetime(2026, 11, 21, 8)),  # noqa: DTZ001
        ("NULL", None),
    ],
)
def test_a_value_comes_as_it_is(expression: str, value: object) -> None:
    relation = duckdb.connect().sql(f"SELECT {expression} AS a, 7 AS a")

    assert [(value, 7)] == list(exact_rows(relation))


@pytest.mark.parametrize(
    "expression",
    [
        "DATE '200000-01-01'",
        "'infinity'::DATE",
        "[TIMESTAMP '-infinity']",
        "DATE '4000-01-01 (BC)'",
    ],
)
def test_a_date_beyond_pythons_calendar_is_told(expression: str) -> None:
    with pytest.raises(QueryError, match="far: a date or time outside the years 1 to 9999"):
        list(exact_rows(duckdb.connect().sql(f"SELECT {expression} AS far")))
