"""A decimal whose scale was changed keeps its value, or its message is set aside."""

import threading
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrypoint.events.contract import Contract
from entrypoint.events.parcels import packed
from events.archive.reading import EventsArchiveReader
from events.archive_port import ArchivedEvents, UncarriedMessage
from events.verify.recount import StreamRecount
from events.windows.decoding import MessageDecoder
from events.windows.figures import WHOLE_MESSAGE, Aside
from events.windows.rebuilding import Rebuilding
from tests.support.kept_events import NOON_US, EventsKept
from tillstream.log.reader import LogMessage
from tillstream.streams import columns, message, scales
from tillstream.streams.definition import Definitions, Field, Measure, Stream, Window

NEVER = threading.Event()
WINDOW = Window(
    name="w",
    stream="shop",
    size_us=60_000_000,
    measures=(Measure(name="total", kind="sum", argument="price"),),
)


def declared(scale: int) -> Definitions:
    fields = (
        Field(name="happened", type="timestamp", required=True),
        Field(name="price", type="decimal", scale=scale),
    )
    stream = Stream(name="shop", event_time="happened", fields=fields)
    return Definitions(streams={"shop": stream}, windows={"w": WINDOW})


def events(prices: list[int | None], scale: int) -> pa.RecordBatch:
    schema = columns.schema(declared(scale).streams["shop"])
    return pa.RecordBatch.from_arrays(
        [pa.array([NOON_US] * len(prices)), pa.array(prices, pa.int64())], schema=schema
    )


def decoded(batch: pa.RecordBatch, scale: int) -> list[int | None] | str:
    """What is read of the door's message by a definition of that scale."""
    sent = packed(Contract(declared(scale).streams["shop"]), batch, NOON_US).packed
    assert sent is not None
    found = MessageDecoder(declared(scale).events).decode(LogMessage(0, *sent))
    if isinstance(found, Aside):
        return found.reason
    prices: list[int | None] = found.events.column("price").to_pylist()
    return prices


@pytest.mark.parametrize(
    ("scale", "wanted"),
    [
        (2, [1_250, None, -300]),
        (3, [12_500, None, -3_000]),
        (1, [125, None, -30]),
        (0, "a decimal of the scale 2 has more than 0 places"),
        (17, "a decimal of the scale 2 is too large for that of 17"),
        (40, "a scale of 2 cannot be one of 40"),
    ],
)
def test_a_message_says_the_scale_of_its_decimals(scale: int, wanted: list[int] | str) -> None:
    found = decoded(events([1_250, None, -300], 2), scale)

    assert wanted == (found if isinstance(wanted, list) else found[-len(wanted) :])


def test_a_message_that_says_no_scale_has_that_of_today() -> None:
    batch = events([1_250], 2)
    plain = pa.RecordBatch.from_arrays(batch.columns, names=batch.schema.names)

    assert [1_250] == decoded(plain, 3)


@pytest.mark.parametrize("rows", [1, 5_000])
def test_the_doors_message_says_it_however_many_events_it_has(rows: int) -> None:
    sent = message.encode(message.EventMessage("shop", 1, NOON_US, events([1] * rows, 4)))
    found = message.decode(*sent).events.schema.field("price")

    assert 4 == scales.scale_of(found)


@given(
    units=st.lists(st.one_of(st.none(), st.integers(-(10**18) + 1, 10**18 - 1)), max_size=4),
    scale=st.integers(0, 6),
    wanted=st.integers(0, 6),
)
def test_a_value_is_carried_over_exactly_or_not_at_all(
    units: list[int | None], scale: int, wanted: int
) -> None:
    exact = [None if one is None else divmod(one * 10**wanted, 10**scale) for one in units]
    possible = all(one is None or (one[1] == 0 and abs(one[0]) < 10**18) for one in exact)
    try:
        found = scales.rescaled(pa.array(units, pa.int64()), scale, wanted).to_pylist()
    except pa.ArrowInvalid:
        found = None

    assert found == ([None if one is None else one[0] for one in exact] if possible else None)


def archived(folder: Path, messages: list[list[int | None]], scale: int) -> EventsKept:
    kept = EventsKept(folder, declared(scale))
    writer = kept.opened()
    for number, prices in enumerate(messages):
        writer.add("shop", number, NOON_US, events(prices, scale), np.arange(len(prices)))
    writer.close()
    return kept


def test_archived_messages_are_carried_over_or_set_aside_as_a_whole(tmp_path: Path) -> None:
    # Of the second one only the last event has three places.
    second: list[int | None] = [*[1_000] * 60_000, 1_001]
    kept = archived(tmp_path, [[12_500], second, [7_000, None]], 3)
    read = list(EventsArchiveReader(kept.url, declared(2)).events("shop", 10))
    carried = [
        each.events["price"].to_pylist() for each in read if isinstance(each, ArchivedEvents)
    ]
    aside = [each.offset for each in read if isinstance(each, UncarriedMessage)]

    assert ([[1_250], [700, None]], [1]) == (carried, aside)


def test_a_recount_and_its_proof_leave_out_the_same_messages(tmp_path: Path) -> None:
    today = declared(2)
    kept = archived(tmp_path, [[12_500], [1_000, 1_001], [7_000, None]], 3)
    rebuilding = Rebuilding(tmp_path / "state", today, kept.clock, 400, {})
    rebuilding.count_archive(EventsArchiveReader(kept.url, today), 10, NEVER)
    state = rebuilding.counter.state
    rows = state.execute('SELECT events, "m.total" FROM "window.w"').fetchall()
    aside = state.aside()
    with duckdb.connect() as connection:
        proof = StreamRecount(connection, today.streams["shop"])
        counts = proof.open(kept.files, kept.files.manifest().files, 10, aside)
        proved = list(proof.rows(WINDOW))
    rebuilding.close()

    assert [(3, 1_950)] == rows
    assert [(1, WHOLE_MESSAGE)] == [(one.offset, one.row) for one in aside]
    assert (5, 0, 2) == counts
    assert [(NOON_US, "[]", "[3,1950]")] == proved
