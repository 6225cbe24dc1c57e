"""Windows of receipts are those of each receipt once, whatever is repeated and interrupted."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.receipts import log_clock
from events.receipts.receipts_counter import CALENDAR, ReceiptsCounter
from events.receipts.receipts_state import ReceiptsState
from events.windows.changes import BEGIN, Changes
from events.windows.event_counter import EventCounter
from events.windows.state_file import State
from tests.support.event_streams import OF_RECEIPTS, STREAMS
from tests.support.receipts import line, receipt, stamped
from tillstream.clock import BusinessDay, moment
from tillstream.codec import JSON, NDJSON, decode_receipt
from tillstream.identity import identity_of
from tillstream.log.reader import LogMessage
from tillstream.money import milli_units, minor_units
from tillstream.stores import StoreTable
from tillstream.streams.definition import Definitions, Window
from tillstream.streams.definitions_file import load

WINDOWS = ("sales_by_agent", "sales_by_quarter_hour", "tenders_by_hour")
ALL = load([STREAMS, OF_RECEIPTS])
DECLARED = Definitions(streams=ALL.receipts, windows={name: ALL.windows[name] for name in WINDOWS})
STORES = StoreTable(
    BusinessDay(ZoneInfo("Europe/Paris")), {"2": BusinessDay(ZoneInfo("America/Lima"), 4)}
)
RECEIVED = 1_795_300_000.0
NOW = 1_795_400_000.0
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

AMOUNT = st.integers(-100_000, 1_000_000)
LINES = st.lists(
    st.builds(line, AMOUNT, st.sampled_from(["Pain", "Menu"]), st.sampled_from([1, -2, 0.125])),
    max_size=3,
)
TENDERS = st.lists(
    st.builds(
        lambda how, cents: {"paymentMechanism": how, "settlementAmount": cents / 100},
        st.sampled_from(["CB", "Espèces"]),
        AMOUNT,
    ),
    max_size=2,
)
SENT = st.lists(
    st.builds(
        lambda number, store, agent, minute, cents, lines, tenders, kind, uuid: receipt(
            number,
            cents=cents,
            storeID=store,
            agentID=agent,
            date=f"2026-11-21 08:{minute:02d}:01",
            lines=lines,
            settlements=tenders,
            transactionType=kind,
            receiptUUID=uuid,
        ),
        number=st.integers(0, 3),
        store=st.sampled_from([1, 2, "2"]),
        agent=st.sampled_from([None, 7, "ä"]),
        minute=st.sampled_from([0, 14, 15, 59]),
        cents=AMOUNT,
        lines=LINES,
        tenders=TENDERS,
        kind=st.sampled_from([None, "void", "sale"]),
        uuid=st.sampled_from([None, None, "0192d1a0-0000-7000-8000-000000000001"]),
    ),
    min_size=1,
    max_size=8,
)

#: By window, then by start and keys: what is summed.
Figures = dict[str, dict[tuple[int, tuple[Any, ...]], tuple[int, ...]]]


class KilledError(BaseException):
    """A process that is killed."""


def rule(bodies: Sequence[bytes]) -> Figures:
    """Receipt by receipt, the first of an identity."""
    found: Figures = {name: defaultdict(lambda: (0,) * 5) for name in WINDOWS}
    known: set[bytes] = set()

    def add(window: str, at: datetime, keys: tuple[Any, ...], *figures: int) -> None:
        since = (at - EPOCH) // timedelta(microseconds=1)
        start = since - since % DECLARED.windows[window].size_us
        before = found[window][start, keys]
        found[window][start, keys] = tuple(a + b for a, b in zip(before, figures, strict=False))

    for body in bodies:
        one = decode_receipt(body)
        if identity_of(one).key in known:
            continue
        known.add(identity_of(one).key)
        store, agent = str(one.store_id), None if one.agent_id is None else str(one.agent_id)
        at = moment(one.date, STORES.calendar(store)).instant
        gross = minor_units(one.document_total.gross_total)
        net = minor_units(one.document_total.net_total)
        void = one.transaction_type == "void"
        counts = (1, int(gross < 0 and not void), int(void))
        add("sales_by_agent", at, (store, agent), *counts, gross, net)
        for each in one.lines:
            figures = (1, milli_units(each.quantity), minor_units(each.settlement_amount))
            add("sales_by_quarter_hour", at, (store, str(each.product_code)), *figures)
        for tender in one.settlements:
            keys = (store, tender.payment_mechanism)
            add("tenders_by_hour", at, keys, 1, minor_units(tender.settlement_amount))
    return {name: dict(rows) for name, rows in found.items()}


def counted(state: State) -> Figures:
    """What a state has."""
    found: Figures = {}
    for name in WINDOWS:
        window: Window = DECLARED.windows[name]
        order = ", ".join(f'"m.{measure.name}"' for measure in window.measures)
        rows = state.execute(f'SELECT start, keys, {order} FROM "window.{name}"')  # noqa: S608 - declared
        found[name] = {(row[0], tuple(msgspec.json.decode(row[1]))): tuple(row[2:]) for row in rows}
    return found


def messages(bodies: Sequence[bytes], sizes: Sequence[int]) -> list[LogMessage]:
    """The receipts in messages of so many each, a single one as JSON."""
    found: list[LogMessage] = []
    rest, sizes = list(bodies), list(sizes)
    while rest:
        size = sizes.pop() if sizes else 1
        some, rest = rest[:size], rest[size:]
        kind = JSON if len(some) == 1 else NDJSON
        found.append(LogMessage(len(found) * 2, b"\n".join(some), kind))
    return found


def counter(path: Path, stores: StoreTable = STORES, **more: Any) -> tuple[State, ReceiptsCounter]:
    """A worker's, on a state's file."""
    state = State(path, "OFF")
    counting = EventCounter(state, DECLARED, lambda: NOW).counting
    return state, ReceiptsCounter(counting, stores, lambda: NOW, **more)


@settings(max_examples=10, deadline=None)
@given(SENT, st.lists(st.integers(1, 5), max_size=6), st.integers(4, 8), st.integers(1, 6))
def test_each_receipt_is_counted_once_whenever_the_worker_is_killed(
    sent: list[dict[str, Any]], sizes: list[int], batch: int, killed_at: int
) -> None:
    # Everything comes twice, and so do conflicts.
    bodies = [stamped(fields, RECEIVED) for fields in [*sent, *sent]]
    log = messages(bodies, sizes)
    with TemporaryDirectory() as folder:
        path = Path(folder, "state.sqlite3")

        def step(number: int) -> None:
            if number == killed_at:
                raise KilledError

        for begin in range(0, len(log), batch):
            state, killed = counter(path, step=step)
            with state, pytest.raises(KilledError):
                killed.count(log[begin : begin + batch])
            state, going_on = counter(path)
            with state:
                # What was counted comes again, as a stream sends it.
                going_on.count(log[max(begin - 1, 0) : begin + batch])
        state, last = counter(path)
        with state:
            identities = {identity_of(decode_receipt(body)) for body in bodies}
            keys = {identity.key for identity in identities}
            repeated = last.counting.streams["receipts"].duplicates + last.progress.conflicts

            assert rule(bodies) == counted(state)
            assert len(bodies) - len(keys) == repeated
            assert len(keys) == last.counting.streams["receipts"].events


def test_what_cannot_be_counted_is_set_aside_and_the_others_go_on(tmp_path: Path) -> None:
    good, late = stamped(receipt(1), RECEIVED), stamped(receipt(2, storeID=3), RECEIVED)
    bad = [
        b"{",
        stamped(receipt(3, date="1969-12-31 08:00:00"), RECEIVED),
        stamped(receipt(4), 1e300),
        stamped(receipt(5, date="2026-02-30 08:00:00"), RECEIVED),
    ]
    log = [
        LogMessage(0, b"\n".join([good, *bad, late]), NDJSON),
        LogMessage(2, b"x", "text/plain"),
    ]
    state, worker = counter(tmp_path / "state.sqlite3")
    with state:
        worker.count(log)
        aside = ReceiptsState(state.database).aside()

        assert rule([good, late]) == counted(state)
        assert [(0, 1), (0, 2), (0, 3), (0, 4), (2, -1)] == sorted(
            (one.offset, one.row) for one in aside
        )
        assert all(one.reason and not one.text for one in aside)
        assert worker.counting.streams["receipts"].set_aside == 5


def test_a_receipt_of_a_day_whose_identities_were_dropped_is_set_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_clock, "RECENT", 1)
    state, worker = counter(tmp_path / "state.sqlite3", identity_days=5)
    with state:
        for day in range(2, 21):
            sent = stamped(
                receipt(day, date=f"2026-11-{day:02d} 08:00:01"),
                datetime(2026, 11, day, 8, tzinfo=UTC).timestamp(),
            )
            worker.count([LogMessage(day, sent, JSON)])
        before = counted(state)
        again = stamped(receipt(2, date="2026-11-02 08:00:01"), RECEIVED)
        worker.count([LogMessage(30, again, JSON)])
        [aside] = ReceiptsState(state.database).aside()

        assert before == counted(state)
        assert (30, 0) == (aside.offset, aside.row)
        assert "IDENTITY_DAYS" in aside.reason


def test_another_calendar_makes_the_windows_of_receipts_wait_for_a_recount(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite3"
    state, worker = counter(path)
    with state:
        worker.count([LogMessage(0, stamped(receipt(1), RECEIVED), JSON)])
    state, other = counter(path, StoreTable(BusinessDay(ZoneInfo("Asia/Tokyo")), {}))
    with state:
        before = counted(state)
        other.count([LogMessage(1, stamped(receipt(2), RECEIVED), JSON)])

        assert before == counted(state)
        assert {CALENDAR} == {other.counting.windows[name].figures.stale for name in WINDOWS}


def test_amounts_are_read_as_decimals(tmp_path: Path) -> None:
    state, worker = counter(tmp_path / "state.sqlite3")
    with state:
        worker.count([LogMessage(0, stamped(receipt(1, cents=1_234), RECEIVED), JSON)])
        table = worker.counting.windows["sales_by_agent"].table
        [one], _ = Changes(state.database, table).after(BEGIN, 10)

        assert ("12.34", 12.34) == (str(one.row["gross"]), one.row["basket"])
