"""Receipts of the analytic archive as messages: their JSON made again from the columns of a file.

What a file has not, a receipt has not: what the door marked it with, whether its customer was
erased, parts of amounts below the columns' scale, and the text of a date beside a client's UUID.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
import pyarrow as pa

from analytics.verify.parquet_days import currencies_of
from tillstream.bounds import DAY_LENGTH
from tillstream.clock import BusinessDay, event_time, of_milliseconds
from tillstream.codec import JSON, decode_outline
from tillstream.currencies import CURRENCY
from tillstream.earlier_keys import todays_key
from tillstream.identity import digest_of_key, key_digest
from tillstream.log.reader import LogMessage
from tillstream.parquet_manifest import TODAYS_KEYS
from tillstream.stores import StoreTable

_encode = msgspec.json.Encoder().encode

#: Layouts of files in which the offset was in whole minutes.
_IN_MINUTES = 1
#: A date's text has an offset of less than a day.
_MOST_MINUTES = 24 * 60 - 1
#: Of a UUID's key: its store, `uuid`, and the UUID.
_PARTS_BESIDE_DAY = 3
#: Lines and payments that are remembered: the same ones come all day.
_REMEMBERED = 16_384


class FiledReceipt(NamedTuple):
    """A receipt of a file."""

    #: The digest that the ledger has of its key.
    key: bytes
    message: LogMessage


class _Named(NamedTuple):
    """What a key says: the date's text, or a client's UUID and maybe the day."""

    written: str | None = None
    uuid: str | None = None
    #: Earlier keys of a UUID have none.
    day: str | None = None


def receipts_of(batch: pa.RecordBatch, layout: int, stores: StoreTable) -> Iterator[FiledReceipt]:
    """The receipts of a batch of a file of `layout`.

    Raises KeyError, ValueError, TypeError, OverflowError and Arrow's errors for what
    no file of ours has.
    """
    columns = [
        *(batch[name].to_pylist() for name in ("key", "store", "till", "number")),
        *(batch[name].to_pylist() for name in ("agent", "customer", "type")),
        *(_milliseconds(batch[name]) for name in ("date", "receivedAt")),
        _offsets(batch, layout),
        currencies_of(batch, layout),
        *(_texts(batch[name]) for name in ("net", "tax", "gross")),
        _parts(batch["lines"], _LINE, _line),
        _parts(batch["payments"], _PAYMENT, _payment),
    ]
    for key, *fields in zip(*columns, strict=True):
        body = _body(key if layout >= TODAYS_KEYS else todays_key(key), stores, *fields)
        digest = digest_of_key(key) if layout >= TODAYS_KEYS else key_digest(decode_outline(body))
        yield FiledReceipt(digest, LogMessage(-1, body, JSON))


def _body(
    key: str,
    stores: StoreTable,
    store: str,
    till: str,
    number: str,
    agent: str | None,
    customer: str | None,
    kind: str | None,
    sold: int,
    received: int,
    offset: timedelta,
    currency: str,
    net: str,
    tax: str,
    gross: str,
    lines: list[msgspec.Raw],
    payments: list[msgspec.Raw],
) -> bytes:
    named = _named(key)
    written = named.written or date_text(
        of_milliseconds(sold), offset, named.day, stores.calendar(store)
    )
    fields: dict[str, Any] = {
        "cashReceiptID": number,
        "storeID": store,
        "terminalID": till,
        "agentID": agent,
        "customerID": customer,
        "date": written,
        "documentTotal": msgspec.Raw(
            f'{{"netTotal":{net},"taxPayable":{tax},"grossTotal":{gross}}}'.encode()
        ),
        "lines": lines,
        "settlements": payments,
        "transactionType": kind,
        "receiptUUID": named.uuid,
        "receivedTime": received / 1000,
    }
    if currency != CURRENCY:
        fields["currency"] = currency
    return _encode(fields)


def _named(key: str) -> _Named:
    first, *others = key.split("/")
    if ":" in first:
        return _Named(written=first)
    if not others:
        raise ValueError(f"no key of a receipt: {key!r}")
    # day/store/uuid/..., before that store/uuid/..., and first of all uuid/...
    return _Named(uuid=others[-1], day=first if len(others) == _PARTS_BESIDE_DAY else None)


def date_text(instant: datetime, offset: timedelta, day: str | None, calendar: BusinessDay) -> str:
    """A date's text that means `instant` and begins with `day`, where that is given.

    As tills write it where their zone says the rest, else with an offset: that of the till's clock
    unless it had another day then, as where a zone skipped one.
    """
    wall = (instant + offset).replace(tzinfo=None)
    text = _text(wall)
    if (day in (None, text[:DAY_LENGTH])) and event_time(text, calendar.zone) == instant:
        return text
    minutes = offset // timedelta(minutes=1)
    if day is not None and day != _day(instant, minutes):
        minutes = next(
            each
            for distance in range(1, 2 * _MOST_MINUTES)
            for each in (minutes - distance, minutes + distance)
            if abs(each) <= _MOST_MINUTES and _day(instant, each) == day
        )
    wall = (instant + timedelta(minutes=minutes)).replace(tzinfo=None)
    hours, rest = divmod(abs(minutes), 60)
    return f"{_text(wall)}{'-' if minutes < 0 else '+'}{hours:02d}:{rest:02d}"


def _day(instant: datetime, minutes: int) -> str:
    return (instant + timedelta(minutes=minutes)).date().isoformat()


def _text(wall: datetime) -> str:
    return wall.isoformat(" ", "milliseconds" if wall.microsecond else "seconds")


def _offsets(batch: pa.RecordBatch, layout: int) -> list[timedelta]:
    if layout <= _IN_MINUTES:
        return [timedelta(minutes=each) for each in batch["utcOffsetMinutes"].to_pylist()]
    return [timedelta(seconds=each) for each in batch["utcOffsetSeconds"].to_pylist()]


#: Fields of a file and of the contract, in the order of the arguments below.
_LINE = {
    "number": "lineNumber",
    "product": "productCode",
    "description": "productDescription",
    "categoryCode": "productCategoryCode",
    "category": "productCategoryName",
    "quantity": "quantity",
    "unit": "unitOfMeasure",
    "unitPrice": "unitPrice",
    "net": "creditAmount",
    "taxPercentage": "taxPercentage",
    "gross": "settlementAmount",
}
_PAYMENT = {"mechanism": "paymentMechanism", "amount": "settlementAmount"}
_AMOUNTS = {"quantity", "unitPrice", "net", "taxPercentage", "gross", "amount"}


@lru_cache(_REMEMBERED)
def _line(values: tuple[Any, ...]) -> msgspec.Raw:
    return _part(_LINE, values)


@lru_cache(_REMEMBERED)
def _payment(values: tuple[Any, ...]) -> msgspec.Raw:
    return _part(_PAYMENT, values)


def _part(names: dict[str, str], values: tuple[Any, ...]) -> msgspec.Raw:
    return msgspec.Raw(
        _encode(
            {
                wire: msgspec.Raw(value.encode()) if name in _AMOUNTS else value
                for (name, wire), value in zip(names.items(), values, strict=True)
            }
        )
    )


def _parts(
    lists: pa.ListArray, names: dict[str, str], part: Callable[[tuple[Any, ...]], msgspec.Raw]
) -> Iterator[list[msgspec.Raw]]:
    """Of each receipt its lines or payments."""
    structs = lists.flatten()
    columns: Sequence[Sequence[Any]] = [
        _texts(structs.field(name)) if name in _AMOUNTS else structs.field(name).to_pylist()
        for name in names
    ]
    rows = iter(zip(*columns, strict=True))
    for length in lists.value_lengths().to_pylist():
        yield [part(next(rows)) for _ in range(length)]


def _milliseconds(times: pa.Array) -> list[int]:
    # A file has microseconds that are whole milliseconds.
    found: list[int] = times.cast(pa.timestamp("ms", tz="UTC")).cast(pa.int64()).to_pylist()
    return found


def _texts(decimals: pa.Array) -> list[str]:
    """Decimals as JSON has them, exact."""
    texts: list[str] = decimals.cast(pa.string()).to_pylist()
    return texts
