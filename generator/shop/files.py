"""Files of events as CSV: plain, or packed as their names say; in constant memory."""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import pyarrow as pa
import pyarrow.csv
import zstandard

from generator.shop import events

#: Light packing: the files are large, and repeat themselves.
_GZIP_LEVEL, _ZSTD_LEVEL = 1, 3
_BUFFER_BYTES = 1 << 20
_PLAIN = pa.csv.WriteOptions(include_header=False, quoting_style="none")


class Writable(Protocol):
    """A file to write, packed or not."""

    def write(self, content: bytes, /) -> object:
        """Raises OSError."""


class Readable(Protocol):
    """A file to read, unpacked on the way or not."""

    def read(self, size: int, /) -> bytes:
        """At most so many bytes, none at its end; raises OSError and EOFError."""


@contextmanager
def create(path: Path) -> Iterator[Writable]:
    """The file to write; `.gz` and `.zst` are packed. Raises OSError."""
    with path.open("wb", buffering=_BUFFER_BYTES) as file:
        if path.suffix == ".gz":
            # Without a time or a name: the same seed, the same bytes.
            with gzip.GzipFile("", "wb", _GZIP_LEVEL, file, mtime=0) as packed:
                yield packed
        elif path.suffix == ".zst":
            packer = zstandard.ZstdCompressor(level=_ZSTD_LEVEL)
            with packer.stream_writer(file, closefd=False) as stream:
                yield stream
        else:
            yield file


@contextmanager
def open_unpacked(path: Path) -> Iterator[Readable]:
    """The file to read, unpacked where its name ends in `.gz` or `.zst`; raises OSError."""
    with path.open("rb", buffering=0 if path.suffix not in (".gz", ".zst") else -1) as file:
        if path.suffix == ".gz":
            with gzip.GzipFile(fileobj=file) as unpacked:
                yield unpacked
        elif path.suffix == ".zst":
            unpacker = zstandard.ZstdDecompressor()
            with unpacker.stream_reader(file, read_across_frames=True, closefd=False) as stream:
                yield stream
        else:
            yield file


def write_shop(out: Writable, rows: int, seed: int) -> None:
    """A header and `rows` seeded events of the shop, no more than events.CHUNK of them in memory.

    Raises OSError.
    """
    out.write(",".join(events.NAMES).encode() + b"\n")
    for batch in events.batches(rows, seed):
        out.write(csv_lines(batch))


def csv_lines(some: pa.RecordBatch | pa.Table) -> bytes:
    """Events as lines of the file, without the header."""
    text = pa.BufferOutputStream()
    pa.csv.write_csv(some, text, _PLAIN)
    return bytes(text.getvalue())
