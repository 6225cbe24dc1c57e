"""What `status` finds, as a program gets it with --json; sizes in bytes, times as ISO 8601.

Plain tuples: loading msgspec took half of the time that `status` takes on a busy machine.
"""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from tillstream.currencies import CURRENCY


class Death(NamedTuple):
    """The newest end of a program that nobody had asked for."""

    at: str
    #: Such as "terminated by SIGKILL", in the supervisor's words.
    how: str


class ProgramFound(NamedTuple):
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


class FiguresFound(NamedTuple):
    """Rates and delays, as the workers tell them; None where none was heard."""

    day: str | None = None
    receipts_of_the_day: int | None = None
    #: In minor units of `currency`, the chain's main one.
    sum_minor: int | None = None
    currency: str = CURRENCY
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


class QueuesFound(NamedTuple):
    """Messages that wait in the broker."""

    to_be_archived: int
    dead_letters: int


class ReceiverFound(NamedTuple):
    """What the deliveries of one receiver came to; refusals are those since the door's start."""

    name: str
    taken: int
    receipts: int
    waiting: int
    refused: int
    aside: int
    #: When the newest came; None before any.
    newest: str | None


class ReceiversFound(NamedTuple):
    """What of vendors' deliveries was taken, and what waits for somebody."""

    #: Deliveries that are set aside, by receiver.
    aside: Mapping[str, int] = MappingProxyType({})
    #: Receivers that vendors send to, whose secret or address is missing.
    not_set_up: tuple[str, ...] = ()
    receivers: tuple[ReceiverFound, ...] = ()


class SizesFound(NamedTuple):
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


class Unasked(NamedTuple):
    """A part that did not answer in time, and what is therefore not said."""

    what: str
    why: str


class Problem(NamedTuple):
    """Something wrong: since when, where it is known; how to mend it; a page of the docs."""

    what: str
    mend: str
    page: str | None = None
    since: str | None = None


class Findings(NamedTuple):
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


def json_text(findings: Findings) -> str:
    """The findings with the names of fields as JSON has them, such as `lastDeath`."""
    return json.dumps(_plain(findings), indent=2, ensure_ascii=False)


def _plain(found: Any) -> Any:
    if isinstance(found, tuple) and hasattr(found, "_asdict"):
        return {_camel(name): _plain(value) for name, value in found._asdict().items()}
    if isinstance(found, Mapping):
        return dict(found)
    return [_plain(each) for each in found] if isinstance(found, tuple) else found


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))
