"""What stands for a person's value once it is erased: always the same, and not to be turned back.

A pseudonym is made of a keyed digest; the key is in DATA_DIR and nowhere else. One of an integer is
negative and of 62 bits, so it is none of a door's ids that begin at 0; one of a text begins with
`erased-`.
"""

import secrets
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from tillstream.runtime.files import write_durably
from tillstream.streams import columns
from tillstream.streams.definition import Field, Stream
from tillstream.streams.events_manifest import ErasedValue

KEY_FILE = Path("events") / "erasure.key"
KEY_BYTES = 32
_PREFIX = "erased-"

Value = int | str


class Pseudonyms:
    """The pseudonyms of one data folder; its key is made when it is first wanted."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / KEY_FILE
        self._key: bytes | None = None

    def digest(self, field: str, value: Value) -> str:
        """What an erasure is remembered by, in hexadecimal."""
        return self._digest(field, value).hex()

    def of(self, field: Field, value: Value) -> Value:
        """What stands for a value of a field from its erasure on."""
        digest = self._digest(field.name, value)
        if isinstance(value, int):
            return -1 - (int.from_bytes(digest[:8], "big") >> 2)
        return (_PREFIX + digest.hex())[: field.max_length]

    def applied(
        self, stream: Stream, erased: Sequence[ErasedValue], parts: Iterable[pa.RecordBatch]
    ) -> Iterator[pa.RecordBatch]:
        """Rows of a file with the values of earlier erasures replaced."""
        for part in parts:
            first = pc.min(part[columns.LOG_OFFSET]).as_py()
            if part.num_rows and any(first < each.before_offset for each in erased):
                yield self._replaced(stream, erased, part)
            else:
                yield part

    def _replaced(
        self, stream: Stream, erased: Sequence[ErasedValue], part: pa.RecordBatch
    ) -> pa.RecordBatch:
        for name in {each.field for each in erased}:
            digests = {each.digest: each.before_offset for each in erased if each.field == name}
            column = part[name]
            values = [value for value in pc.unique(column).to_pylist() if value is not None]
            for value in values:
                before = digests.get(self.digest(name, value))
                if before is not None:
                    stands = self.of(stream.field(name), value)
                    part = replaced(part, name, value, stands, before)
        return part

    def _digest(self, field: str, value: Value) -> bytes:
        if self._key is None:
            self._key = self._load_key()
        text = f"{field}\n{value}"
        return blake2b(text.encode(), key=self._key, digest_size=16).digest()

    def _load_key(self) -> bytes:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        if not self._path.exists():
            write_durably(self._path, secrets.token_bytes(KEY_BYTES), 0o600)
        return self._path.read_bytes()


def replaced(
    part: pa.RecordBatch, name: str, value: Value, pseudonym: Value, before_offset: int
) -> pa.RecordBatch:
    """Rows of a file, the pseudonym in the place of a value that stood before a position."""
    column = part[name]
    ours = pc.and_(
        pc.equal(column, pa.scalar(value, column.type)),
        pc.less(part[columns.LOG_OFFSET], before_offset),
    )
    changed = pc.if_else(pc.fill_null(ours, False), pa.scalar(pseudonym, column.type), column)
    return part.set_column(part.schema.get_field_index(name), part.schema.field(name), changed)
