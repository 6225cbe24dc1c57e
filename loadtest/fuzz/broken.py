"""Requests that are no receipts, or hardly: what comes over a line that is cut, and from attackers.

Some of them are receipts all the same; then they are answered 202 and count as any.
"""

import random
from collections.abc import Callable
from typing import Any

import msgspec

from loadtest.fuzz import contract, formats
from loadtest.fuzz.allowed import Allowed, Receipt
from loadtest.fuzz.formats import BATCH, ONE, Request
from tillstream.bounds import THOUSANDTHS_LIMIT

TYPES = (
    "application/json",
    "application/x-ndjson",
    "application/xml",
    "text/csv",
    "application/x-www-form-urlencoded",
    "text/plain",
    "application/json; charset=latin-1",
    "",
    "/",
    "é",
)
ENCODINGS = ("gzip", "zstd", "br", "identity", "x-gzip", "gzip, gzip", "", "GZIP")
ODD_HEADERS = (
    ("Idempotency-Key", ""),
    ("Idempotency-Key", "x" * 300),
    ("Authorization", "Bearer é"),
    ("Authorization", "Basic"),
    ("Content-Encoding", ""),
    ("Accept", "text/html"),
    ("X-Odd", "\u00e9\u00ff"),
    ("Accept-Encoding", "gzip;q=x"),
)
#: Deepest nesting of a broken body.
DEEP = 20_000


class Broken:
    """Makes broken requests by a source of randomness."""

    def __init__(self, luck: random.Random, allowed: Allowed) -> None:
        self._luck = luck
        self._allowed = allowed
        self._fields = [(each.path, each.outside()) for each in contract.fields()]
        self._ways: tuple[Callable[[], Request], ...] = (
            *(self._out_of_bounds,) * 4,
            *(self._altered_bytes,) * 4,
            *(self._altered_packing,) * 2,
            self._any_bytes,
            self._no_currency,
            self._missing,
            self._twice,
            self._wrong_headers,
            self._wrong_text,
            self._deep,
            self._mixed_batch,
            self._odd_numbers,
        )

    def request(self) -> Request:
        """One more."""
        return self._luck.choice(self._ways)()

    def _out_of_bounds(self) -> Request:
        receipt = self._whole()
        path, values = self._luck.choice(self._fields)
        if path[1:] and not receipt[str(path[0])]:
            return _json_bytes(b"[]")  # no first line, or no first tender
        broken = contract.changed(receipt, path, self._luck.choice(values))
        return _json(broken)

    def _no_currency(self) -> Request:
        """In a currency that there is not, or with more of one of thousandths than there may be."""
        if self._luck.random() < 0.7:
            found = self._luck.choice(contract.NO_CURRENCIES)
            return _json(self._whole() | {"currency": found})
        total = {"netTotal": 0, "taxPayable": 0, "grossTotal": THOUSANDTHS_LIMIT + 0.001}
        return _json(self._whole() | {"currency": "KWD", "documentTotal": total})

    def _altered_bytes(self) -> Request:
        whole = formats.request([self._whole()], self._luck)
        return whole._replace(body=self._altered(whole.body))

    def _altered_packing(self) -> Request:
        body = msgspec.json.encode(self._whole())
        packing = self._luck.choice(("gzip", "zstd"))
        headers = (_type("application/json"), ("Content-Encoding", packing))
        return Request(ONE, headers, self._altered(formats.packed(packing, body, self._luck)))

    def _any_bytes(self) -> Request:
        luck = self._luck
        headers = [_type(luck.choice(TYPES))]
        if luck.random() < 0.3:
            headers.append(("Content-Encoding", luck.choice(ENCODINGS)))
        size = luck.choice((0, 1, 2, 10, 400))
        return Request(luck.choice((ONE, BATCH)), tuple(headers), luck.randbytes(size))

    def _missing(self) -> Request:
        receipt = self._whole()
        part: Any = receipt
        if self._luck.random() < 0.5:
            part = self._luck.choice([receipt["documentTotal"], *receipt["lines"]])
        del part[self._luck.choice(list(part))]
        return _json(receipt)

    def _twice(self) -> Request:
        receipt = self._whole()
        again = self._luck.choice(list(receipt))
        doubled = msgspec.json.encode({again: self._luck.choice((receipt[again], None, 1, "x"))})
        return _json_bytes(b"%b,%b" % (doubled[:-1], msgspec.json.encode(receipt)[1:]))

    def _wrong_headers(self) -> Request:
        luck, receipt = self._luck, self._whole()
        headers = [_type(luck.choice(TYPES)), luck.choice(ODD_HEADERS)]
        if luck.random() < 0.3:
            headers.append(("Content-Encoding", luck.choice(ENCODINGS)))
        return Request(luck.choice((ONE, BATCH)), tuple(headers), msgspec.json.encode(receipt))

    def _wrong_text(self) -> Request:
        """No UTF-8, half surrogates, UTF-16, a byte order mark."""
        body = msgspec.json.encode(self._whole() | {"note": "MARK"})
        way = self._luck.randrange(5)
        if way == 0:
            return _json_bytes(body.decode(errors="replace").encode("utf-16"))
        if way == 1:
            return _json_bytes(b"\xef\xbb\xbf" + body)
        odd = (b"\\ud83e", b"\xe2\xe9", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\xaf")
        return _json_bytes(body.replace(b"MARK", self._luck.choice(odd)))

    def _deep(self) -> Request:
        depth = self._luck.choice((63, 64, 65, 66, 500, 980, 981, 982, 983, 1_000, DEEP))
        left, right = self._luck.choice(((b"[", b"]"), (b'{"a":', b"}")))
        body = msgspec.json.encode(self._whole())
        inner = left * depth + b"0" + right * depth
        return _json_bytes(b'%b,"deep":%b}' % (body[:-1], inner))

    def _mixed_batch(self) -> Request:
        """Some receipts that are fine beside others that are not."""
        lines = [msgspec.json.encode(self._whole()) for _ in range(self._luck.randrange(1, 6))]
        lines[self._luck.randrange(len(lines))] = self._altered(lines[0])
        return Request(BATCH, (_type("application/x-ndjson"),), b"\n".join(lines))

    def _odd_numbers(self) -> Request:
        body = msgspec.json.encode(self._whole() | {"odd": "MARK"})
        odd = ("1e400", "-1e400", "NaN", "1_0", "0x10", "01", "+1", "1.", ".5", "9" * 5_000)
        text = self._luck.choice(odd).encode()
        if self._luck.random() < 0.5:
            return _json_bytes(body.replace(b'"MARK"', text))
        head, found, rest = body.partition(b'"grossTotal":')
        return _json_bytes(head + found + text + rest.lstrip(b"-+.eE0123456789"))

    def _whole(self) -> Receipt:
        return self._allowed.receipt()

    def _altered(self, body: bytes) -> bytes:
        luck, found = self._luck, bytearray(body)
        for _ in range(luck.choice((1, 1, 1, 2, 8))):
            at = luck.randrange(len(found) + 1)
            way = luck.randrange(6)
            if way == 0:
                found[at : at + 1] = luck.randbytes(1)
            elif way == 1:
                del found[at:]
            elif way == 2:
                del found[at : at + luck.randrange(1, 20)]
            elif way == 3:
                found[at:at] = luck.choice((b"\x00", b"\n", b"\r\n", b'"', b",", b"<", b"\xff"))
            elif way == 4:
                found[at:at] = found[: luck.randrange(len(found) + 1)][:200]
            else:
                found[at : at + 1] = bytes(
                    [found[at] ^ 1 << luck.randrange(8)] if found[at:] else []
                )
        return bytes(found)


def _json(receipt: Receipt) -> Request:
    return _json_bytes(msgspec.json.encode(receipt))


def _json_bytes(body: bytes) -> Request:
    return Request(ONE, (_type("application/json"),), body)


def _type(kind: str) -> tuple[str, str]:
    return "Content-Type", kind
