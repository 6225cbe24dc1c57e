"""The bodies of the result exchanges: absolute figures, one JSON object each."""

from tillstream.receipt import Wire


class ClosedDay(Wire, frozen=True):
    """A business day that is over: its figures, and what of them came after it had closed."""

    day: str
    sum_minor: int
    count: int
    late_sum_minor: int
    late_count: int


class CountSnapshot(Wire, frozen=True):
    """`count`: the business day's running sum and number of receipts, also soon after a change."""

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
    #: Net total in cents; units sold in thousandths.
    net_minor: int = 0
    units_milli: int = 0
    #: What was sold before this has been heard of from every till that talks, Unix seconds;
    #: None when no till talks.
    complete_until: float | None = None
    #: The seven days before, the newest first.
    closed_days: tuple[ClosedDay, ...] = ()
    #: The offset of the log that the ledger goes on from, None before its first receipt; and the
    #: newest offset of the log that is known of. Counting is behind while the latter is not less.
    next_offset: int | None = None
    log_offset: int | None = None


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


class BreakdownFigures(Wire, frozen=True):
    """One key of a breakdown: receipts that touch it, units in thousandths, cents."""

    receipts: int
    units_milli: int
    gross_minor: int
    net_minor: int


class BreakdownsSnapshot(Wire, frozen=True):
    """`breakdowns`: the business day by hour, store, kind, mark, VAT rate and tender.

    `kind` has `sales`, `returns` and `voids`. Of more than a hundred keys of a breakdown, the fifty
    with the largest and the fifty with the smallest revenue are named; `stores` is how many stores
    there are.
    `known_stores` are those of the table of stores and those that sold in the last 14 days; of
    them `at_zero` are open and have no receipt of the day, at most fifty of which are named.
    """

    day: str
    zone: str
    currency: str
    stores: int
    #: Breakdown -> key -> figures, the largest revenue first.
    breakdowns: dict[str, dict[str, BreakdownFigures]]
    as_of: float
    known_stores: int = 0
    at_zero: int = 0
    stores_at_zero: tuple[str, ...] = ()


class SilentTill(Wire, frozen=True):
    """A till that is quiet for longer than its own rhythm; last heard at `since`."""

    store: str
    till: str
    since: float


class MissingNumbers(Wire, frozen=True):
    """Receipt numbers that a till passed over at `since`, first and last included."""

    store: str
    till: str
    first: int
    last: int
    since: float


class UncountedReason(Wire, frozen=True):
    """So many receipts could not be counted, for this reason."""

    reason: str
    number: int


class TillsSnapshot(Wire, frozen=True):
    """`tills`: who was heard, who is silent, what is missing, what was not counted."""

    heard: int
    silent: int
    #: The longest silent, at most fifty.
    silent_tills: tuple[SilentTill, ...]
    #: Numbers missing for longer than the grace, and the oldest gaps, at most fifty.
    missing: int
    gaps: tuple[MissingNumbers, ...]
    #: Numbers that came again on another receipt; tills that began anew.
    reused: int
    renumbered: int
    #: Receipts that were not counted, since the ledger began.
    duplicates: int
    conflicts: int
    undecodable: int
    as_of: float
    #: The offset of the log that the ledger goes on from; None before its first receipt.
    next_offset: int | None = None
    #: Receipts that could not be counted and are kept aside; `verify` names them.
    set_aside: int = 0
    #: Why, the most frequent reasons first.
    set_aside_reasons: tuple[UncountedReason, ...] = ()
    #: How often the log was found to be another one, or shorter than what was counted of it.
    log_epoch: int = 0


class RateSnapshot(Wire, frozen=True):
    """`metrics-storm`: how fast receipts come in and how soon they are counted."""

    #: Receipts received in the last 60 s, the window (as_of - 60, as_of].
    average_per_minute: int
    #: Mean of received-to-counted over the receipts of the last interval, ms; None without any.
    average_ms_system: float | None
    as_of: float
    #: The newest offset of the log that the rate worker has seen; None before any.
    log_offset: int | None = None


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
    #: When the door got the oldest receipt that was being written in the interval, Unix seconds;
    #: None when none was.
    waiting_since: float | None = None
