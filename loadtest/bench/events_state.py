"""What the events worker has counted and archived, read from outside; and the worker itself."""

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pyarrow.parquet as pq

from loadtest.bench.event_bodies import Figures
from loadtest.bench.private import System, running
from loadtest.waiting import wait_until
from tillstream.errors import ServerNotReadyError, TillstreamError
from tillstream.streams.events_files import EventsFiles

#: How often the state is looked at, seconds: the grain of a delay.
LOOK_SECONDS = 0.01
CATCH_UP_SECONDS = 120.0
START_SECONDS = 30.0

_STATE = Path("events", "state.sqlite3")
_SHOP, _TRACK = '"window.shop_metrics"', '"window.track_actions"'
_MEASURES = (
    *("nr_of_events", "nr_items_viewed", "nr_items_put_in_cart"),
    *("nr_items_sold", "value_items_sold_in_cent"),
)


class NotExactError(TillstreamError):
    """Windows or files of the archive that are not what was sent."""


@contextmanager
def worker(system: System, *, archive: bool = True) -> Iterator[int]:
    """The events worker beside a system: its process, once it has a state."""
    argv = [sys.executable, "-m", "events", "worker", *([] if archive else ["--no-archive"])]
    with running(argv, system.environ | {"LOG_LEVEL": "WARNING"}) as process:
        if not wait_until(lambda: _has_state(system), START_SECONDS):
            raise ServerNotReadyError("the events worker does not start")
        yield process.pid


def committed(system: System) -> Figures:
    """What the windows of the worker's state have; nothing before the first event."""
    return Figures(*_sums(system, _SHOP, _MEASURES))


def tracked(system: System) -> int:
    """Events of `track` in the worker's state."""
    return _sums(system, _TRACK, ("actions",))[0]


def wait_for(system: System, expected: Figures, seconds: float = CATCH_UP_SECONDS) -> None:
    """Until the windows have as many events; raises NotExactError where they are not the same."""
    wait_until(lambda: committed(system).events >= expected.events, seconds, LOOK_SECONDS)
    if (found := committed(system)) != expected:
        raise NotExactError(f"the windows have {found}, sent were {expected}")


def archived(system: System, stream: str = "shop") -> int:
    """Events that the archive's manifest names."""
    return _files(system, stream).manifest().rows()


def require_archived(system: System, events: int) -> None:
    """Count the events in the manifest's files; raises NotExactError where they are others."""
    files = _files(system, "shop")
    rows = 0
    for one in files.manifest().files:
        with files.opened(one) as opened:
            rows += pq.ParquetFile(opened).metadata.num_rows
    if not rows == archived(system) == events:
        raise NotExactError(
            f"the archive's files have {rows} events, its manifest {archived(system)}, sent were"
            f" {events}"
        )


def _files(system: System, stream: str) -> EventsFiles:
    return EventsFiles(str(system.data_dir / "parquet"), stream)


def _has_state(system: System) -> bool:
    try:
        _sums(system, _SHOP, _MEASURES)
    except sqlite3.OperationalError:
        return False
    return True


def _sums(system: System, table: str, measures: tuple[str, ...]) -> tuple[int, ...]:
    sums = ", ".join(f'coalesce(sum("m.{name}"), 0)' for name in measures)
    path = system.data_dir / _STATE
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as state:
        found = state.execute(f"SELECT {sums} FROM {table}").fetchone()  # noqa: S608 - names of our own
    return tuple(int(each) for each in found)
