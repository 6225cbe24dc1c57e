"""Every event of some hours of `track` is in one file, with what its user did in these hours."""

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pika.adapters.blocking_connection import BlockingConnection

from events.aggregates.track_aggregates import AggregatesError, TrackAggregates
from events.erasure.erase import Eraser
from events.erasure.wanted import wanted
from tests.support.commands import Said, command
from tests.support.counted_events import Counted
from tests.support.event_streams import STREAMS
from tests.support.processes import running, running_door
from tests.support.waiting import wait_until
from tillstream.streams import columns
from tillstream.streams.aggregates_files import AggregatesFiles, Bounds
from tillstream.streams.message import EventMessage, Packed, encode
from tillstream.streams.window_rows import microseconds

SECOND = 1_000_000
NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
HOURS = Bounds(NOON - timedelta(hours=3), NOON)
#: Through the door, as the demonstration has it.
REQUESTS = 10_000


class Tracked(NamedTuple):
    """An event: microseconds before noon, user, action."""

    before_us: int
    user: int
    action: str | None = None


class Chain:
    """A worker that is driven, and what makes the files."""

    def __init__(self, connection: BlockingConnection, url: str, folder: Path) -> None:
        self.counted = Counted(connection, url, folder, STREAMS)
        self.settings = self.counted.settings
        self.making = TrackAggregates(
            self.settings, self.counted.definitions, threading.Event(), self.counted.clock
        )

    def take(self, *events: Tracked) -> None:
        """Count them, in messages of their own as the door sends them."""
        stream = self.counted.definitions.streams["track"]
        fields = columns.schema(stream)
        packed: list[Packed] = []
        for one in events:
            at = microseconds(NOON) - one.before_us
            row = {
                **dict.fromkeys(fields.names),
                "event_time": at,
                "user_id": one.user,
                "app_name": "shop",
                "event_action": one.action,
                "event_category": "page",
            }
            arrays = [pa.array([row[field.name]], field.type) for field in fields]
            batch = pa.RecordBatch.from_arrays(arrays, schema=fields)
            packed.append(encode(EventMessage("track", 1, at, batch)))
            self.counted.clock.now = at / 1e6
        self.counted.take(packed)

    def end(self) -> None:
        """An event that is after the hours, and moves the watermark over their end."""
        self.take(Tracked(-60 * SECOND, 99))

    def rows(self, bounds: Bounds = HOURS) -> list[tuple[int, str | None, int, str | None]]:
        """What the file has: user, action, u_count, u_mp_ea."""
        table = pq.read_table(Path(self.making.files.location(bounds.file)))
        names = ("user_id", "event_action", "u_count", "u_mp_ea")
        users, actions, counts, frequent = (table[name].to_pylist() for name in names)
        return list(zip(users, actions, counts, frequent, strict=True))

    def content(self) -> bytes:
        return Path(self.making.files.location(HOURS.file)).read_bytes()


@pytest.fixture
def chain(broker: BlockingConnection, amqp_url: str, tmp_path: Path) -> Iterator[Chain]:
    found = Chain(broker, amqp_url, tmp_path)
    yield found
    found.counted.close()


def test_three_hours_are_three_hours_and_the_last_moment_is_theirs(chain: Chain) -> None:
    three = 3 * 3_600 * SECOND
    chain.take(Tracked(three, 1), Tracked(three - 1, 2), Tracked(0, 3), Tracked(-1, 4))
    chain.end()
    chain.making.write(HOURS)

    assert [(2, None, 1, None), (3, None, 1, None)] == chain.rows()


def test_ties_are_alphabetical_and_null_never_wins(chain: Chain) -> None:
    actions: dict[int, list[str | None]] = {
        1: ["scroll", "page_view", "scroll", "page_view", "button_click"],
        2: [None, None, None, "scroll"],
        3: [None, None],
    }
    chain.take(
        *(Tracked(SECOND, user, action) for user, some in actions.items() for action in some)
    )
    chain.end()
    chain.making.write(HOURS)

    assert {
        (1, 5, "page_view"),
        (2, 4, "scroll"),
        (3, 2, None),
    } == {(user, count, frequent) for user, _, count, frequent in chain.rows()}


def test_an_event_is_there_once_wherever_it_is_and_a_repetition_makes_the_same_bytes(
    chain: Chain,
) -> None:
    chain.take(*(Tracked((60 - n) * 60 * SECOND, n % 3, "scroll") for n in range(40)))
    chain.counted.archive_all()
    chain.take(*(Tracked((20 - n) * 60 * SECOND, n % 3, "page_view") for n in range(20)))
    chain.end()
    archived = next(Path(chain.settings.archive_url()).glob("events/track/day=*/*.parquet"))
    # What the manifest does not name was left by a writer that was ended.
    archived.with_name("0-1.parquet").write_bytes(archived.read_bytes())
    half_in_log = chain.making.write(HOURS), chain.content()
    chain.counted.archive_all()
    archived_all = chain.making.write(HOURS), chain.content()

    assert 60 == half_in_log[0]
    assert half_in_log == archived_all
    assert [21, 20, 19] == [sum(user == each for user, *_ in chain.rows()) for each in range(3)]


def test_hours_that_are_not_over_have_no_file(chain: Chain) -> None:
    chain.take(Tracked(60 * SECOND, 1), Tracked(-5 * SECOND, 1))

    newest = chain.making.newest(3)
    with pytest.raises(AggregatesError, match="track is not over at 2026-11-28 12:00:00"):
        chain.making.write(HOURS)
    assert Bounds(NOON - timedelta(hours=6), NOON - timedelta(hours=3)) == newest
    assert [] == chain.making.files.written()
    chain.end()
    assert chain.making.newest(3) == HOURS


def test_a_person_that_is_erased_is_in_no_file_of_before(chain: Chain) -> None:
    chain.take(*(Tracked(n * SECOND, 1001 + n % 2, "scroll") for n in range(10, 0, -1)))
    chain.end()
    chain.making.write(HOURS)
    definitions = chain.counted.definitions
    eraser = Eraser(chain.settings, definitions, chain.counted.clock, threading.Event())
    eraser.erase(wanted(definitions, "user_id", "1001", "track"))

    assert [5] * 10 == [count for _, _, count, _ in chain.rows()]
    users = {user for user, *_ in chain.rows()}
    assert (2, {1002}) == (len(users), {user for user in users if user > 0})


def test_files_beyond_the_retention_are_removed(chain: Chain) -> None:
    chain.take(Tracked(SECOND, 1))
    chain.end()
    chain.making.write(HOURS)
    days = timedelta(days=400)

    chain.counted.clock.now = (NOON + days - timedelta(hours=4)).timestamp()
    kept = chain.making.remove_old()
    chain.counted.clock.now = (NOON + days).timestamp()
    removed = chain.making.remove_old()

    assert (0, 1, []) == (kept, removed, chain.making.files.written())


def test_ten_thousand_requests_are_ten_thousand_rows(
    broker: BlockingConnection, amqp_url: str, tmp_path: Path
) -> None:
    folders = {"DATA_DIR": str(tmp_path), "STREAMS_DIR": str(STREAMS)}
    environ = {"AMQP_URL": amqp_url, **folders}
    with running("events", "worker", **environ), running_door(amqp_url, **folders) as url:
        with running("generator", "track", "--requests", str(REQUESTS), "--to", url) as sending:
            assert 0 == sending.wait(120)
        until = (datetime.now(UTC) + timedelta(seconds=1)).replace(microsecond=0)
        said: list[Said] = []

        def is_written() -> bool:
            more = ("--until", until.isoformat(), "--hours", "1")
            said.append(command("events", "track-aggregates", *more, **environ))
            return said[-1].returncode == 0

        wait_until(is_written, 20, "the file")
    files = AggregatesFiles(str(tmp_path / "parquet"))
    [bounds] = files.written()
    table = pq.read_table(Path(files.location(bounds.file)))
    users = table["user_id"].to_pylist()
    counts = Counter(users)

    assert REQUESTS == table.num_rows, said[-1].stderr
    assert [counts[user] for user in users] == table["u_count"].to_pylist()
    assert _frequent(users, table["event_action"].to_pylist()) == table["u_mp_ea"].to_pylist()


def _frequent(users: Sequence[int], actions: Sequence[str | None]) -> list[str | None]:
    found: dict[int, Counter[str]] = {user: Counter() for user in users}
    for user, action in zip(users, actions, strict=True):
        if action is not None:
            found[user][action] += 1
    best = {
        user: min(counts, key=lambda action: (-counts[action], action), default=None)
        for user, counts in found.items()
    }
    return [best[user] for user in users]
