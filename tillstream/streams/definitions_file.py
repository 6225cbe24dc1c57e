"""Reads the definitions of streams and windows: every `*.toml` of one folder or of several.

All mistakes are told at once, each with its file, line and how to mend it.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from tillstream.runtime.settings import StreamsSettings
from tillstream.streams import builtin, durations, receipt_streams, toml_file, toml_lines
from tillstream.streams.attribution_links import link
from tillstream.streams.declared_attribution import DeclaredAttribution, read_attribution
from tillstream.streams.declared_store import tell_shared
from tillstream.streams.declared_stream import DeclaredStream, read_stream
from tillstream.streams.declared_table import DeclaredTable, Source
from tillstream.streams.declared_window import DeclaredWindow, read_window
from tillstream.streams.definition import Attribution, Definitions, Stream, Window
from tillstream.streams.made_columns import Known
from tillstream.streams.mistakes import DefinitionError as DefinitionError
from tillstream.streams.mistakes import Mistake as Mistake
from tillstream.streams.mistakes import proposal
from tillstream.streams.sql_check import check_all

#: Streams that stand in code.
_BUILT_IN = {**builtin.STREAMS, **receipt_streams.STREAMS}
_SETTING = "WINDOW_SIZES"


def load_settings(settings: StreamsSettings) -> Definitions:
    """The definitions of STREAMS_DIR with WINDOW_SIZES; raises DefinitionError."""
    folders = [Path(folder) for folder in settings.streams_dir.split(":") if folder]
    mistakes: list[Mistake] = []
    return _load(folders, _sizes(settings.window_sizes, mistakes), mistakes)


def load(folders: Sequence[Path], sizes: Mapping[str, int] | None = None) -> Definitions:
    """Every definition of the folders; raises DefinitionError with all mistakes.

    `sizes` are windows' sizes in microseconds that stand in the place of their file's.
    """
    return _load(folders, sizes or {}, [])


def _load(
    folders: Sequence[Path], sizes: Mapping[str, int], mistakes: list[Mistake]
) -> Definitions:
    reading = _Reading(sizes, mistakes)
    for folder in folders:
        for path in _files(folder, mistakes):
            reading.read(path)
    windows = reading.finished()
    if mistakes:
        raise DefinitionError(sorted(mistakes, key=lambda mistake: mistake[:2]))
    return Definitions(
        streams={
            **{name: each.stream for name, each in reading.streams.items()},
            **reading.credits,
            **builtin.STREAMS,
            **receipt_streams.wanted(windows),
        },
        windows={**{window.name: window for window in windows}, **builtin.WINDOWS},
        attributions=reading.attributions,
    )


def _files(folder: Path, mistakes: list[Mistake]) -> list[Path]:
    try:
        found = sorted(path for path in folder.iterdir() if path.suffix == ".toml")
    except OSError as error:
        mistakes.append(Mistake(str(folder), 0, f"not readable: {error.strerror}; see STREAMS_DIR"))
        return []
    if not found:
        mistakes.append(Mistake(str(folder), 0, "has no *.toml; see STREAMS_DIR"))
    return found


def _sizes(text: str, mistakes: list[Mistake]) -> dict[str, int]:
    sizes = {}
    for part in filter(None, (each.strip() for each in text.split(","))):
        name, _, size = part.partition("=")
        try:
            sizes[name.strip()] = durations.microseconds(size)
        except ValueError as error:
            mistakes.append(Mistake(_SETTING, 0, f"{part!r}: {error}; as in shop_metrics=4 h"))
    return sizes


class _Reading:
    def __init__(self, sizes: Mapping[str, int], mistakes: list[Mistake]) -> None:
        self.streams: dict[str, DeclaredStream] = {}
        #: By the stream that each makes, and the streams of credits; from `finished` on.
        self.attributions: dict[str, Attribution] = {}
        self.credits: dict[str, Stream] = {}
        self._windows: list[DeclaredWindow] = []
        self._attributions: list[DeclaredAttribution] = []
        self._sizes = sizes
        self._mistakes = mistakes
        #: Where names stand for the first time.
        self._places: dict[tuple[str, str], str] = {}
        #: Streams that are declared, and could not be read or made.
        self._unknown: set[str] = set()

    def read(self, path: Path) -> None:
        found = toml_file.content(path, self._mistakes)
        if found is None:
            return
        text, content = found
        source = Source(str(path), toml_lines.lines(text), self._mistakes)
        file = DeclaredTable(source, (), content, "this file")
        table = file.table("stream", "stream")
        name = None
        if table is not None:
            stream = read_stream(table, file)
            name = stream.stream.name if stream else None
            if stream is not None and self._first("stream", table, stream.stream.name):
                self.streams[stream.stream.name] = stream
                self._read_attribution(file, stream.stream)
        elif "stream" not in file and "window" not in file:
            file.tell("it declares nothing; write [stream] or [[window]]")
        if table is None and "fields" in file:
            file.tell("[fields] needs [stream] before it", "fields")
        self._read_windows(file, name or ("?" if table is not None else None))
        if table is None and "attribution" in file:
            file.tell("[attribution] needs [stream] before it", "attribution")
        file.end("fields", "attribution")

    def _read_attribution(self, file: DeclaredTable, stream: Stream) -> None:
        table = file.table("attribution", "attribution")
        if table is not None:
            found = read_attribution(table, stream)
            name = found.attribution.credits
            if not name or self._first("stream", table, name, "credits"):
                self._attributions.append(found)

    def _read_windows(self, file: DeclaredTable, stream: str | None) -> None:
        for place, values in enumerate(file.tables("window")):
            path = ("window", place)
            table = DeclaredTable(file.source, path, values, f"window {place + 1}")
            name = values.get("name")
            window = read_window(
                table, stream, self._sizes.get(name) if isinstance(name, str) else None
            )
            if not window.name or self._first("window", table, window.name):
                self._windows.append(window)

    def _first(self, kind: str, table: DeclaredTable, name: str, key: str = "name") -> bool:
        """Whether no other has the name; a second one is told."""
        if name in (_BUILT_IN if kind == "stream" else builtin.WINDOWS):
            table.tell(f"the {kind} {name!r} is built in; take another name", key)
            return False
        line = table.source.line((*table.path, key))
        first = self._places.setdefault((kind, name), f"{table.source.name}:{line}")
        if first != f"{table.source.name}:{line}":
            table.tell(f"the {kind} {name!r} is declared in {first} too", key)
            return False
        return True

    def finished(self) -> list[Window]:
        """The windows, all checked; none of them counts after a mistake."""
        known = {name: each.stream for name, each in self.streams.items()} | _BUILT_IN
        broken = {name: each.broken for name, each in self.streams.items()}
        linked = [link(each, Known(known, broken)) for each in self._attributions]
        for one in linked:
            self.attributions[one.attribution.stream] = one.attribution
            if one.credits is None:
                self._unknown.add(one.attribution.credits)
            else:
                self.credits[one.credits.name] = one.credits
        known |= self.credits
        texts = []
        for window in self._windows:
            if window.stream not in (*known, *self._unknown, "", "?"):
                window.table.tell(
                    f"no stream {window.stream!r}{proposal(window.stream, known)}", "stream"
                )
            texts.append(
                window.texts(known.get(window.stream), broken.get(window.stream, frozenset()))
            )
        found = check_all(texts, [one.texts for one in linked])
        for declared, made in zip(self._attributions, found.made, strict=True):
            for field, text in made.mistakes:
                declared.tell_field(field, text)
        finished = []
        for window, checked in zip(self._windows, found.windows, strict=True):
            for keys, text in checked.mistakes:
                window.table.tell(": ".join((*keys[1:], text)), *keys)
            window.tell_readings(checked)
            if not self._mistakes:
                finished.append(window.finished(checked))
        tell_shared(
            [
                *((one.table, one.name, one.window) for one in self._windows),
                *((one.table, one.stream.name, one.attribution) for one in self._attributions),
            ]
        )
        names = {window.name for window in self._windows} | builtin.WINDOWS.keys()
        for name in self._sizes:
            if name not in names:
                self._mistakes.append(
                    Mistake(_SETTING, 0, f"no window {name!r}{proposal(name, names)}")
                )
        return finished
