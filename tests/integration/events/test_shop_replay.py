"""Replayed and tracked events: each window once and exact to the cent, each event in Parquet."""

import csv
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
from pika.adapters.blocking_connection import BlockingConnection

from generator import track
from generator.shop import files
from tests.support.listener import Listener
from tests.support.processes import running, running_door
from tillstream import topology
from tillstream.streams.events_files import EventsFiles
from tillstream.streams.window_rows import WindowsSnapshot

ROOT = Path(__file__).parents[3]
ROWS = 3_000
REQUESTS = 500
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


def expected(paths: Sequence[Path]) -> dict[str, tuple[object, ...]]:
    """The windows by a plain walk over the files."""
    found: dict[str, list[int]] = defaultdict(lambda: [0] * len(MEASURES))
    for path in paths:
        for row in csv.DictReader(path.read_text().splitlines()):
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


class Tracked:
    """The newest count of each window of `track`."""

    def __init__(self, connection: BlockingConnection) -> None:
        self.rows: dict[str, int] = {}
        self.listener = Listener(connection, topology.WINDOWS, WindowsSnapshot, self._hear)

    def _hear(self, snapshot: WindowsSnapshot) -> None:
        for row in snapshot.rows if snapshot.window == "track_actions" else ():
            keys = (row["start"], row["app_name"], row["event_action"])
            self.rows[repr(keys)] = row["actions"]


def generator(*words: str, **environ: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "generator", *words],
        cwd=ROOT,
        env=os.environ | environ,
        stdout=subprocess.PIPE,
        text=True,
    )


def archived(data_dir: Path, stream: str) -> list[dict[str, object]]:
    """The rows of the files that the archive's manifest names."""
    kept = EventsFiles(str(data_dir / "parquet"), stream)
    rows: list[dict[str, object]] = []
    for one in kept.manifest().files:
        with kept.opened(one) as opened:
            rows += pq.ParquetFile(opened).read().to_pylist()
    return rows


def test_what_is_replayed_and_tracked_is_in_windows_and_parquet_once(
    broker: BlockingConnection, amqp_url: str, tmp_path: Path
) -> None:
    paths = [tmp_path / f"{seed}.csv" for seed in (7, 8)]
    for seed, path in zip((7, 8), paths, strict=True):
        with files.create(path) as out:
            files.write_shop(out, ROWS, seed)
    settings = {
        "AMQP_URL": amqp_url,
        "DATA_DIR": str(tmp_path),
        "STREAMS_DIR": str(ROOT / "streams"),
        "WINDOW_SIZES": f"shop_metrics={WIDTH} s",
    }
    door = {"amqp_url" if name == "AMQP_URL" else name: settings[name] for name in settings}
    told, tracked = Told(broker), Tracked(broker)
    with running("events", "worker", **settings), running_door(**door) as url:
        ways = zip(paths, (url, "amqp"), strict=True)
        words = ["--speed", str(WIDTH), "--batch-bytes", "100000"]
        runs = [generator("replay", str(path), "--to", to, *words, **settings) for path, to in ways]
        runs.append(generator("track", "--requests", str(REQUESTS), "--to", url))
        said = [run.communicate(timeout=60)[0] for run in runs]
        told.listener.wait_for(lambda _: told.events >= 2 * ROWS, "every event")
        tracked.listener.wait_for(
            lambda _: sum(tracked.rows.values()) >= REQUESTS, "every tracked event"
        )

    # Accepted and confirmed.
    assert [0, 0, 0] == [run.returncode for run in runs]
    assert all(f"{'accepted':<12} {ROWS:>14,}\n" in text for text in said[:2])
    assert f"confirmed {REQUESTS} of {REQUESTS}" in said[2]
    # In windows: one result a second, told while it grew.
    assert expected(paths) == told.rows
    assert max(told.revisions.values()) > 1
    assert REQUESTS == sum(tracked.rows.values())
    # In Parquet, to the last field.
    events = archived(tmp_path, "track")
    fields = list(track.event(0, 1))
    sent = [track.event(number, 1) for number in range(REQUESTS)]
    rows = [{name: event[name] for name in fields} for event in events]

    assert sorted(map(repr, sent)) == sorted(map(repr, rows))
    assert 2 * ROWS == len(archived(tmp_path, "shop"))
