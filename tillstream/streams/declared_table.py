"""A table of a definition's file, read key by key: what is wrong is told, and its default given.

So one mistake hides no other: whoever reads goes on, and asks at the end what was told.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from tillstream.runtime.printable import printable
from tillstream.streams import durations
from tillstream.streams.mistakes import Mistake, proposal
from tillstream.streams.toml_lines import Path

_KINDS: tuple[tuple[type, str], ...] = (
    (bool, "true or false"),
    (int, "a whole number"),
    (Decimal, "a number"),
    (str, "a text"),
    (list, "a list"),
    (dict, "a table"),
)


class Source:
    """A file: its name, the lines of its keys, and where mistakes are gathered."""

    def __init__(self, name: str, lines: Mapping[Path, int], mistakes: list[Mistake]) -> None:
        self.name = name
        self._lines = lines
        self._mistakes = mistakes

    @property
    def told(self) -> int:
        """How many mistakes were told, of all files."""
        return len(self._mistakes)

    def line(self, path: Path) -> int:
        """The line of the path, or of the nearest table around it."""
        while path:
            if path in self._lines:
                return self._lines[path]
            path = path[:-1]
        return 1

    def tell(self, path: Path, text: str) -> None:
        """Note a mistake."""
        self._mistakes.append(Mistake(self.name, self.line(path), printable(text)))


class DeclaredTable:
    """`values` of the table at `path`; keys that nobody asked for are told by `end`."""

    def __init__(self, source: Source, path: Path, values: Mapping[str, Any], what: str) -> None:
        self.source = source
        self.path = path
        self.what = what
        self._values = values
        self._asked: list[str] = []

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def has_table(self, key: str) -> bool:
        """Whether a table is under the key."""
        return isinstance(self._values.get(key), dict)

    def tell(self, text: str, *keys: str | int) -> None:
        """Note a mistake of the table, or of what the keys lead to."""
        self.source.tell((*self.path, *keys), f"{self.what}: {text}")

    def end(self, *more: str) -> None:
        """Tell of keys that do not exist; `more` are those that nobody needed to ask for."""
        allowed = {*self._asked, *more}
        for key in self._values:
            if key not in allowed:
                self.tell(f"unknown key {key!r}{proposal(key, allowed)}", key)

    def require(self, *keys: str) -> None:
        """Tell of keys that are missing."""
        for key in keys:
            if key not in self._values:
                self.tell(f"{key!r} is missing")

    def text(self, key: str) -> str | None:
        """A text that is not empty."""
        found = self._take(key, str)
        if found is not None and not found.strip():
            self.tell(f"{key!r} is empty; leave it out or write a text", key)
            return None
        return found if isinstance(found, str) else None

    def one_of(self, key: str, allowed: tuple[str, ...]) -> str | None:
        """A text that is among those allowed."""
        found = self.text(key)
        if found is not None and found not in allowed:
            self.tell(f"{key} = {found!r}{proposal(found, allowed)}", key)
            return None
        return found

    def whole(self, key: str, least: int, most: int) -> int | None:
        """A whole number between the bounds, both allowed."""
        found = self._take(key, int)
        if found is not None and not least <= found <= most:
            self.tell(f"{key!r} has to be from {least:,} to {most:,}", key)
            return None
        return found if isinstance(found, int) else None

    def number(self, key: str) -> Decimal | None:
        """A number, exact."""
        found = self._take(key, Decimal, int)
        if isinstance(found, Decimal) and not found.is_finite():
            self.tell(f"{key!r} is no finite number", key)
            return None
        return None if found is None else Decimal(found)

    def flag(self, key: str) -> bool | None:
        """True or false."""
        found = self._take(key, bool)
        return found if isinstance(found, bool) else None

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts, each once; what is no text is told and left out."""
        texts: list[str] = []
        for place, text in enumerate(self._take(key, list) or ()):
            if not isinstance(text, str) or not text:
                found = "an empty text" if text == "" else f"{_kind(text)} that is no text"
                self.tell(f"{key!r} has {found}", key, place)
            elif text in texts:
                self.tell(f"{text!r} stands twice in {key!r}", key, place)
            else:
                texts.append(text)
        return tuple(texts)

    def duration(self, key: str, *, zero: bool = False) -> int | None:
        """A length of time, microseconds."""
        found = self.text(key)
        if found is None:
            return None
        try:
            return durations.microseconds(found, zero=zero)
        except ValueError as error:
            self.tell(f"{key} = {found!r}: {error}", key)
            return None

    def table(self, key: str, what: str) -> "DeclaredTable | None":
        """The table under the key."""
        found = self._take(key, dict)
        return None if found is None else DeclaredTable(self.source, (*self.path, key), found, what)

    def each(self, key: str) -> Iterator[tuple[str, Any]]:
        """The keys and values of the table under the key."""
        yield from (self._take(key, dict) or {}).items()

    def tables(self, key: str) -> list[Mapping[str, Any]]:
        """A list of tables; what is none is told and left out."""
        if isinstance(self._values.get(key), dict):
            self._asked.append(key)
            self.tell(f"write [[{key}]], with two brackets: there may be several", key)
            return [self._values[key]]
        found = self._take(key, list) or []
        for place, value in enumerate(found):
            if not isinstance(value, dict):
                self.tell(f"{key!r} has {_kind(value)} that is no table", key, place)
        return [value for value in found if isinstance(value, dict)]

    def _take(self, key: str, *kinds: type) -> Any:
        self._asked.append(key)
        if key not in self._values:
            return None
        found = self._values[key]
        if type(found) in kinds:
            return found
        wanted = dict(_KINDS)[kinds[0]]
        self.tell(f"{key!r} has to be {wanted}, and is {_kind(found)}", key)
        return None


def _kind(value: Any) -> str:
    return next((said for kind, said in _KINDS if type(value) is kind), "a date or time")
