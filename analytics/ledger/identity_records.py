"""Identities as records of 24 bytes, many of them as one array or blob. Pure.

A key begins with the day that the till wrote (`tillstream.identity`), so that records in order
have the days one after the other.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tillstream.identity import DAY_BYTES
from tillstream.ledger import BLOCK_RECORDS, KEY_BYTES, RECORD_BYTES, block_id

#: Records, a row of bytes each.
Records = npt.NDArray[np.uint8]
#: What orders the records of a day, but for ties: the eight bytes after the day.
Prefixes = npt.NDArray[np.uint64]

NO_RECORDS: Records = np.empty((0, RECORD_BYTES), np.uint8)
#: Parts of a day: keys with the same four bits after the day. No block has records of two.
PARTS = 16
_PREFIX = slice(DAY_BYTES, DAY_BYTES + 8)
#: Bits of a prefix that a block's id has not: an id is of eight bytes, the day among them.
_BEYOND_ID = np.uint64(8 * DAY_BYTES)


def records_of(keys: list[bytes], contents: list[bytes]) -> list[bytes]:
    """Identities (digests of the key and of the content) as records."""
    return [key + content for key, content in zip(keys, contents, strict=True)]


def from_blob(blob: bytes) -> Records:
    """The records of a blob that has them one after the other."""
    return np.frombuffer(blob, np.uint8).reshape(-1, RECORD_BYTES)


def in_order(records: Records) -> Records:
    """The same records, sorted."""
    whole = np.ascontiguousarray(records).view(f"S{RECORD_BYTES}").ravel()
    return np.sort(whole).view(np.uint8).reshape(-1, RECORD_BYTES)


def prefixes(records: Records) -> Prefixes:
    """Of each record the eight bytes after its day, as a number of the same order."""
    return np.ascontiguousarray(records[:, _PREFIX]).view(">u8").ravel().astype(np.uint64)


def keys_of(records: Records) -> npt.NDArray[np.bytes_]:
    """The keys of records; an array that sorts and compares as the keys do."""
    return np.ascontiguousarray(records[:, :KEY_BYTES]).view(f"S{KEY_BYTES}").ravel()


def places_of(known: npt.NDArray[np.bytes_], wanted: Sequence[bytes]) -> npt.NDArray[np.int64]:
    """Where each of the wanted keys stands among sorted ones; -1 where it does not."""
    if not len(known):
        return np.full(len(wanted), -1)
    keys = np.frombuffer(b"".join(wanted), f"S{KEY_BYTES}")
    places = np.minimum(np.searchsorted(known, keys), len(known) - 1)
    return np.where(known[places] == keys, places, -1)


def key_at(records: Records, index: int) -> bytes:
    """One key, whole: numpy drops trailing zeros."""
    return records[index, :KEY_BYTES].tobytes()


def keys_beyond(records: Records, others: Records) -> set[bytes]:
    """The keys of sorted records that others, sorted as well, do not have."""
    ours, theirs = keys_of(records), keys_of(others)
    if np.array_equal(ours, theirs):
        return set()
    beyond = np.setdiff1d(ours, theirs, assume_unique=True).tolist()
    return {key.ljust(KEY_BYTES, b"\0") for key in beyond}


def by_day(records: Records) -> Iterator[tuple[int, Records]]:
    """Sorted records, day (ordinal) by day."""
    days = records[:, :DAY_BYTES].astype(np.int64) @ np.array([65_536, 256, 1])
    begins = np.flatnonzero(np.diff(days, prepend=-1))
    for begin, end in zip(begins, [*begins[1:], len(records)], strict=True):
        yield int(days[begin]), records[begin:end]


class Block(NamedTuple):
    """Some neighbouring records, as the ledger keeps them."""

    id: int
    records: bytes


def day_bytes(day: int) -> bytes:
    """What the keys of a day (ordinal) begin with."""
    return day.to_bytes(DAY_BYTES)


def blocks(records: Records) -> Iterator[Block]:
    """Sorted records of a day, cut into blocks: at each part, and never within one id."""
    ordered = prefixes(records)
    ids = ordered >> _BEYOND_ID
    begins = np.searchsorted(ordered, np.arange(PARTS, dtype=np.uint64) << np.uint64(60))
    for begin, beyond in zip(begins, [*begins[1:], len(records)], strict=True):
        start = int(begin)
        while start < beyond:
            end = min(start + BLOCK_RECORDS, int(beyond))
            while end < beyond and ids[end] == ids[end - 1]:
                end += 1
            part = records[start:end].tobytes()
            yield Block(block_id(part), part)
            start = end
