"""Where the keys of a TOML text stand: tomllib gives values without their lines.

The text is one that tomllib has read, so its grammar is not checked again.
"""

import re
import tomllib
from collections.abc import Mapping

#: Keys from the top; a number for the place in an array of tables.
Path = tuple[str | int, ...]

_BLANK = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_SPACES = re.compile(r"[ \t]*")
_STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}|' + r"'''.*?'{3,5}|" + r'"(?:[^"\\\n]|\\.)*"|' + r"'[^'\n]*'",
    re.DOTALL,
)
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_PLAIN = re.compile(r"[^,\]\}#\n]+")


def lines(text: str) -> Mapping[Path, int]:
    """The line, from 1, of every key, table header and element of an array."""
    return _Scanner(text).lines


class _Scanner:
    def __init__(self, text: str) -> None:
        self.lines: dict[Path, int] = {}
        self._text = text
        self._at = 0
        self._line, self._counted = 1, 0
        #: How many tables each array of tables has.
        self._tables: dict[Path, int] = {}
        table: Path = ()
        while self._skip(_BLANK) < len(text):
            if self._text[self._at] == "[":
                table = self._header()
            else:
                self._pair(table)

    def _skip(self, pattern: re.Pattern[str]) -> int:
        found = pattern.match(self._text, self._at)
        if found is not None:
            self._at = found.end()
        return self._at

    def _note(self, path: Path, at: int) -> None:
        self._line += self._text.count("\n", self._counted, at)
        self._counted = at
        for length in range(1, len(path) + 1):
            self.lines.setdefault(path[:length], self._line)

    def _header(self) -> Path:
        at = self._at
        many = self._text.startswith("[[", at)
        self._at += 2 if many else 1
        *parents, last = self._key()
        self._at += 2 if many else 1
        path = self._within((), parents)
        path = (*path, last)
        if many:
            place = self._tables.get(path, 0)
            self._tables[path] = place + 1
            path = (*path, place)
        elif path in self._tables:
            path = (*path, self._tables[path] - 1)
        self._note(path, at)
        return path

    def _within(self, path: Path, keys: list[str]) -> Path:
        """Where the keys lead: of an array of tables to its last one."""
        for key in keys:
            path = (*path, key)
            if path in self._tables:
                path = (*path, self._tables[path] - 1)
        return path

    def _pair(self, table: Path) -> None:
        at = self._at
        path = (*table, *self._key())
        self._note(path, at)
        self._at += 1  # the sign `=`
        self._skip(_SPACES)
        self._value(path)

    def _key(self) -> list[str]:
        keys = []
        while True:
            self._skip(_SPACES)
            start = self._at
            if self._text[start] in "\"'":
                self._skip(_STRING)
                keys.append(str(tomllib.loads(f"x = {self._text[start : self._at]}")["x"]))
            else:
                self._skip(_BARE_KEY)
                keys.append(self._text[start : self._at])
            self._skip(_SPACES)
            if self._text[self._at] != ".":
                return keys
            self._at += 1

    def _value(self, path: Path) -> None:
        match self._text[self._at]:
            case "[":
                self._at += 1
                place = 0
                while self._until("]"):
                    self._note((*path, place), self._at)
                    self._value((*path, place))
                    place += 1
            case "{":
                self._at += 1
                while self._until("}"):
                    self._pair(path)
            case '"' | "'":
                self._skip(_STRING)
            case _:
                self._skip(_PLAIN)

    def _until(self, end: str) -> bool:
        """Whether another element comes before `end`, which is passed."""
        self._skip(_BLANK)
        if self._text[self._at] == ",":
            self._at += 1
            self._skip(_BLANK)
        if self._text[self._at] == end:
            self._at += 1
            return False
        return True
