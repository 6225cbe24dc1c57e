"""The files of an export, in a ZIP or a folder, opened within bounds."""

import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, BinaryIO, Protocol

from connectors.files.import_errors import ImportFileError
from tillstream.dsfinvk_tables import TABLES

INDEX = "index.xml"
#: Of an archive: entries, bytes when unpacked, and how often the packed bytes that may be. CSV
#: packs to a tenth or a twentieth; a bomb to a thousandth.
MAX_ENTRIES = 1_000
MAX_UNPACKED_BYTES = 64 * 1024**3
MAX_RATIO = 200
#: Smaller files may pack better.
RATIO_FROM_BYTES = 1024**2
#: The list of entries at the end of a ZIP is read whole: 1,000 of them have some 100 KB.
MAX_LIST_BYTES = 4 * 1024**2
#: Read at once.
BUFFER_BYTES = 256 * 1024


class Package(Protocol):
    """An export that is open."""

    #: Table or index.xml -> its size in bytes.
    sizes: dict[str, int]
    #: Names of the other files.
    others: list[str]

    def open(self, name: str) -> BinaryIO:
        """A file of `sizes`, buffered; it raises ImportFileError, also where it is read."""


class _Folder:
    def __init__(self, folder: Path) -> None:
        self._files: dict[str, Path] = {}
        for file in folder.iterdir():
            name = file.name.lower()
            if name in self._files and name in _wanted([name]):
                raise ImportFileError(f"{folder} has {name} twice; import one export at a time")
            if file.is_file():
                self._files[name] = file
        self.sizes = {name: self._files[name].stat().st_size for name in _wanted(self._files)}
        self.others = sorted(self._files.keys() - self.sizes.keys())

    def open(self, name: str) -> BinaryIO:
        return self._files[name].open("rb", buffering=BUFFER_BYTES)


class _Archive:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        entries = archive.infolist()
        if len(entries) > MAX_ENTRIES:
            raise ImportFileError(f"the ZIP has {len(entries)} entries, more than {MAX_ENTRIES}")
        self._entries: dict[str, zipfile.ZipInfo] = {}
        for entry in entries:
            name = entry.filename.replace("\\", "/").rpartition("/")[2].lower()
            if name in self._entries and name in _wanted([name]):
                raise ImportFileError(f"the ZIP has {name} twice; import one export at a time")
            self._entries[name] = entry
        self.sizes = {name: self._entries[name].file_size for name in _wanted(self._entries)}
        self.others = sorted(filter(None, self._entries.keys() - self.sizes.keys()))
        for name in self.sizes:
            _require_bounded(self._entries[name])
        if sum(self.sizes.values()) > MAX_UNPACKED_BYTES:
            raise ImportFileError(
                f"the ZIP has more than {MAX_UNPACKED_BYTES // 1024**3} GiB when unpacked;"
                " export shorter periods"
            )

    def open(self, name: str) -> BinaryIO:
        # `zipfile` reads no more than the size that the entry says, and checks the CRC at its end.
        with _unpacking(name):
            packed = self._archive.open(self._entries[name])
        return io.BufferedReader(_Unpacked(name, packed), BUFFER_BYTES)


class _Unpacked(io.RawIOBase):
    """An entry whose broken bytes are told as every other fault of a file."""

    def __init__(self, name: str, packed: IO[bytes]) -> None:
        self._name = name
        self._packed = packed

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        with _unpacking(self._name):
            data = self._packed.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._packed.close()
        super().close()


@contextmanager
def _unpacking(name: str) -> Iterator[None]:
    try:
        yield
    except (NotImplementedError, RuntimeError, EOFError, zlib.error, zipfile.BadZipFile) as error:
        raise ImportFileError(
            f"{name} cannot be unpacked: {error or 'it ends too early'}; copy the export again"
        ) from error


class _File(io.FileIO):
    """The ZIP's file. Of its size `zipfile` believes what it says, and reads its list at once."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > MAX_LIST_BYTES:
            raise ImportFileError(
                f"the ZIP's list of entries would have {size} bytes, more than {MAX_LIST_BYTES}:"
                " that is no export"
            )
        return super().read(size)


@contextmanager
def opened(path: Path) -> Iterator[Package]:
    """The export at `path`. Raises ImportFileError when it is none, or beyond the bounds."""
    if path.is_dir():
        yield _Folder(path)
        return
    try:
        with _File(path) as file, zipfile.ZipFile(file) as archive:
            yield _Archive(archive)
    except (zipfile.BadZipFile, NotImplementedError) as error:
        raise ImportFileError(f"not a whole ZIP: {error}; copy the export again") from error


def is_export(path: Path) -> bool:
    """Whether there is a DSFinV-K export at `path`: a folder or ZIP with transactions.csv."""
    if path.is_dir():
        return any(file.name.lower() == "transactions.csv" for file in path.iterdir())
    return zipfile.is_zipfile(path)


def _wanted(names: object) -> list[str]:
    return [name for name in (*TABLES, INDEX) if name in names]  # type: ignore[operator]


def _require_bounded(entry: zipfile.ZipInfo) -> None:
    if entry.flag_bits & 1:
        raise ImportFileError(f"{entry.filename} is encrypted; unpack it and import the folder")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ImportFileError(
            f"{entry.filename} is packed by method {entry.compress_type}, and exports have deflate;"
            " unpack it and import the folder"
        )
    if (
        entry.file_size > RATIO_FROM_BYTES
        and entry.file_size > max(entry.compress_size, 1) * MAX_RATIO
    ):
        raise ImportFileError(
            f"{entry.filename} would be {entry.file_size} bytes of {entry.compress_size}: that is"
            f" more than {MAX_RATIO} times, as in a bomb and not as in an export"
        )
