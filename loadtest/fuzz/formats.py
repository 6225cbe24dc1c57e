"""Receipts in every format and packing that the door takes."""

import csv
import gzip
import io
import random
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NamedTuple
from urllib.parse import urlencode
from xml.sax.saxutils import escape

import msgspec
import zstandard

from loadtest.fuzz.allowed import Receipt

ONE, BATCH = "/receipt", "/receipts"


class Request(NamedTuple):
    """What is posted; `headers` are lines of the head."""

    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


def request(receipts: Sequence[Receipt], luck: random.Random) -> Request:
    """All receipts in one request, in a format that can carry them."""
    flat = all(is_flat(each) for each in receipts)
    if len(receipts) == 1:
        kinds = ["json"] if not flat else ["json", "json", "xml", "csv", "form"]
        path = luck.choice((ONE, ONE, BATCH))
    else:
        kinds = ["array", "ndjson"] if not flat else ["array", "ndjson", "ndjson", "xmls", "csv"]
        path = BATCH
    kind = luck.choice(kinds)
    if kind == "csv" and not _stand_apart(receipts):
        kind = "json" if len(receipts) == 1 else "ndjson"
    if kind == "form":
        path = ONE
    media_type, body = encoded(kind, receipts)
    headers = [("Content-Type", media_type)]
    packing = luck.choice((None, None, None, "gzip", "zstd"))
    if packing is not None:
        headers.append(("Content-Encoding", packing))
        body = packed(packing, body, luck)
    return Request(path, tuple(headers), body)


def packed(packing: str, body: bytes, luck: random.Random) -> bytes:
    """A body in one or two members, or frames, of a packing."""
    cut = luck.randrange(len(body) + 1) if luck.random() < 0.2 else 0
    pieces = [body[:cut], body[cut:]] if cut else [body]
    if packing == "gzip":
        return b"".join(gzip.compress(piece, 1) for piece in pieces)
    return zstandard.compress(body, 1)


def encoded(kind: str, receipts: Sequence[Receipt]) -> tuple[str, bytes]:
    """Media type and body of receipts in a format."""
    match kind:
        case "json":
            return "application/json", msgspec.json.encode(receipts[0])
        case "array":
            return "application/json", msgspec.json.encode(receipts)
        case "ndjson":
            return "application/x-ndjson", b"\n".join(map(msgspec.json.encode, receipts)) + b"\n"
        case "xml":
            return "application/xml", _xml(receipts[0]).encode()
        case "xmls":
            inner = "".join(map(_xml, receipts))
            return "text/xml", f"<receipts>{inner}</receipts>".encode()
        case "csv":
            return "text/csv", _csv(receipts)
        case "form":
            return "application/x-www-form-urlencoded", _form(receipts[0]).encode()
    raise ValueError(kind)


def is_flat(receipt: Receipt) -> bool:
    """Whether a format without types carries it: no extras, no white space around, some lines."""
    known = {
        *("cashReceiptID", "storeID", "terminalID", "agentID", "customerID", "date", "lines"),
        *("documentTotal", "settlements", "transactionType", "receiptUUID", "currency"),
    }
    texts = [
        value
        for part in (receipt, *receipt["lines"], *receipt["settlements"])
        for value in part.values()
        if isinstance(value, str)
    ]
    return (
        receipt.keys() <= known
        and 0 < len(receipt["lines"]) <= 20
        and 0 < len(receipt["settlements"]) <= 20
        and all(each and each == each.strip() and _is_plain(each) for each in texts)
        and None not in (receipt.get("transactionType", ""), receipt.get("currency", ""))
    )


def _is_plain(text: str) -> bool:
    # What XML cannot say, or says otherwise.
    return text.isprintable() and not {"\ufeff", "\uffff", "\u2028"} & set(text)


def _stand_apart(receipts: Sequence[Receipt]) -> bool:
    """Rows of one receipt are told by its identity: neighbours must not share it."""
    names = [
        tuple(str(each[name]) for name in ("storeID", "terminalID", "cashReceiptID", "date"))
        for each in receipts
    ]
    return len(set(names)) == len(names)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{Decimal(repr(value)):f}"
    return str(value)


def _leaves(part: Receipt, prefix: str = "") -> dict[str, str]:
    """The fields of a part that hold no other parts, as texts."""
    return {
        prefix + name: _text(value)
        for name, value in part.items()
        if not isinstance(value, list | dict)
    }


def _xml(receipt: Receipt) -> str:
    def element(name: str, inner: str) -> str:
        return f"<{name}>{inner}</{name}>"

    def elements(part: Receipt) -> str:
        return "".join(element(name, escape(text)) for name, text in _leaves(part).items())

    lines = "".join(element("line", elements(each)) for each in receipt["lines"])
    tenders = "".join(element("settlement", elements(each)) for each in receipt["settlements"])
    total = elements(receipt["documentTotal"])
    parts = (("lines", lines), ("documentTotal", total), ("settlements", tenders))
    whole = elements(receipt) + "".join(element(name, inner) for name, inner in parts)
    return element("receipt", whole)


def _csv(receipts: Sequence[Receipt]) -> bytes:
    rows: list[dict[str, str]] = []
    for receipt in receipts:
        around = _leaves(receipt["documentTotal"], "documentTotal.")
        for number, tender in enumerate(receipt["settlements"], 1):
            around |= _leaves(tender, f"settlement{number}.")
        rows += [_leaves(receipt) | _leaves(line) | around for line in receipt["lines"]]
    columns = list(dict.fromkeys(name for row in rows for name in row))
    file = io.StringIO()
    writer = csv.DictWriter(file, columns, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue().encode()


def _form(receipt: Receipt) -> str:
    fields = _leaves(receipt) | _leaves(receipt["documentTotal"], "documentTotal.")
    for name in ("lines", "settlements"):
        for index, part in enumerate(receipt[name]):
            fields |= _leaves(part, f"{name}.{index}.")
    return urlencode(fields)
