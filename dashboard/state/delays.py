"""Delays as they are shown: in milliseconds, of a second the worst. Pure."""

from dashboard.state.series import Values
from tillstream.snapshots import DelaySnapshot


def worst_percentiles(snapshots: list[DelaySnapshot]) -> Values:
    """p50, p95 and p99 of the network delay in ms, each the largest; None without any."""
    known = [s.network_percentiles for s in snapshots if s.network_percentiles is not None]
    if not known:
        return (None, None, None)
    return tuple(
        round(max(values) * 1000, 3)
        for values in zip(*((p.p50, p.p95, p.p99) for p in known), strict=True)
    )


def milliseconds(seconds: float | None) -> str | None:
    """Seconds as text in ms with one place."""
    return None if seconds is None else tenths(seconds * 1000)


def tenths(value: float) -> str:
    """A number with one place; what is rounded to zero has no sign."""
    return f"{round(value, 1) + 0.0:.1f}"
