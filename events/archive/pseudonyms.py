"""What stands for a person's value once it is erased: always the same, and not to be turned back.

A pseudonym is made of a keyed digest; the key is in DATA_DIR and nowhere else. One of an integer is
negative and of 62 bits, so it is none of a door's ids that begin at 0; one of a text begins with
`erased-`. A value that came again after its erasure is another person to every window, so the
pseudonym is of the erasure's position too.
"""

import secrets
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from events.archive.erased_texts import has_digest
from tillstream.runtime import data_folder
from tillstream.runtime.files import write_durably
from tillstream.streams import columns
from tillstream.streams.changes import ROW_VERSION
from tillstream.streams.events_manifest import ErasedValue

KEY_FILE = data_folder.ERASURE_KEY
KEY_BYTES = 32
_PREFIX = "erased-"
#: The column of a refused row that says what it was sent to (tillstream/streams/builtin.py).
_SENT_TO = "stream"

Value = int | str


class Pseudonyms:
    """The pseudonyms of one data folder; its key is made when it is first wanted."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / KEY_FILE
        self._key: bytes | None = None

    def digest(self, field: str, value: Value) -> str:
        """What an erasure is remembered by, in hexadecimal."""
        return self._digest(field, value).hex()

    def of(self, field: str, value: Value, before_offset: int) -> Value:
        """What stands for a value of a field in events before a position."""
        digest = self._digest(field, f"{value}\n{before_offset}")
        if isinstance(value, int):
            return -1 - (int.from_bytes(digest[:8], "big") >> 2)
        return _PREFIX + digest.hex()

    def applied(
        self, erased: Sequence[ErasedValue], parts: Iterable[pa.RecordBatch]
    ) -> Iterator[pa.RecordBatch]:
        """Rows of a file with the values of erasures replaced."""
        for part in parts:
            yield self._replaced(erased, part, part[columns.LOG_OFFSET]) if len(part) else part

    def in_message(
        self, erased: Sequence[ErasedValue], offset: int, events: pa.RecordBatch
    ) -> pa.RecordBatch:
        """The same for the events of one message, as they are counted."""
        if not len(events) or all(
            offset >= each.before_offset and not _has_versions(each, events) for each in erased
        ):
            return events
        return self._replaced(erased, events, pa.repeat(pa.scalar(offset), len(events)))

    def _replaced(
        self, erased: Sequence[ErasedValue], part: pa.RecordBatch, offsets: pa.Array
    ) -> pa.RecordBatch:
        first = pc.min(offsets).as_py()
        # The earlier first: what it has replaced is no more the value.
        ours = sorted(
            (each for each in erased if first < each.before_offset or _has_versions(each, part)),
            key=lambda each: each.before_offset,
        )
        for each in (each for each in ours if each.characters):
            # Of a message only the columns may be read that windows ask for.
            if each.field in part.schema.names:
                part = self._without_texts(each, part, offsets)
        for name in {each.field for each in ours if not each.characters}:
            if part.schema.get_field_index(name) < 0:
                continue
            known = [each for each in ours if each.field == name and not each.characters]
            digests = {each.digest for each in known}
            for value in pc.unique(part[name]).to_pylist():
                if value is None or (digest := self.digest(name, value)) not in digests:
                    continue
                for each in (each for each in known if each.digest == digest):
                    stands = self.of(name, value, each.before_offset)
                    part = replaced(part, name, value, stands, _is_before(each, part, offsets))
        return part

    def _without_texts(
        self, each: ErasedValue, part: pa.RecordBatch, offsets: pa.Array
    ) -> pa.RecordBatch:
        def is_known(text: str) -> bool:
            return self.digest(each.field, text) == each.digest

        ours = pc.less(offsets, each.before_offset)
        if _SENT_TO in part.schema.names:
            ours = pc.and_(ours, pc.equal(part[_SENT_TO], each.of_stream))
        texts = pc.unique(part[each.field].filter(pc.fill_null(ours, False))).to_pylist()
        for text in texts:
            if text is not None and has_digest(text, each.characters, is_known):
                stands = self.of(each.field, text, each.before_offset)
                part = replaced(part, each.field, text, stands, ours)
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


def _has_versions(each: ErasedValue, part: pa.RecordBatch) -> bool:
    """Whether it has rows of an attribution that were made before the erasure."""
    if each.to_version is None or ROW_VERSION not in part.schema.names:
        return False
    return bool(pc.min(part[ROW_VERSION]).as_py() <= each.to_version)


def _is_before(each: ErasedValue, part: pa.RecordBatch, offsets: pa.Array) -> pa.Array:
    if each.to_version is None or ROW_VERSION not in part.schema.names:
        return pc.less(offsets, each.before_offset)
    return pc.less_equal(part[ROW_VERSION], each.to_version)


def replaced(
    part: pa.RecordBatch, name: str, value: Value, pseudonym: Value, among: pa.Array
) -> pa.RecordBatch:
    """Rows with the pseudonym in the place of a value, where `among` is true."""
    column = part[name]
    ours = pc.and_(pc.equal(column, pa.scalar(value, column.type)), among)
    changed = pc.if_else(pc.fill_null(ours, False), pa.scalar(pseudonym, column.type), column)
    return part.set_column(part.schema.get_field_index(name), part.schema.field(name), changed)
