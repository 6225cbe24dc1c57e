"""A ledger that is counted from the files of the analytic archive is that of the receipts."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.counting.decoding import read_columns
from analytics.ledger.identity_records import Records
from analytics.verify.archived_messages import messages_beyond, messages_of
from analytics.verify.parquet_days import FileUnreadableError, ParquetDays
from analytics.verify.parquet_receipts import date_text
from analytics.verify.recount import Recount
from persistence.parquet import engine, rows
from persistence.parquet.storage import Storage
from persistence.parquet.stored import FIELDS
from persistence.writer.entries import entry
from tests.support.ledgers import kept_keys, recount_in_memory, totals_by_day
from tests.support.receipts import receipt, receipts, stamped
from tillstream import query_engine
from tillstream.archive import Document
from tillstream.bounds import AMOUNT_LIMIT, QUANTITY_LIMIT, is_time
from tillstream.clock import BusinessDay, milliseconds, moment, of_milliseconds
from tillstream.codec import JSON
from tillstream.earlier_keys import earlier_key
from tillstream.identity import digest_of_key
from tillstream.log.reader import LogMessage
from tillstream.manifest_file import MANIFEST
from tillstream.parquet_manifest import (
    LAYOUT,
    TODAYS_KEYS,
    WITH_CURRENCY,
    ArchivedDay,
    Manifest,
    Totals,
    encode,
)
from tillstream.stores import StoreTable

STORES = StoreTable(
    BusinessDay(ZoneInfo("Europe/Paris"), 4),
    {
        # Offsets to the second before 1937, and a day that never was.
        "2": BusinessDay(ZoneInfo("Europe/Amsterdam")),
        "é/ x": BusinessDay(ZoneInfo("Pacific/Apia"), 23),
    },
)
AT = datetime(2026, 11, 21, tzinfo=UTC)
UUIDS = ("0123abcd-0123-4abc-8def-0123456789ab", "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF")


def archived(bodies: Sequence[bytes], root: Path, layout: int = LAYOUT) -> None:
    """Bring receipts to files as an export does, each business day to one."""
    days: dict[date, list[Document]] = defaultdict(list)
    for body in bodies:
        document = entry(body, STORES).document()
        if layout < TODAYS_KEYS:
            document["_id"] = earlier_key(document["_id"])
        kept = {name: document[name] for name in ("_id", *FIELDS) if name in document}
        days[date.fromisoformat(document["businessDay"])].append(kept | {"storedAt": AT})
    manifest = Manifest(layout=layout)
    with query_engine.engine(Storage(str(root))) as connection:
        for day, documents in days.items():
            batch = batch_of(documents, layout)
            connection.register("batch", pa.Table.from_batches([batch]))
            file = f"{day}.parquet"
            engine.write(connection, "batch", root / file)
            totals = Totals(receipts=len(documents))
            manifest = manifest.with_day(
                day, ArchivedDay(file=file, totals=totals, writtenAt=AT, layout=layout)
            )
    (root / MANIFEST).write_bytes(encode(manifest))


def batch_of(documents: Sequence[Document], layout: int) -> pa.RecordBatch:
    carried = rows.carried_part(documents, lambda error: pytest.fail(str(error)))
    assert carried is not None
    batch = carried.batch
    if layout < WITH_CURRENCY:
        columns = [name for name in batch.schema.names if name != "currency"]
        batch = batch.select(columns)
    if layout < TODAYS_KEYS:
        keys = pa.array([document["_id"] for document in documents])
        batch = batch.set_column(0, "key", keys)
    if layout == 1:
        minutes = pa.array([each // 60 for each in batch["utcOffsetSeconds"].to_pylist()])
        place = batch.schema.get_field_index("utcOffsetSeconds")
        batch = batch.set_column(place, "utcOffsetMinutes", minutes)
    return batch


def counted(recount: Recount, bodies: Sequence[bytes]) -> None:
    messages = [LogMessage(-1, body, JSON) for body in bodies]
    recount.count(messages, read_columns(messages, STORES))


def counted_files(recount: Recount, root: Path) -> int:
    """Count what the files have beyond a recount; returns how many."""
    before = recount.identities.count
    for messages in messages_beyond(ParquetDays(str(root)), recount.identities, STORES):
        recount.count(messages, read_columns(messages, STORES))
    assert 0 == sum(recount.progress()[1:5])
    return recount.identities.count - before


def figures(recount: Recount) -> list[Any]:
    """Everything that a file has, of a ledger."""
    recount.write()
    totals = totals_by_day(recount.ledger)
    return [
        {
            day: {entry: of for entry, of in entries.items() if entry[0] != "mark"}
            for day, entries in totals.items()
        },
        {name: (till.receipts, till.number) for name, till in recount.ledger.tills().items()},
        kept_keys(recount.ledger),
    ]


def contents(recount: Recount) -> list[bytes]:
    """Identities with the digests of their contents."""
    return [bytes(each) for day in recount.identities.days() for each in of_day(recount, day)]


def of_day(recount: Recount, day: int) -> Records:
    return recount.identities.of_day(day)


def expected_of(bodies: Sequence[bytes]) -> Recount:
    """Receipts counted in the order of the files: tills are heard in it."""
    documents = [(entry(body, STORES).document(), body) for body in bodies]
    order = ("businessDay", "store", "date", "_id")
    recount = recount_in_memory()
    counted(
        recount,
        [body for _, body in sorted(documents, key=lambda each: [each[0][name] for name in order])],
    )
    return recount


def key_of(body: bytes) -> str:
    key: str = entry(body, STORES).document()["_id"]
    return key


amounts = st.one_of(
    st.floats(-AMOUNT_LIMIT, AMOUNT_LIMIT),
    st.sampled_from([0.0, -0.0, 1.005, 1.015, -1.015, 5.720000000000001, 9_999_999.995, 1e-9]),
    st.sampled_from([AMOUNT_LIMIT, -AMOUNT_LIMIT]),
)
names = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp"]), max_size=20)
identifiers = st.one_of(
    st.integers(0, 2**63 - 1),
    st.sampled_from([1, 2, "2", "é/ x", "uuid", "%2F", "a:b", "é" * 64, "00017", "²"]),
)
lines = st.fixed_dictionaries(
    {
        "lineNumber": st.integers(0, 2**31 - 1),
        "productCode": identifiers,
        "productDescription": st.text(st.characters(codec="utf-8"), max_size=50),
        "productCategoryCode": identifiers,
        "productCategoryName": names.filter(bool),
        "quantity": st.one_of(
            st.floats(-QUANTITY_LIMIT, QUANTITY_LIMIT), st.sampled_from([0.0005, -0.0025, 0.25])
        ),
        "unitOfMeasure": names,
        "unitPrice": amounts,
        "creditAmount": amounts,
        "taxPercentage": st.one_of(st.floats(0, 100), st.sampled_from([0, 100, 5.5, 5.505])),
        "settlementAmount": amounts,
    }
)
#: Around midnight, a cutoff, clocks that change, and the ends of the contract.
dates = st.one_of(
    st.sampled_from(
        [
            "2026-03-29 02:30:00",
            "2026-10-25T02:30:00",
            "2026-10-25 02:30:00+01:00",
            "2011-12-30 12:00:00",
            "2026-11-21T23:59:59.999999999Z",
            "2026-11-21 03:59:59.999-2359",
            "2026-11-21 04:00:00+23:59",
            "1900-01-01 00:00:00",
            "1920-06-01 12:00:00.25",
            "2999-12-31T23:59:59.999+05:30",
        ]
    ),
    st.integers(-2_200_000_000_000, 32_000_000_000_000).map(
        lambda each: of_milliseconds(each).isoformat(" ", "milliseconds")[: -len("+00:00")]
    ),
)


@st.composite
def extremes(draw: st.DrawFn) -> bytes:
    written = draw(dates)
    total = {name: draw(amounts) for name in ("netTotal", "taxPayable", "grossTotal")}
    paid = st.fixed_dictionaries(
        {"paymentMechanism": names.filter(bool), "settlementAmount": amounts}
    )
    fields = receipt(
        storeID=draw(identifiers),
        terminalID=draw(identifiers),
        cashReceiptID=draw(identifiers),
        agentID=draw(st.none() | identifiers),
        customerID=draw(st.none() | identifiers),
        date=written,
        lines=draw(st.lists(lines, max_size=4)),
        settlements=draw(st.lists(paid, max_size=3)),
        documentTotal=total,
        transactionType=draw(st.none() | st.sampled_from(["void", "", "Été"])),
        receiptUUID=draw(st.none() | st.sampled_from(UUIDS)),
        marks=draw(st.lists(st.sampled_from(["clock-ahead", "sum"]), unique=True)),
    )
    # Late or not, to the millisecond.
    closes = moment(written, STORES.calendar(fields["storeID"])).closes
    late = draw(st.sampled_from([-86_400.0, -0.002, 0.0, 0.001, 3600.123456]))
    return stamped(fields, max(closes + late, 0.001))


@settings(max_examples=60, deadline=None)
@given(st.lists(extremes(), min_size=1, max_size=12, unique_by=key_of))
def test_files_count_as_the_receipts_that_they_were_made_of(bodies: list[bytes]) -> None:
    found = recount_in_memory()
    with TemporaryDirectory() as folder:
        archived(bodies, Path(folder))
        count = counted_files(found, Path(folder))

    assert len(bodies) == count
    assert figures(expected_of(bodies)) == figures(found)


@settings(max_examples=20, deadline=None)
@given(st.lists(receipts.map(stamped), min_size=1, unique_by=key_of), st.sampled_from([1, 2, 3, 4]))
def test_files_of_every_layout_have_the_contents_of_what_tills_send(
    bodies: list[bytes], layout: int
) -> None:
    bodies = [*bodies, stamped(receipt(1, receiptUUID=UUIDS[0], date="2026-11-21 01:00:00"))]
    found = recount_in_memory()
    with TemporaryDirectory() as folder:
        archived(bodies, Path(folder), layout)
        counted_files(found, Path(folder))

    assert contents(expected_of(bodies)) == contents(found)


def test_what_was_counted_is_left_and_what_is_asked_for_is_found(tmp_path: Path) -> None:
    bodies = [stamped(receipt(number, storeID=number % 4)) for number in range(1, 50)]
    archived(bodies, tmp_path)
    recount = recount_in_memory()
    counted(recount, bodies[::2])
    day = date(2026, 11, 21).toordinal()
    wanted = {digest_of_key(key_of(body)) for body in bodies[:3]}

    found = list(messages_of(ParquetDays(str(tmp_path)), day, wanted, STORES))

    assert len(bodies[1::2]) == counted_files(recount, tmp_path)
    assert figures(expected_of(bodies))[0] == figures(recount)[0]
    assert sorted(map(key_of, bodies[:3])) == sorted(
        key_of(message.body) for batch in found for message in batch
    )


@pytest.mark.parametrize("damage", ["gone", "cut", "another"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, damage: str) -> None:
    bodies = [stamped(receipt(number)) for number in range(3)]
    archived(bodies, tmp_path)
    file = tmp_path / "2026-11-21.parquet"
    match damage:
        case "gone":
            file.unlink()
        case "cut":
            file.write_bytes(file.read_bytes()[:-100])
        case "another":
            whole = (tmp_path / MANIFEST).read_bytes()
            archived(bodies[:2], tmp_path)
            (tmp_path / MANIFEST).write_bytes(whole)

    with pytest.raises(FileUnreadableError, match=f"{file} .*backup"):
        counted_files(recount_in_memory(), tmp_path)


@settings(max_examples=200, deadline=None)
@given(dates, st.sampled_from([1, "2", "é/ x"]))
def test_a_date_made_again_means_the_same_on_the_same_day(written: str, store: str | int) -> None:
    calendar = STORES.calendar(store)
    meant = moment(written, calendar)
    instant = of_milliseconds(milliseconds(meant.instant))

    again = date_text(instant, meant.offset, written[:10], calendar)

    assert is_time(again)
    assert (written[:10], instant) == (again[:10], moment(again, calendar).instant)
