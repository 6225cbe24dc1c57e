"""Reads the definitions of streams and windows: every `*.toml` of one folder or of several.

Every mistake is told with its file and line, and how to mend it. SQL is checked by `dialect`.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from tillstream.errors import TillstreamError
from tillstream.runtime.settings import StreamsSettings
from tillstream.streams import builtin, durations, names
from tillstream.streams.definition import (
    MOST_DECIMAL,
    Definitions,
    Stream,
    Window,
)

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_MEASURE = re.compile(
    r"\s*(?:(count)\s*\(\s*distinct\s+(.+)\)|(count|sum|min|max)\s*\((.+)\))\s*",
    re.IGNORECASE | re.DOTALL,
)


class Mistake(NamedTuple):
    """What is wrong in a definition, where, and how to mend it."""

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text}"


class DefinitionError(TillstreamError):
    """Definitions that do not hold. `mistakes` names each with its file and line."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(str(mistake) for mistake in mistakes))


def load_settings(settings: StreamsSettings) -> Definitions:
    """The definitions of STREAMS_DIR with WINDOW_SIZES; raises DefinitionError."""
    folders = [Path(folder) for folder in settings.streams_dir.split(":") if folder]
    return load(folders, _sizes(settings.window_sizes))


def load(folders: Sequence[Path], sizes: Mapping[str, int] | None = None) -> Definitions:
    """Every definition of the folders; raises DefinitionError with all mistakes.

    `sizes` are windows' sizes in microseconds that stand in the place of their file's.
    """
    reading = _Reading(sizes or {})
    for folder in folders:
        for path in sorted(folder.glob("*.toml")):
            reading.read(path)
    reading.require_whole()
    if reading.mistakes:
        raise DefinitionError(reading.mistakes)
    return Definitions(
        streams={**reading.streams, **builtin.STREAMS},
        windows={**reading.windows, **builtin.WINDOWS},
    )


def _sizes(text: str) -> dict[str, int]:
    sizes = {}
    for part in filter(None, text.split(",")):
        name, _, size = part.partition("=")
        try:
            sizes[name.strip()] = durations.microseconds(size)
        except ValueError as error:
            raise DefinitionError([Mistake("WINDOW_SIZES", 1, f"{part!r}: {error}")]) from error
    return sizes


class _Reading:
    def __init__(self, sizes: Mapping[str, int]) -> None:
        self.streams: dict[str, Stream] = {}
        self.windows: dict[str, Window] = {}
        self.mistakes: list[Mistake] = []
        self._sizes = sizes
        self._file = ""

    def read(self, path: Path) -> None:
        self._file = str(path)
        try:
            content = tomllib.loads(path.read_text("utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            self.mistakes.append(Mistake(self._file, 1, f"not TOML: {error}"))
            return
        try:
            if "stream" in content:
                stream = self._stream(content["stream"], content.get("fields", {}))
                self.streams[stream.name] = stream
            for window in content.get("window", []):
                found = self._window(window, content.get("stream", {}).get("name", ""))
                self.windows[found.name] = found
        except (msgspec.ValidationError, ValueError, KeyError) as error:
            self.mistakes.append(Mistake(self._file, 1, str(error)))

    def require_whole(self) -> None:
        for window in self.windows.values():
            if window.stream not in self.streams:
                self.mistakes.append(
                    Mistake(self._file, 1, f"{window.name}: no stream {window.stream!r}")
                )

    def _stream(self, declared: Mapping[str, Any], fields: Mapping[str, Any]) -> Stream:
        values = _durations(declared, ("lateness", "retention"))
        values["fields"] = [self._field(name, value) for name, value in fields.items()]
        return msgspec.convert(values, Stream)

    def _field(self, name: str, declared: Mapping[str, Any]) -> dict[str, Any]:
        if not _NAME.fullmatch(name) or name in names.RESERVED:
            raise ValueError(f"{name!r} cannot be the name of a field")
        values = {"name": name, **declared}
        if values.get("type") == "decimal":
            unit = 10 ** values.get("scale", 0)
            values["minimum"] = int(values.get("minimum", -MOST_DECIMAL // unit) * unit)
            values["maximum"] = int(values.get("maximum", MOST_DECIMAL // unit) * unit)
        return values

    def _window(self, declared: Mapping[str, Any], stream: str) -> Window:
        values = _durations(declared, ("size", "retention"))
        values.setdefault("stream", stream)
        if (size := self._sizes.get(values["name"])) is not None:
            values["size_us"] = size
        values["keys"] = [_named(name, value) for name, value in values.get("keys", {}).items()]
        values["columns"] = [
            _named(name, value) for name, value in values.get("columns", {}).items()
        ]
        values["measures"] = [
            self._measure(_named(name, value)) for name, value in values.get("measures", {}).items()
        ]
        return msgspec.convert(values, Window)

    def _measure(self, values: dict[str, Any]) -> dict[str, Any]:
        text = values.pop("sql")
        found = _MEASURE.fullmatch(text)
        if found is None:
            raise ValueError(
                f"{values['name']}: {text!r} cannot be merged; write count, sum, min, max or"
                " count(DISTINCT ...), and divide in `columns`"
            )
        if found[1]:
            return {**values, "kind": "distinct", "argument": found[2].strip()}
        return {**values, "kind": found[3].lower(), "argument": found[4].strip()}


def _named(name: str, value: str | Mapping[str, Any]) -> dict[str, Any]:
    return {"name": name, **({"sql": value} if isinstance(value, str) else value)}


def _durations(declared: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    values = dict(declared)
    for name in names:
        if name in values:
            values[f"{name}_us"] = durations.microseconds(values.pop(name))
    return values
