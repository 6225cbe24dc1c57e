"""Documents of the archive as columns, and what they say beside their receipts: no I/O.

Documents as the writer lays them out are read from BSON without decoding it: a fifth of the time.
"""

import struct
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import compress
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from persistence.parquet.columns import INSTANT
from tillstream.archive import OFFSET_FIELDS, Document, currency_of, raw_bytes, utc_offset
from tillstream.clock import milliseconds
from tillstream.currencies import CURRENCY, EXPONENTS
from tillstream.errors import TillstreamError

#: What is read of a document.
FIELDS = (
    "currency",
    "businessDay",
    "date",
    *OFFSET_FIELDS,
    "receivedAt",
    "storedAt",
    "netMinor",
    "taxMinor",
    "grossMinor",
    "raw",
)

_SECOND = timedelta(seconds=1)


class UnreadableReceiptError(TillstreamError):
    """A stored receipt that the contract of today does not read; `key` is which."""

    def __init__(self, key: str, reason: str) -> None:
        self.key = key
        super().__init__(f"receipt {key} of MongoDB cannot be read: {reason}; it was left out")


class Sums(NamedTuple):
    """What documents of one currency add up to by their own amounts, in its minor units."""

    receipts: int
    net: int
    tax: int
    gross: int


class Stored(NamedTuple):
    """Documents, by column."""

    keys: pa.Array
    dates: pa.Array
    #: Seconds.
    utc_offsets: pa.Array
    business_days: pa.Array
    received_at: pa.Array
    stored_at: pa.Array
    #: As the documents say them.
    currencies: Sequence[str]
    #: By currency.
    sums: dict[str, Sums]
    #: The receipts, as they were published.
    raws: Sequence[bytes]


def of_documents(documents: Sequence[Document]) -> Stored:
    """Documents with `_id` and FIELDS.

    Raises UnreadableReceiptError, or what a wrong type raises.
    """
    for document in documents:
        for name in ("netMinor", "taxMinor", "grossMinor"):
            if not isinstance(document[name], int):
                raise UnreadableReceiptError(str(document["_id"]), f"{name} is no integer")
        for name in ("date", "receivedAt", "storedAt"):
            if not isinstance(document[name], datetime):
                raise UnreadableReceiptError(str(document["_id"]), f"{name} is no time")
        if (currency := currency_of(document)) not in EXPONENTS:
            raise UnreadableReceiptError(str(document["_id"]), f"no currency: {currency!r}")
    currencies = [currency_of(document) for document in documents]
    return Stored(
        pa.array([document["_id"] for document in documents], pa.string()),
        pa.array([document["date"] for document in documents], INSTANT),
        pa.array([utc_offset(each) // _SECOND for each in documents], pa.int32()),
        pa.array([_days(document["businessDay"]) for document in documents], pa.date32()),
        pa.array([document["receivedAt"] for document in documents], INSTANT),
        pa.array([document["storedAt"] for document in documents], INSTANT),
        currencies,
        _sums(
            currencies,
            *(
                [document[name] for document in documents]
                for name in ("netMinor", "taxMinor", "grossMinor")
            ),
        ),
        [raw_bytes(document) for document in documents],
    )


def _sums(
    currencies: Sequence[str], net: Sequence[int], tax: Sequence[int], gross: Sequence[int]
) -> dict[str, Sums]:
    # Python's integers do not wrap around, whatever somebody has written into a document.
    found: dict[str, Sums] = {}
    if len(distinct := set(currencies)) == 1:
        return {distinct.pop(): Sums(len(currencies), sum(net), sum(tax), sum(gross))}
    for currency in distinct:
        of = [each == currency for each in currencies]
        sums = (sum(compress(minor, of)) for minor in (net, tax, gross))
        found[currency] = Sums(sum(of), *sums)
    return found


#: Length of a document, type and name of its first element, and length of the key with its end.
_BEGIN = struct.Struct("<i5si")
_KEY = b"\x02_id\0"
#: What stands before the three letters of a currency, behind the key; of EUR there is none.
_BEFORE_CURRENCY = b"\x02currency\0\x04\0\0\0"
_CURRENCY_SIZE = len(_BEFORE_CURRENCY) + 4


class _Layout:
    """A run of elements whose values have a fixed length, between those that have not."""

    def __init__(self, *elements: tuple[bytes, str, str, bytes, bytes]) -> None:
        """Of each element its BSON type, name, the value's dtype, and what is around the value."""
        fixed, is_fixed, names, formats, places = b"", b"", [], [], []
        for kind, name, dtype, before, after in elements:
            begin = kind + name.encode() + b"\0" + before
            size = np.dtype(dtype).itemsize
            names.append(name)
            formats.append(dtype)
            places.append(len(fixed) + len(begin))
            fixed += begin + bytes(size) + after
            is_fixed += b"\1" * len(begin) + bytes(size) + b"\1" * len(after)
        self.size = len(fixed)
        self._places = np.flatnonzero(np.frombuffer(is_fixed, np.uint8))
        self._expected = np.frombuffer(fixed, np.uint8)[self._places]
        self._dtype = np.dtype(
            {"names": names, "formats": formats, "offsets": places, "itemsize": self.size}
        )

    def values(self, parts: Sequence[bytes]) -> npt.NDArray[np.void] | None:
        """The values of many runs; None where one of them is another."""
        joined = b"".join(parts)
        if len(joined) != len(parts) * self.size:
            return None
        rows = np.frombuffer(joined, np.uint8).reshape(-1, self.size)
        if not (rows[:, self._places] == self._expected).all():
            return None
        return np.frombuffer(joined, self._dtype)


#: As `persistence.writer.entries` writes them, less what is not read.
_BEFORE_RAW = _Layout(
    (b"\x09", "date", "<i8", b"", b""),
    (b"\x10", "utcOffsetSeconds", "<i4", b"", b""),
    (b"\x02", "businessDay", "S10", b"\x0b\0\0\0", b"\0"),
    (b"\x09", "receivedAt", "<i8", b"", b""),
    (b"\x12", "grossMinor", "<i8", b"", b""),
    (b"\x12", "netMinor", "<i8", b"", b""),
    (b"\x12", "taxMinor", "<i8", b"", b""),
    (b"\x02", "raw", "<i4", b"", b""),
)
_AFTER_RAW = _Layout((b"\x09", "storedAt", "<i8", b"", b"\0"))

#: Times that Python has too, in milliseconds.
_EARLIEST = milliseconds(datetime.min.replace(tzinfo=UTC))
_LATEST = milliseconds(datetime.max.replace(tzinfo=UTC))


def of_bson(batch: bytes) -> Stored | None:
    """Documents as MongoDB sends them, with `_id` and FIELDS in the order of the writer.

    None where one of them is laid out otherwise: an earlier version wrote it, or somebody altered
    it. Then they are to be decoded.
    """
    keys, currencies, before, raws, after = [], [], [], [], []
    position = 0
    while position < len(batch):
        size, key, key_size = _BEGIN.unpack_from(batch, position)
        begin = position + _BEGIN.size
        position += size
        rest = begin + key_size
        currency = CURRENCY
        if batch.startswith(_BEFORE_CURRENCY, rest):
            currency = batch[rest + len(_BEFORE_CURRENCY) : rest + _CURRENCY_SIZE - 1].decode()
            rest += _CURRENCY_SIZE
        raw_begin = rest + _BEFORE_RAW.size
        # A text ends with a zero.
        raw_end = position - _AFTER_RAW.size - 1
        if key != _KEY or not begin < rest < raw_begin <= raw_end:
            return None
        currencies.append(currency)
        keys.append(batch[begin : begin + key_size - 1])
        before.append(batch[rest:raw_begin])
        raws.append(batch[raw_begin:raw_end])
        after.append(batch[raw_end + 1 : position])
    values, ends = _BEFORE_RAW.values(before), _AFTER_RAW.values(after)
    if values is None or ends is None or values["raw"].tolist() != [len(raw) + 1 for raw in raws]:
        return None
    for times in (values["date"], values["receivedAt"], ends["storedAt"]):
        if len(times) and not _EARLIEST <= times.min() <= times.max() <= _LATEST:
            return None
    return Stored(
        pa.array(keys, pa.string()),
        _instants(values["date"]),
        pa.array(np.ascontiguousarray(values["utcOffsetSeconds"]), pa.int32()),
        pa.array([_days(day.decode()) for day in values["businessDay"].tolist()], pa.date32()),
        _instants(values["receivedAt"]),
        _instants(ends["storedAt"]),
        currencies,
        _sums(
            currencies,
            values["netMinor"].tolist(),
            values["taxMinor"].tolist(),
            values["grossMinor"].tolist(),
        ),
        raws,
    )


def _instants(milliseconds: npt.NDArray[Any]) -> pa.Array:
    return pa.array(np.ascontiguousarray(milliseconds), pa.int64()).cast(INSTANT)


@lru_cache(maxsize=4_096)
def _days(business_day: str) -> int:
    """Days since 1970, as a date32 has them."""
    return int(np.datetime64(business_day, "D").astype("int64"))
