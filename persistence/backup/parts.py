"""Bounded parts of a backup: BSON documents one after the other, packed with zstd."""

import hashlib
import io
import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import bson
import zstandard
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument

from persistence.backup.folder import File

#: Documents of one part, unpacked bytes: what is read again after a fault on the way.
PART_BYTES = 64 * 1024 * 1024
#: Level 3 packs receipts to about a tenth.
ZSTD_LEVEL = 3

RAW: CodecOptions[RawBSONDocument] = CodecOptions(document_class=RawBSONDocument)


class PartWriter:
    """Writes documents to `NAME-00001.bson.zst` and on."""

    def __init__(self, folder: Path, name: str, part_bytes: int = PART_BYTES) -> None:
        """`name` may lead into a folder of `folder`."""
        self._folder = folder
        self._name = name
        self._part_bytes = part_bytes
        self._part: _Part | None = None
        self.parts: list[File] = []
        (folder / name).parent.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._close()

    def add(self, document: bytes | memoryview) -> None:
        """One BSON document, encoded."""
        if self._part is None:
            path = f"{self._name}-{len(self.parts) + 1:05d}.bson.zst"
            self._part = _Part(self._folder, path)
        self._part.add(document)
        if self._part.unpacked >= self._part_bytes:
            self._close()

    def _close(self) -> None:
        if self._part is not None:
            self.parts.append(self._part.close())
            self._part = None


class _Part:
    def __init__(self, folder: Path, path: str) -> None:
        self.unpacked = 0
        self._path = path
        self._records = 0
        self._bytes = 0
        # Of what was meant to be written, not of what a disk made of it.
        self._sha256 = hashlib.sha256()
        self._file = (folder / path).open("xb")
        self._packer = zstandard.ZstdCompressor(level=ZSTD_LEVEL).compressobj()

    def add(self, document: bytes | memoryview) -> None:
        self._write(self._packer.compress(document))
        self.unpacked += len(document)
        self._records += 1

    def close(self) -> File:
        self._write(self._packer.flush())
        with self._file as file:
            file.flush()
            os.fsync(file.fileno())
        return File(self._path, self._sha256.hexdigest(), self._bytes, self._records)

    def _write(self, packed: bytes) -> None:
        self._sha256.update(packed)
        self._bytes += self._file.write(packed)


def read_parts(folder: Path, parts: list[File]) -> Iterator[RawBSONDocument]:
    """Every document of these parts, in their order, one in memory at a time."""
    for part in parts:
        with (
            (folder / part.path).open("rb") as file,
            zstandard.ZstdDecompressor().stream_reader(file) as unpacked,
            io.BufferedReader(unpacked) as stream,
        ):
            yield from bson.decode_file_iter(stream, RAW)
