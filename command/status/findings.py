"""What `status` finds, as a program gets it with --json; sizes in bytes, times as ISO 8601."""

import msgspec


class Wire(msgspec.Struct, frozen=True, rename="camel"):
    """Base of what is found."""


class Death(Wire, frozen=True):
    """The newest end of a program that nobody had asked for."""

    at: str
    #: Such as "terminated by SIGKILL", in the supervisor's words.
    how: str


class ProgramFound(Wire, frozen=True):
    """A program under the supervisor; `state` is RUNNING, or why it does not run; a
    SPARE one runs only while there is much to do."""

    name: str
    group: str
    state: str
    pid: int | None
    #: Since when it has that state.
    since: str | None
    memory_bytes: int | None
    #: Since the start of the system.
    deaths: int = 0
    last_death: Death | None = None
    #: Processes of it that a signal has stopped: they are there and do nothing.
    stopped_pids: tuple[int, ...] = ()
    #: What waits for it, and since when the oldest waits; None where it does not say.
    behind_messages: int | None = None
    behind_seconds: float | None = None


class FiguresFound(Wire, frozen=True):
    """Rates and delays, as the workers tell them; None where none was heard."""

    day: str | None = None
    receipts_of_the_day: int | None = None
    sum_minor: int | None = None
    receipts_per_minute: int | None = None
    #: Received to counted; of a local run, the mean since the worker's start.
    counted_after_ms: float | None = None
    #: Received to stored: mean since the worker's start; elsewhere the newest 99th percentile.
    stored_after_seconds: float | None = None
    #: The newest offset of the log; counting goes on from the other. Offsets have holes.
    log_offset: int | None = None
    next_offset: int | None = None
    #: For how long the oldest receipt has waited to be stored.
    storing_behind_seconds: float | None = None


class QueuesFound(Wire, frozen=True):
    """Messages that wait in the broker."""

    to_be_archived: int
    dead_letters: int


class ReceiverFound(Wire, frozen=True):
    """What the deliveries of one receiver came to; refusals are those since the door's start."""

    name: str
    taken: int
    receipts: int
    waiting: int
    refused: int
    aside: int
    #: When the newest came; None before any.
    newest: str | None


class ReceiversFound(Wire, frozen=True):
    """What of vendors' deliveries was taken, and what waits for somebody."""

    #: Deliveries that are set aside, by receiver.
    aside: dict[str, int] = {}
    #: Receivers that vendors send to, whose secret or address is missing.
    not_set_up: tuple[str, ...] = ()
    receivers: tuple[ReceiverFound, ...] = ()


class SizesFound(Wire, frozen=True):
    """What is kept, and what is left."""

    ledger: int
    log_and_queues: int
    archive: int
    analytic_archive: int
    disk_free: int
    disk_total: int
    #: Resident, of all programs.
    memory_used: int
    memory_available: int | None


class Unasked(Wire, frozen=True):
    """A part that did not answer in time, and what is therefore not said."""

    what: str
    why: str


class Problem(Wire, frozen=True):
    """Something wrong: since when, where it is known; how to mend it; a page of the docs."""

    what: str
    mend: str
    page: str | None = None
    since: str | None = None


class Findings(Wire, frozen=True):
    """All of it. `state`: `well`, `wrong`."""

    at: str
    state: str
    version: str
    data_dir: str
    since: str | None
    urls: dict[str, str]
    programs: tuple[ProgramFound, ...]
    figures: FiguresFound
    queues: QueuesFound | None
    receivers: ReceiversFound
    sizes: SizesFound | None
    unasked: tuple[Unasked, ...]
    problems: tuple[Problem, ...]
