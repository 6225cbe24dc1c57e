"""The model: snapshots and history in, the same frames out for everybody, in bounded memory."""

import json
from datetime import date, datetime
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from dashboard.state import frames
from dashboard.state.frames import Frame
from dashboard.state.heard import Snapshot
from dashboard.state.model import Model
from dashboard.state.series import Point
from dashboard.stream import FRAME_SECONDS
from tests.support.snapshots import ZONE, breakdowns, categories, count, delay, rate, tills
from tillstream import topology
from tillstream.clock import BusinessDay
from tillstream.runtime.periodic import DETAILS_SECONDS, SNAPSHOT_SECONDS

PARIS = ZoneInfo(ZONE)
#: A quarter past noon in Paris.
NOON = datetime(2026, 11, 21, 12, 15, tzinfo=PARIS).timestamp()
MIDNIGHT = datetime(2026, 11, 21, tzinfo=PARIS).timestamp()

offsets = st.floats(0, 300).map(lambda seconds: NOON + round(seconds, 1))
snapshots = st.one_of(
    st.builds(count, offsets, st.integers(0, 10**9), st.integers(0, 10**6)),
    st.builds(rate, offsets, st.integers(0, 10**5)),
    st.builds(delay, offsets, st.none() | st.floats(0, 10)),
    st.builds(lambda as_of, cents: categories(as_of, Pain=cents), offsets, st.integers(0, 10**9)),
)


def model(now: float = NOON) -> Model:
    return Model(BusinessDay(PARIS), now)


def fed(*arrivals: Snapshot, now: float = NOON) -> Frame:
    fresh = model()
    for snapshot in arrivals:
        fresh.take(snapshot, snapshot.as_of)
    fresh.tick(now)
    return fresh.frame(1, now, whole=True)


def test_every_figure_is_exact() -> None:
    kinds = {"sales": 1780, "returns": -590}
    frame = fed(
        count(NOON, 1190, 2),
        rate(NOON, 420),
        delay(NOON, 0.0021, 0.05),
        breakdowns(NOON, kind=kinds, store={"1": 1190}),
        tills(NOON),
    )

    assert {
        "revenue": "11.90",
        "receipts": "2",
        "receipts-per-minute": "420",
        "average-basket": "5.95",
        "connection-delay": "50.0",
        "network-delay": "2.1",
        "net-revenue": "10.81",
        "units-per-basket": "2.50",
        "returns": "-5.90",
        "stores": "1",
        "silent-tills": "1",
        "missing-receipts": "3",
        "expected": None,
    } == frame.values


def test_what_was_never_heard_has_no_figure() -> None:
    frame = fed()

    assert {None} == set(frame.values.values())


@given(st.lists(snapshots, max_size=30), st.data())
def test_a_repeated_snapshot_changes_nothing(sent: list[Snapshot], data: st.DataObject) -> None:
    repeated = data.draw(st.lists(st.sampled_from(sent), max_size=5)) if sent else []
    once, again = model(), model()
    for snapshot in sent:
        once.take(snapshot, NOON)
        again.take(snapshot, NOON)
        again.take(snapshot, NOON)
    for snapshot in repeated:
        again.take(snapshot, NOON)

    assert once.frame(1, NOON, whole=True) == again.frame(1, NOON, whole=True)


@given(st.lists(st.lists(snapshots, max_size=4), min_size=1, max_size=60), st.data())
def test_a_late_joiner_sees_what_everybody_sees(
    seconds: list[list[Snapshot]], data: st.DataObject
) -> None:
    joins = data.draw(st.integers(0, len(seconds) - 1))
    shared = model()
    early: dict[str, dict[float, Point]] = {}
    for second, arrivals in enumerate(seconds):
        now = NOON + second
        for snapshot in arrivals:
            shared.take(snapshot, now)
        shared.tick(now)
        draw(early, shared.frame(second, now, whole=second <= joins))
    late: dict[str, dict[float, Point]] = {}
    draw(late, shared.frame(len(seconds), NOON + len(seconds), whole=True))

    assert late == early


def draw(screen: dict[str, dict[float, Point]], frame: Frame) -> None:
    """As the browser does: a whole frame starts afresh, a point is set by its time."""
    series = {"minutes": frame.minutes, "rates": frame.rates, "delays": frame.delays}
    for name, points in series.items():
        if frame.whole:
            screen[name] = {}
        screen.setdefault(name, {}).update({float(point[0] or 0): point for point in points})


def test_a_receipt_of_the_first_second_of_a_day_starts_it_anew() -> None:
    midnight = datetime(2026, 11, 22, tzinfo=PARIS).timestamp()
    board = model(midnight - 60)
    board.take(count(midnight - 0.2, 999_999, 500), midnight - 0.2)
    board.take(categories(midnight - 0.2, Pain=999_999), midnight - 0.2)
    board.take(count(midnight + 0.3, 590, 1, day="2026-11-22"), midnight + 0.3)

    frame = board.frame(1, midnight + 0.3, whole=True)

    assert ("2026-11-22", "5.90", [(midnight, 590, 1)], []) == (
        frame.day,
        frame.values["revenue"],
        frame.minutes,
        frame.bars,
    )


def test_history_fills_what_was_before_and_leaves_what_was_seen_live() -> None:
    board = model()
    minute = int(NOON) // 60 * 60
    board.take(count(NOON, 1190, 2), NOON)

    board.take_history(
        date(2026, 11, 21),
        {minute - 60: (600, 1), minute: (77, 7)},
        {minute - 120: (5,)},
        {minute - 120: (2, 5, 9)},
        NOON,
    )

    frame = board.frame(1, NOON, whole=True)
    assert (
        [(minute - 60, 600, 1), (minute, 1190, 2)],
        [(minute - 60, 5)],
        [(minute - 120, 2, 5, 9)],
    ) == (frame.minutes, frame.rates, frame.delays)


def test_history_of_another_day_is_not_drawn() -> None:
    board = model()

    board.take_history(date(2026, 11, 20), {int(NOON) - 86_400: (600, 1)}, {}, {}, NOON)

    assert [] == board.frame(1, NOON, whole=True).minutes


def test_history_is_wanted_once_a_day_and_again_after_a_long_silence() -> None:
    board = model()
    today = date(2026, 11, 21)
    wanted = [board.history_wanted(NOON)]
    board.take_history(today, {}, {}, {}, NOON)
    wanted.append(board.history_wanted(NOON))
    board.take(count(NOON), NOON)
    board.take(count(NOON + 600), NOON + 600)
    wanted.append(board.history_wanted(NOON + 600))

    assert [today, None, today] == wanted


def test_a_feed_that_stopped_leaves_a_gap_and_no_flat_line() -> None:
    board = model()
    board.take(rate(NOON, 300), NOON)
    for second in range(21):
        board.tick(NOON + second)

    frame = board.frame(1, NOON + 20, whole=True)

    assert [(NOON, 300), (NOON + 10, None), (NOON + 20, None)] == frame.rates


def test_a_delay_is_shown_until_nothing_was_stored_for_ten_seconds() -> None:
    board = model()
    board.take(delay(NOON, 0.0021), NOON)
    shown = []
    for seconds in (9, 11):
        board.take(delay(NOON + seconds, None), NOON + seconds)
        shown.append(board.frame(1, NOON + seconds, whole=False).values["network-delay"])

    assert ["2.1", None] == shown


def test_the_worst_delay_of_a_second_is_drawn() -> None:
    board = model()
    for as_of, p95 in ((NOON - 0.5, 0.2), (NOON, 0.1)):
        board.take(delay(as_of, 0.01, p95), as_of)
    board.tick(NOON)

    frame = board.frame(1, NOON, whole=True)

    assert [(NOON, 10.0, 200.0, 400.0)] == frame.delays


def test_a_frame_of_a_busy_day_is_small() -> None:
    board = day_of_updates(seconds=7200)

    size = len(frames.event(board.frame(1, NOON, whole=False)))

    assert size < 2000


def test_a_day_of_updates_fills_the_series_and_more_do_not_grow_them() -> None:
    board = day_of_updates(seconds=90_000)
    full = lengths(board)
    go_on(board, 90_000, 90_600)

    assert [1500, 1800, 1800] == full == lengths(board)


def day_of_updates(seconds: int) -> Model:
    board = model()
    names = {f"category {n}": n for n in range(12)}
    board.take(categories(MIDNIGHT, **names), MIDNIGHT)
    go_on(board, 0, seconds)
    return board


def go_on(board: Model, first: int, last: int) -> None:
    for second in range(first, last):
        now = MIDNIGHT + second
        board.take(count(now, 100 * second, second), now)
        board.take(rate(now, second % 500), now)
        board.take(delay(now, 0.002), now)
        board.tick(now)


def lengths(board: Model) -> list[int]:
    frame = board.frame(1, NOON, whole=True)
    return [len(frame.minutes), len(frame.rates), len(frame.delays)]


def test_a_frame_is_one_event_of_json() -> None:
    body = frames.event(fed(count(NOON)))

    identity, data = body.removesuffix(b"\n\n").split(b"\n")
    assert (b"id: 1", "11.90") == (
        identity,
        json.loads(data.removeprefix(b"data: "))["values"]["revenue"],
    )


late = st.floats(0, 0.6)


@given(st.floats(0, 1), st.lists(late, min_size=20, max_size=20), st.sampled_from([0.0, 5.3, 8.9]))
def test_a_healthy_worker_never_looks_stale_and_a_killed_one_does_within_three_seconds(
    phase: float, delays: list[float], killed_after: float
) -> None:
    """Totals twice a second, details every two seconds, each a little late; a frame a second."""
    fresh = model()
    arrivals: list[tuple[float, Snapshot]] = []
    for turn, lateness in enumerate(delays):
        at = NOON + SNAPSHOT_SECONDS * turn + lateness
        arrivals += [(at, count(at)), (at, categories(at, Pain=1))]
        if SNAPSHOT_SECONDS * turn % DETAILS_SECONDS == 0:
            arrivals += [(at, breakdowns(at)), (at, tills(at))]
    heard = [(at, found) for at, found in arrivals if at <= NOON + 1 + killed_after]
    last = max(at for at, _ in heard)
    of_totals = (topology.COUNT, topology.CATEGORIES, *topology.DETAILS)
    seen: dict[bool, set[str]] = {True: set(), False: set()}
    for second in range(15):
        frame_at = NOON + 1 + phase + FRAME_SECONDS * second
        while heard and heard[0][0] <= frame_at:
            fresh.take(heard[0][1], heard.pop(0)[0])
        alive, promised = frame_at <= last, frame_at >= last + 3.0 - FRAME_SECONDS
        if alive or promised:
            frame = fresh.frame(second, frame_at, whole=True)
            seen[alive] |= {frame.feeds[feed].state for feed in of_totals}

    assert {"stale"} == seen[False]
    assert seen[True] <= {"live"}


def test_a_word_on_the_tills_is_none_once_it_is_stale() -> None:
    fresh = model()
    fresh.take(count(NOON), NOON)
    fresh.take(tills(NOON), NOON)

    actual = [fresh.tills(NOON + 1), fresh.tills(NOON + 3)]

    assert [tills(NOON), None] == actual
