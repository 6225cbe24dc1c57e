"""Which result exchanges the dashboard hears, and how it reads their snapshots."""

from collections.abc import Mapping

import msgspec

from dashboard.state.heard import Snapshot
from tillstream import topology
from tillstream.snapshots import (
    BreakdownsSnapshot,
    CategoriesSnapshot,
    CountSnapshot,
    DelaySnapshot,
    RateSnapshot,
    TillsSnapshot,
)

#: What every page is made of.
RESULTS: Mapping[str, msgspec.json.Decoder[Snapshot]] = {
    topology.COUNT: msgspec.json.Decoder(CountSnapshot),
    topology.CATEGORIES: msgspec.json.Decoder(CategoriesSnapshot),
    topology.METRICS_STORM: msgspec.json.Decoder(RateSnapshot),
    topology.METRICS_DB: msgspec.json.Decoder(DelaySnapshot),
    topology.BREAKDOWNS: msgspec.json.Decoder(BreakdownsSnapshot),
    topology.TILLS: msgspec.json.Decoder(TillsSnapshot),
}
