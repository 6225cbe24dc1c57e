"""A replayed file of a shop's events: each window once and exact to the cent, whatever the way."""

import csv
import subprocess
import sys
from collections import defaultdict
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from pika.adapters.blocking_connection import BlockingConnection

from generator.shop import files
from tests.support.listener import Listener
from tests.support.processes import running, running_door
from tillstream import topology
from tillstream.streams.window_rows import WindowsSnapshot

ROOT = Path(__file__).parents[3]
ROWS = 8_000
#: Data seconds of a window and of a real second.
WIDTH = 600
MEASURES = (
    *("nr_of_events", "nr_items_viewed", "nr_items_put_in_cart"),
    *("nr_items_sold", "value_items_sold_in_cent"),
)


class Told:
    """The newest of each row that was told, and how often each was."""

    def __init__(self, connection: BlockingConnection) -> None:
        self.rows: dict[str, tuple[object, ...]] = {}
        self.revisions: dict[str, int] = {}
        self.listener = Listener(connection, topology.WINDOWS, WindowsSnapshot, self._hear)

    @property
    def events(self) -> int:
        return sum(int(str(row[0])) for row in self.rows.values())

    def _hear(self, snapshot: WindowsSnapshot) -> None:
        for row in snapshot.rows if snapshot.window == "shop_metrics" else ():
            start = str(row["start_event_time"])
            self.rows[start] = tuple(row[name] for name in MEASURES)
            self.revisions[start] = row["revision"]


def expected(path: Path) -> dict[str, tuple[object, ...]]:
    """The windows by a plain walk over the file."""
    found: dict[str, list[int]] = defaultdict(lambda: [0] * len(MEASURES))
    with path.open() as lines:
        for row in csv.DictReader(lines):
            time = datetime.strptime(row["event_time"], "%Y-%m-%d %H:%M:%S %Z").replace(tzinfo=UTC)
            second = int(time.timestamp())
            start = datetime.fromtimestamp(second - second % WIDTH, UTC)
            figures = found[f"{start:%Y-%m-%dT%H:%M:%SZ}"]
            sold = row["event_type"] == "purchase"
            cents = int(Decimal(row["price"]) * 100) if sold else 0
            kinds = (row["event_type"] == kind for kind in ("view", "cart"))
            for place, more in enumerate((1, *kinds, sold, cents)):
                figures[place] += more
    return {start: tuple(figures) for start, figures in found.items()}


@pytest.mark.parametrize("way", ["door", "log"])
def test_windows_of_a_replay_are_those_of_the_file(
    broker: BlockingConnection, amqp_url: str, tmp_path: Path, way: str
) -> None:
    path = tmp_path / "events.csv"
    with files.create(path) as out:
        files.write_shop(out, ROWS, 7)
    settings = {
        "AMQP_URL": amqp_url,
        "DATA_DIR": str(tmp_path),
        "STREAMS_DIR": str(ROOT / "streams"),
        "WINDOW_SIZES": f"shop_metrics={WIDTH} s",
    }
    door = {"amqp_url": amqp_url, **{k: v for k, v in settings.items() if k != "AMQP_URL"}}
    told = Told(broker)
    with running("events", "worker", **settings), running_door(**door) as url:
        words = ["replay", str(path), "--to", url if way == "door" else "amqp"]
        words += ["--speed", str(WIDTH), "--batch-bytes", "200000"]
        done = subprocess.run(
            [sys.executable, "-m", "generator", *words],
            cwd=ROOT,
            env=settings,
            timeout=60,
            check=False,
            capture_output=True,
            text=True,
        )
        told.listener.wait_for(lambda _: told.events >= ROWS, "every event")

    assert (0, True) == (done.returncode, f"{'accepted':<12} {ROWS:>14,}\n" in done.stdout)
    assert expected(path) == told.rows
    # One result a second, told while it grew.
    assert max(told.revisions.values()) > 1


def test_every_tracked_event_is_confirmed_and_counted_once(
    broker: BlockingConnection, amqp_url: str, tmp_path: Path
) -> None:
    settings = {"DATA_DIR": str(tmp_path), "STREAMS_DIR": str(ROOT / "streams")}
    actions: dict[str, int] = {}

    def hear(snapshot: WindowsSnapshot) -> None:
        for row in snapshot.rows if snapshot.window == "track_actions" else ():
            keys = (row["start"], row["app_name"], row["event_action"])
            actions[repr(keys)] = row["actions"]

    listener = Listener(broker, topology.WINDOWS, WindowsSnapshot, hear)
    with (
        running("events", "worker", AMQP_URL=amqp_url, **settings),
        running_door(amqp_url, **settings) as url,
    ):
        done = subprocess.run(
            [sys.executable, "-m", "generator", "track", "--requests", "500", "--to", url],
            cwd=ROOT,
            timeout=60,
            check=False,
            capture_output=True,
            text=True,
        )
        listener.wait_for(lambda _: sum(actions.values()) >= 500, "every event")

    assert (0, "confirmed 500 of 500") == (done.returncode, done.stdout[:20])
    assert 500 == sum(actions.values())
