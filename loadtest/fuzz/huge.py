"""Requests that would take much memory or time: unpacked they are large, or wrong all over."""

import gzip
from collections.abc import Callable
from functools import cache

import zstandard

from loadtest.fuzz.formats import BATCH, ONE, Request

#: Of each kind the size that the door reads whole, and more than it may unpack.
_READ = 15 << 20
_TOO_MUCH = 256 << 20

JSON, NDJSON, CSV, XML = "application/json", "application/x-ndjson", "text/csv", "application/xml"
FORM = "application/x-www-form-urlencoded"
_RECEIPT = b"<receipt><storeID>1</storeID></receipt>"

#: Path, type, packing and body; the bodies are made when they are sent.
_KINDS: tuple[tuple[str, str, str, Callable[[], bytes]], ...] = (
    (BATCH, JSON, "gzip", lambda: b"0" * _TOO_MUCH),
    (BATCH, CSV, "gzip", lambda: b"storeID,quantity\n" + b"1,x\n" * 100_000),
    (BATCH, JSON, "gzip", lambda: b"[" * _READ),
    (BATCH, JSON, "zstd", lambda: b"[" + b"{}," * (5 << 20) + b"{}]"),
    (BATCH, JSON, "", lambda: b"[" + b",".join([b"0"] * 100_000) + b"]"),
    (BATCH, XML, "gzip", lambda: b"<a>" * (_READ // 3)),
    (BATCH, CSV, "gzip", lambda: b"a,b\n" + b"1,2\n" * 2_000_000),
    (BATCH, NDJSON, "", lambda: b"{}\n" * 100_000),
    (BATCH, XML, "gzip", lambda: b"<receipts>%b</receipts>" % (_RECEIPT * (_READ // 39))),
    (ONE, JSON, "", lambda: b'{"storeID":"%b"}' % (b"x" * _READ)),
    (ONE, FORM, "", lambda: b"&".join(b"a%d=1" % number for number in range(100_000))),
)


@cache
def huge(number: int) -> Request:
    """One of the kinds, in turn; made once."""
    path, kind, packing, body = _KINDS[number % len(_KINDS)]
    headers = (("Content-Type", kind),)
    match packing:
        case "gzip":
            return Request(path, (*headers, ("Content-Encoding", "gzip")), gzip.compress(body(), 1))
        case "zstd":
            packed = zstandard.compress(body())
            return Request(path, (*headers, ("Content-Encoding", "zstd")), packed)
    return Request(path, headers, body())
