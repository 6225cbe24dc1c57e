"""The bodies of the four result exchanges: absolute figures, one JSON object each."""

from tillstream.contracts import Wire


class CountSnapshot(Wire, frozen=True):
    """`count`: the business day's running sum and number of receipts."""

    #: Business day, `YYYY-MM-DD`, in `zone`.
    day: str
    zone: str
    currency: str
    #: Gross total of the day as exact decimal text in euros ("11.90"), and in cents.
    sum: str
    sum_minor: int
    #: Number of receipts of the day, each identity once.
    count: int
    #: When the figures were read, Unix seconds.
    as_of: float


class CategoryTotal(Wire, frozen=True):
    """Revenue and units of one product category on one day."""

    name: str
    #: Gross revenue in cents and as decimal text.
    revenue_minor: int
    revenue: str
    #: Units in thousandths: 2 pieces are 2000, 0.250 kg are 250.
    units_milli: int


class CategoriesSnapshot(Wire, frozen=True):
    """`categories`: the business day's revenue and units by category, largest first."""

    day: str
    zone: str
    currency: str
    categories: tuple[CategoryTotal, ...]
    as_of: float


class RateSnapshot(Wire, frozen=True):
    """`metrics-storm`: how fast receipts come in and how soon they are counted."""

    #: Receipts received in the last 60 s, the window (as_of - 60, as_of].
    average_per_minute: int
    #: Mean of received-to-counted over the receipts of the last interval, ms; None without any.
    average_ms_system: float | None
    as_of: float


class DelayFigures(Wire, frozen=True):
    """Nearest-rank percentiles of a delay over the last interval, seconds."""

    p50: float
    p95: float
    p99: float


class DelaySnapshot(Wire, frozen=True):
    """`metrics-db`: how long a receipt takes to the archive, over the last interval.

    None where nothing was stored in it. Counters run since the worker started.
    """

    #: Mean of till clock to stored, seconds; negative when a till's clock is ahead.
    connection_delay: float | None
    connection_percentiles: DelayFigures | None
    #: Mean of received to stored, seconds.
    network_delay: float | None
    network_percentiles: DelayFigures | None
    stored: int
    duplicates: int
    conflicts: int
    dead_lettered: int
    as_of: float
