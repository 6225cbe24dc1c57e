"""What is asked of a window, as typed values; what does not hold is told by its name. No I/O."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, NamedTuple, get_args

from starlette.datastructures import QueryParams

from persistence.api import problems
from persistence.api.parameters import SHOWN_CHARACTERS
from persistence.api.problems import Fault
from tillstream.codec import JSON
from tillstream.http.keys import Caller
from tillstream.http.problems import foreign_store
from tillstream.streams.definition import Window
from tillstream.streams.key_values import Value, time_of, value_of

#: Rows of a page.
DEFAULT_LIMIT = 100
MAX_LIMIT = 1_000
#: Minutes that are added up.
DEFAULT_MINUTES = 60
MAX_MINUTES = 1_440
#: Values of a key that one question may name: MongoDB merges so many ranges of an index in order.
MAX_VALUES = 50

Format = Literal["json", "csv", "parquet"]
MEDIA: dict[str, Format] = {
    JSON: "json",
    "text/csv": "csv",
    "application/vnd.apache.parquet": "parquet",
}
#: The key whose values are stores: what a key of the API for some stores is held to.
STORE = "store"


class WindowQuestion(NamedTuple):
    """Rows that begin in [first, end), with one of the values of each key that is named."""

    first: datetime | None
    end: datetime | None
    keys: Mapping[str, tuple[Value, ...]]
    cursor: str | None = None
    limit: int = DEFAULT_LIMIT
    format: Format = "json"


def asked_rows(window: Window, query: QueryParams, accept: str, caller: Caller) -> WindowQuestion:
    """A page of rows; raises ProblemError with every fault."""
    reading = _Reading(window, query, ("from", "to", "cursor", "limit", "format"))
    first, end = reading.time("from"), reading.time("to")
    if first is not None and end is not None and first >= end:
        reading.fault("to", "is not after `from`; `to` itself is not included")
    question = WindowQuestion(
        first,
        end,
        reading.keys(caller),
        query.get("cursor"),
        reading.whole("limit", DEFAULT_LIMIT, MAX_LIMIT),
        reading.format() or accepted(accept),
    )
    reading.require_whole()
    return question


def asked_sums(window: Window, query: QueryParams, accept: str, caller: Caller) -> WindowQuestion:
    """All rows of a time, which has both ends; raises ProblemError with every fault."""
    reading = _Reading(window, query, ("from", "to", "format"))
    first, end = reading.time("from"), reading.time("to")
    for name in ("from", "to"):
        if name not in query:
            reading.fault(name, "is missing; it is a time such as 2026-11-21T08:00:00Z")
    if first is not None and end is not None and first >= end:
        reading.fault("to", "is not after `from`; `to` itself is not included")
    question = WindowQuestion(
        first, end, reading.keys(caller), format=reading.format() or accepted(accept)
    )
    reading.require_whole()
    return question


def asked_last(window: Window, query: QueryParams, caller: Caller) -> tuple[WindowQuestion, int]:
    """The rows that are added up, and of how many minutes; raises ProblemError with every fault."""
    reading = _Reading(window, query, ("minutes",))
    question = WindowQuestion(None, None, reading.keys(caller))
    minutes = reading.whole("minutes", DEFAULT_MINUTES, MAX_MINUTES)
    reading.require_whole()
    return question, minutes


def asked_changes(window: Window, query: QueryParams, caller: Caller) -> WindowQuestion:
    """The rows whose changes are awaited; raises ProblemError with every fault."""
    reading = _Reading(window, query, ())
    question = WindowQuestion(None, None, reading.keys(caller))
    reading.require_whole()
    return question


def accepted(accept: str) -> Format:
    """The format that a header Accept likes best; JSON where it names none of ours."""
    best, liked = "json", 0.0
    for part in accept.split(","):
        media, *parameters = (each.strip().lower() for each in part.split(";"))
        quality = next((each[2:] for each in parameters if each.startswith("q=")), "1")
        try:
            weight = float(quality)
        except ValueError:
            continue
        if media in MEDIA and weight > liked:
            best, liked = MEDIA[media], weight
    return best  # type: ignore[return-value]


class _Reading:
    def __init__(self, window: Window, query: QueryParams, names: Sequence[str]) -> None:
        self._window = window
        self._query = query
        self._names = names
        self._faults: dict[str, Fault] = {}
        own = [key.name for key in window.keys]
        counts = Counter(name for name, _ in query.multi_items())
        for name, count in counts.items():
            if name in names and count > 1:
                self.fault(name, "stands there twice")
            elif name not in names and name not in own:
                there_are = problems.nearest(name, [*names, *own])
                self.fault(name, f"is no parameter and no key of {window.name}{there_are}")

    def fault(self, name: str, message: str) -> None:
        """Of each parameter the first is told."""
        self._faults.setdefault(name, Fault(name[:SHOWN_CHARACTERS], message))

    def require_whole(self) -> None:
        if self._faults:
            raise problems.invalid_parameters(list(self._faults.values()))

    def time(self, name: str) -> datetime | None:
        text = self._query.get(name)
        if text is None:
            return None
        try:
            return time_of(text)
        except (ValueError, OverflowError):
            self.fault(
                name,
                f"is {text[:SHOWN_CHARACTERS]!r}; it is a time such as 2026-11-21T08:00:00Z or a"
                " day such as 2026-11-21, in UTC unless it says its offset, a + encoded as %2B",
            )
            return None

    def whole(self, name: str, default: int, most: int) -> int:
        text = self._query.get(name, str(default))
        if text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= most:
            return int(text[:6])
        shown = text[:SHOWN_CHARACTERS]
        self.fault(name, f"is {shown!r}; it is an integer from 1 to {most}")
        return default

    def format(self) -> Format | None:
        text = self._query.get("format")
        for each in MEDIA.values():
            if text == each:
                return each
        if text is not None:
            known = ", ".join(get_args(Format))
            self.fault("format", f"is {text[:SHOWN_CHARACTERS]!r}; it is one of {known}")
        return None

    def keys(self, caller: Caller) -> dict[str, tuple[Value, ...]]:
        found: dict[str, tuple[Value, ...]] = {}
        for key in self._window.keys:
            if key.name in self._names or key.name not in self._query:
                continue
            texts = list(dict.fromkeys(self._query.getlist(key.name)))
            if len(texts) > MAX_VALUES:
                self.fault(key.name, f"names too many values; at most {MAX_VALUES} go at once")
                continue
            try:
                found[key.name] = tuple(value_of(key, text) for text in texts)
            except (ValueError, OverflowError) as error:
                self.fault(key.name, str(error))
        return self._scoped(found, caller)

    def _scoped(
        self, keys: dict[str, tuple[Value, ...]], caller: Caller
    ) -> dict[str, tuple[Value, ...]]:
        if not caller.stores:
            return keys
        if not any(key.name == STORE and key.read_as == "text" for key in self._window.keys):
            raise problems.whole_chain(self._window.name)
        for store in keys.get(STORE, ()):
            if store is None or not caller.covers(str(store)):
                raise foreign_store("ask about", str(store))
        return {STORE: tuple(sorted(caller.stores)), **keys}
