"""Reads the definitions of streams and windows: every `*.toml` of one folder or of several.

All mistakes are told at once, each with its file, line and how to mend it.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from tillstream.runtime.settings import StreamsSettings
from tillstream.streams import builtin, durations, receipt_streams, toml_file, toml_lines
from tillstream.streams.declared_stream import DeclaredStream, read_stream
from tillstream.streams.declared_table import DeclaredTable, Source
from tillstream.streams.declared_window import DeclaredWindow, read_window
from tillstream.streams.definition import Definitions, Window
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
            **builtin.STREAMS,
            **receipt_streams.wanted(windows),
        },
        windows={**{window.name: window for window in windows}, **builtin.WINDOWS},
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
        self._windows: list[DeclaredWindow] = []
        self._sizes = sizes
        self._mistakes = mistakes
        #: Where names stand for the first time.
        self._places: dict[tuple[str, str], str] = {}
        #: Of streams that could not be read.
        self._names: set[str] = set()

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
        elif "stream" not in file and "window" not in file:
            file.tell("it declares nothing; write [stream] or [[window]]")
        if table is None and "fields" in file:
            file.tell("[fields] needs [stream] before it", "fields")
        self._read_windows(file, name or ("?" if table is not None else None))
        file.end("fields")

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

    def _first(self, kind: str, table: DeclaredTable, name: str) -> bool:
        """Whether no other has the name; a second one is told."""
        if name in (_BUILT_IN if kind == "stream" else builtin.WINDOWS):
            table.tell(f"the {kind} {name!r} is built in; take another name", "name")
            return False
        line = table.source.line((*table.path, "name"))
        first = self._places.setdefault((kind, name), f"{table.source.name}:{line}")
        if first != f"{table.source.name}:{line}":
            table.tell(f"the {kind} {name!r} is declared in {first} too", "name")
            return False
        return True

    def finished(self) -> list[Window]:
        """The windows, all checked; none of them counts after a mistake."""
        known = {name: each.stream for name, each in self.streams.items()} | _BUILT_IN
        texts = []
        for window in self._windows:
            if window.stream not in known and window.stream not in ("", "?"):
                window.table.tell(
                    f"no stream {window.stream!r}{proposal(window.stream, known)}", "stream"
                )
            declared = self.streams.get(window.stream)
            broken = declared.broken if declared else frozenset()
            texts.append(window.texts(known.get(window.stream), broken))
        finished = []
        for window, checked in zip(self._windows, check_all(texts), strict=True):
            for keys, text in checked.mistakes:
                window.table.tell(": ".join((*keys[1:], text)), *keys)
            window.tell_readings(checked)
            if not self._mistakes:
                finished.append(window.finished(checked))
        self._tell_shared_collections()
        names = {window.name for window in self._windows} | builtin.WINDOWS.keys()
        for name in self._sizes:
            if name not in names:
                self._mistakes.append(
                    Mistake(_SETTING, 0, f"no window {name!r}{proposal(name, names)}")
                )
        return finished

    def _tell_shared_collections(self) -> None:
        owners: dict[tuple[str, str], str] = {}
        for window in self._windows:
            place = (window.window.database, window.window.collection_name)
            first = owners.setdefault(place, window.name)
            if first != window.name:
                window.table.tell(
                    f"its rows would be in the collection {place[1]!r} of {first}", "collection"
                )
