"""The figures of the page and the feeds they come from."""

from typing import NamedTuple

from dashboard.state.archive_state import ARCHIVE
from tillstream import topology


class Tile(NamedTuple):
    """One figure: its element id, label, feed, how it is written, and what it stands for."""

    id: str
    label: str
    feed: str
    #: `money`: decimal text in euros; `count`: an integer; `decimal`: two places; `ms`:
    #: milliseconds, one decimal; `milliseconds`: whole ones; `moment`: a time in ISO 8601.
    format: str
    note: str


_RATE = Tile(
    "receipts-per-minute", "Receipts / minute", topology.METRICS_STORM, "count", "last 60 s"
)

#: Of the business, on the first screen.
TILES = (
    Tile("revenue", "Revenue today", topology.COUNT, "money", "gross"),
    Tile("expected", "Expected today", topology.BREAKDOWNS, "money", "at the end of the day"),
    Tile("receipts", "Receipts today", topology.COUNT, "count", "today"),
    Tile("average-basket", "Average basket", topology.COUNT, "money", "per receipt"),
    Tile("net-revenue", "Net revenue", topology.COUNT, "money", "without tax"),
    Tile("units-per-basket", "Units per basket", topology.COUNT, "decimal", "mean of today"),
)

#: Below the first screen.
MORE_TILES = (
    _RATE,
    Tile("returns", "Returns", topology.BREAKDOWNS, "money", "gross, today"),
    Tile("stores", "Stores selling", topology.BREAKDOWNS, "count", "with receipts today"),
)

#: Of a store's page, from the archive.
STORE_TILES = (
    Tile("store-revenue", "Revenue today", topology.METRICS_DB, "money", "gross"),
    Tile("store-receipts", "Receipts today", topology.METRICS_DB, "count", "today"),
    Tile("store-basket", "Average basket", topology.METRICS_DB, "money", "per receipt"),
    Tile("store-units", "Units per basket", topology.METRICS_DB, "decimal", "mean of today"),
    Tile("store-net", "Net revenue", topology.METRICS_DB, "money", "without tax"),
    Tile("store-returns", "Returns", topology.METRICS_DB, "money", "gross, today"),
    Tile("store-delay", "Time to store, 95 of 100", topology.METRICS_DB, "milliseconds", "today"),
    Tile("store-last", "Last receipt", topology.METRICS_DB, "moment", "till's clock"),
)

#: Which filters a card follows, by its figure, plot or table; the others show the whole chain.
#: What is kept by store and category has no VAT and no tenders: on the live page they are always
#: the whole chain's. On a store's page a category's tenders are of the receipts that have it.
NARROWS = dict.fromkeys(
    (
        *("revenue", "receipts", "average-basket", "net-revenue", "units-per-basket"),
        *("revenue-plot", "categories-plot", "hours-plot"),
    ),
    "region store category",
) | dict.fromkeys(
    (
        *(tile.id for tile in STORE_TILES),
        *("store-rate-plot", "store-hours", "store-vat", "store-tenders"),
        *("store-categories", "store-tills", "store-latest"),
    ),
    "store category",
)

#: Of a replayed day: the real one beside it.
REPLAY_TILES = (TILES[0], TILES[2], _RATE, TILES[3])

#: Of the operations page; those that are no value of a frame are in its panel `counters`.
OPERATIONS_TILES = (
    _RATE,
    Tile("counted-ms", "Received to counted", topology.METRICS_STORM, "ms", "mean"),
    Tile("network-delay", "Received to stored", topology.METRICS_DB, "ms", "mean"),
    Tile("connection-delay", "Delay of the tills", topology.METRICS_DB, "ms", "95 of 100 within"),
    Tile("stored", "Stored", topology.METRICS_DB, "count", "since the worker started"),
    Tile("dead-lettered", "Dead letters", topology.METRICS_DB, "count", "since it started"),
    Tile("conflicts-kept", "Conflicts kept", topology.METRICS_DB, "count", "since it started"),
    Tile("tills-heard", "Tills heard", topology.TILLS, "count", "since the ledger began"),
    Tile("silent-tills", "Silent tills", topology.TILLS, "count", "quieter than usual"),
    Tile("duplicates", "Duplicates", topology.TILLS, "count", "counted once only"),
    Tile("conflicts", "Conflicts", topology.TILLS, "count", "other content"),
    Tile("undecodable", "Undecodable", topology.TILLS, "count", "in the log"),
    Tile("missing-receipts", "Missing receipts", topology.TILLS, "count", "numbers passed over"),
    Tile("renumbered", "Tills renumbered", topology.TILLS, "count", "began anew"),
)

#: What each feed tells, and the archive itself, in the words of the page.
SOURCES = {
    topology.COUNT: "Day totals",
    topology.CATEGORIES: "Category totals",
    topology.METRICS_STORM: "Receipt rate",
    topology.METRICS_DB: "Time to store",
    topology.BREAKDOWNS: "Details of the day",
    topology.TILLS: "Tills",
    ARCHIVE: "Archive",
}

#: Who publishes it.
WORKERS = {
    topology.COUNT: "totals",
    topology.CATEGORIES: "totals",
    topology.METRICS_STORM: "rate",
    topology.METRICS_DB: "persistence",
    topology.BREAKDOWNS: "totals",
    topology.TILLS: "totals",
    ARCHIVE: "MongoDB",
}
