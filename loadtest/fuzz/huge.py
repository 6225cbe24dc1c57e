"""Requests that would take much memory or time: unpacked they are large, or wrong all over."""

import gzip
from collections.abc import Callable
from functools import cache

import zstandard

from loadtest.fuzz.formats import BATCH, ONE, Request

#: Of each kind the size that the door reads whole, and more than it may unpack.
_READ = 15 << 20
_TOO_MUCH = 256 << 20


@cache
def huge(number: int) -> Request:
    """One of the kinds, in turn; made once."""
    return _KINDS[number % len(_KINDS)]()


def _zeros() -> Request:
    return _packed("application/json", "gzip", b"0" * _TOO_MUCH)


def _objects() -> Request:
    return _packed("application/json", "zstd", b"[" + b"{}," * (5 << 20) + b"{}]")


def _rows() -> Request:
    return _packed("text/csv", "gzip", b"a,b\n" + b"1,2\n" * 2_000_000)


def _wrong_rows() -> Request:
    return _packed("text/csv", "gzip", b"storeID,quantity\n" + b"1,x\n" * 100_000)


def _numbers() -> Request:
    return _plain("application/json", b"[" + b",".join([b"0"] * 100_000) + b"]")


def _wrong_lines() -> Request:
    return _plain("application/x-ndjson", b"{}\n" * 100_000)


def _brackets() -> Request:
    return _packed("application/json", "gzip", b"[" * _READ)


def _elements() -> Request:
    return _packed("application/xml", "gzip", b"<a>" * (_READ // 3))


def _receipts() -> Request:
    inner = b"<receipt><storeID>1</storeID></receipt>"
    many = inner * (_READ // len(inner))
    return _packed("application/xml", "gzip", b"<receipts>" + many + b"</receipts>")


def _text() -> Request:
    return _plain("application/json", b'{"storeID":"' + b"x" * _READ + b'"}', ONE)


def _fields() -> Request:
    body = b"&".join(b"a%d=1" % number for number in range(100_000))
    return _plain("application/x-www-form-urlencoded", body, ONE)


_KINDS: tuple[Callable[[], Request], ...] = (
    _zeros,
    _wrong_rows,
    _brackets,
    _objects,
    _numbers,
    _elements,
    _rows,
    _wrong_lines,
    _receipts,
    _text,
    _fields,
)


def _packed(kind: str, packing: str, body: bytes) -> Request:
    packed = gzip.compress(body, 1) if packing == "gzip" else zstandard.compress(body)
    return Request(BATCH, (("Content-Type", kind), ("Content-Encoding", packing)), packed)


def _plain(kind: str, body: bytes, path: str = BATCH) -> Request:
    return Request(path, (("Content-Type", kind),), body)
