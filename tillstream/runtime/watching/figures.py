"""Figures of a process for Prometheus: the registry that each has, and histograms of batches."""

import threading
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from prometheus_client import CollectorRegistry, Gauge, ProcessCollector, generate_latest
from prometheus_client.core import HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from tillstream.runtime.disk import free_bytes
from tillstream.runtime.watching.health import Vitals
from tillstream.version import VERSION

#: The form of `/metrics`.
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

#: Bounds of delays, seconds. Stages were measured at 5 ms to 0.7 s (docs/performance.md), and
#: alerts ask for 1, 5 and 30 s: close where a stage is, wide beyond.
DELAY_SECONDS = (0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 5.0, 30.0, 300.0)

#: Values of a label that are shown: whoever declares more streams than that sees the first.
MAX_VALUES = 100


class Batches(Collector):
    """A histogram that takes the delays of a whole batch at once: two calls in C per receipt."""

    def __init__(
        self,
        name: str,
        documentation: str,
        registry: CollectorRegistry,
        bounds: Sequence[float] = DELAY_SECONDS,
    ) -> None:
        """`bounds` ascend; a value at a bound is below it, as Prometheus has it."""
        self._name = name
        self._documentation = documentation
        self._bounds = tuple(bounds)
        self._counts = [0] * (len(self._bounds) + 1)
        self._sum = 0.0
        self._lock = threading.Lock()
        registry.register(self)

    def add(self, delays: Iterable[float]) -> None:
        """The delays of a batch, seconds."""
        ordered = sorted(delays)
        self.add_ordered(ordered, sum(ordered))

    def add_ordered(self, ordered: Sequence[float], total: float) -> None:
        """Those that ascend already, and their sum."""
        places = [0, *(bisect_right(ordered, bound) for bound in self._bounds), len(ordered)]
        with self._lock:
            self._sum += total
            for index, (before, after) in enumerate(pairwise(places)):
                self._counts[index] += after - before

    def collect(self) -> Iterator[Metric]:
        """As Prometheus counts: each bound has all that is below it."""
        with self._lock:
            counts, total = list(self._counts), self._sum
        buckets, below = [], 0
        for bound, count in zip([*map(str, self._bounds), "+Inf"], counts, strict=True):
            below += count
            buckets.append((bound, float(below)))
        yield HistogramMetricFamily(self._name, self._documentation, buckets, total)


#: A figure, or one for each value of its label; None, and what is None, is not known now.
Found = float | Mapping[str, float | None] | None


class Measured(NamedTuple):
    """A figure that is looked up when it is asked for, so that it costs nothing in between."""

    #: With its unit; that of a counter ends in `_total`.
    name: str
    documentation: str
    #: An OSError leaves it out. Labels have to be few: streams, queues, jobs; never stores.
    ask: Callable[[], Found]
    label: str = ""

    def metric(self, found: Found) -> Metric:
        """As Prometheus has it."""
        kind = "counter" if self.name.endswith("_total") else "gauge"
        metric = Metric(self.name.removesuffix("_total"), self.documentation, kind)
        values = found if isinstance(found, Mapping) else {"": found}
        for value, figure in list(values.items())[:MAX_VALUES]:
            if figure is not None:
                labels = {self.label: value} if self.label else {}
                metric.add_sample(self.name, labels, float(figure))
        return metric


class _Looked(Collector):
    def __init__(self, figures: Sequence[Measured]) -> None:
        self._figures = figures

    def collect(self) -> Iterator[Metric]:
        for figure in self._figures:
            with suppress(OSError):
                yield figure.metric(figure.ask())

    def describe(self) -> Iterator[Metric]:
        """Their names, without asking: registering must not look anything up."""
        return (each.metric(None) for each in self._figures)


def measured(registry: CollectorRegistry, *figures: Measured) -> None:
    """Figures that are asked for at each scrape."""
    registry.register(_Looked(figures))


def file_bytes(path: Path) -> float:
    """The size of a file of SQLite, with what waits in its log; raises OSError."""
    size = path.stat().st_size
    with suppress(OSError):
        size += path.with_name(path.name + "-wal").stat().st_size
    return size


def disk_figures(registry: CollectorRegistry, folder: Path) -> None:
    """How much of the disk of DATA_DIR is free."""
    measured(
        registry,
        Measured(
            "tillstream_disk_free_bytes",
            "What may still be written to the disk of DATA_DIR",
            lambda: free_bytes(folder),
        ),
    )


def registry_of(vitals: Vitals) -> CollectorRegistry:
    """A registry with what every process has: its build, resources, loop and readiness."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    Gauge(
        "tillstream_build_info",
        "1, with the version of the process",
        ["component", "version"],
        registry=registry,
    ).labels(vitals.component, VERSION).set(1)
    measured(
        registry,
        Measured("tillstream_live", "1 while the loop turns", lambda: vitals.live()[0] == 200),
        Measured("tillstream_ready", "1 while it does its work", lambda: vitals.ready()[0] == 200),
        Measured("tillstream_loop_age_seconds", "Since the loop turned last", vitals.loop_age),
        Measured(
            "tillstream_behind_messages",
            "Messages that wait for this process",
            lambda: vitals.behind_messages,
        ),
        Measured(
            "tillstream_behind_seconds",
            "Age of the oldest that waits for this process",
            lambda: vitals.behind_seconds,
        ),
    )
    return registry


def text(registry: CollectorRegistry) -> bytes:
    """Every figure, as Prometheus reads it."""
    return generate_latest(registry)
