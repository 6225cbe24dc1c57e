"""The archive in MongoDB, as every room sees it: collections, documents, how to connect.

The persistence worker writes `receipts` and `conflicts`, and keeps the `dead_letters`;
`python -m analytics verify` leaves its report in `proofs`, and which days it need not compare again
in `proved_days`; the last run of `python -m persistence tiers` is in `tiers`. Whoever else reads
them does so by this module. Why the documents are so: docs/decisions/0005-archive-documents.md.
"""

from datetime import datetime, timedelta
from typing import Any, TypedDict

from pymongo import AsyncMongoClient, MongoClient
from pymongo.database import Database
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from tillstream.currencies import CURRENCY

#: Collections of the database MONGO_DATABASE (`runtime.settings.MongoSettings`).
RECEIPTS = "receipts"
CONFLICTS = "conflicts"
DEAD_LETTERS = "dead_letters"
PROOFS = "proofs"
PROVED_DAYS = "proved_days"
TIERS = "tiers"

#: Longest wait for a server, of a program that nobody waits for, milliseconds.
SERVER_SELECTION_MS = 10_000
#: Longest wait for a majority to have a write in its journal, milliseconds.
WTIMEOUT_MS = 30_000

#: A document as pymongo reads it.
Document = dict[str, Any]

#: The filter that finds the receipts whose documents name a currency.
NAMES_CURRENCY: Document = {"currency": {"$gt": ""}}

#: What `utc_offset` reads of a document.
OFFSET_FIELDS = ("utcOffsetSeconds", "utcOffsetMinutes")


class LineDocument(TypedDict):
    """A line of a receipt; amounts in minor units of its currency, negative in a return."""

    number: int
    product: str
    categoryCode: str
    category: str
    #: Thousandths of a unit.
    unitsMilli: int
    netMinor: int
    grossMinor: int
    #: Hundredths of a percent: 5.5% is 550.
    taxBasisPoints: int


class PaymentDocument(TypedDict):
    """A settlement of a receipt; the amount in minor units of its currency."""

    mechanism: str
    amountMinor: int


class _Receipt(TypedDict):
    _id: str
    store: str
    till: str
    number: str
    agent: str | None
    customer: str | None
    date: datetime
    utcOffsetSeconds: int
    businessDay: str
    receivedAt: datetime
    storedAt: datetime
    grossMinor: int
    netMinor: int
    taxMinor: int
    lines: list[LineDocument]
    payments: list[PaymentDocument]
    raw: str | bytes


class ReceiptDocument(_Receipt, total=False):
    """A receipt in `receipts`, once by its identity; integers are int32 or int64 in MongoDB.

    `_id` is the receipt's key, `date` the moment of sale, `utcOffsetSeconds` how far the till's
    clock was ahead of UTC then, `businessDay` the day YYYY-MM-DD on which it counts by its store's
    zone and cutoff, `receivedAt` the door's stamp, `storedAt` when the write that stored it was
    sent; amounts are in minor units of its currency. `raw` is the receipt as it was published: see
    `raw_bytes`.
    """

    #: A code of ISO 4217; `currencies.CURRENCY` is not written: see `currency_of`.
    currency: str
    #: When its customer was erased; else there is none.
    erasedAt: datetime


class ConflictDocument(TypedDict):
    """What came later under the key of a receipt, with another content, in `conflicts`."""

    #: `conflict_id` of the key and the content, so that a redelivery is kept once.
    _id: str
    key: str
    receivedAt: datetime
    raw: str | bytes


class HeaderDocument(TypedDict):
    """A header of a message, as text."""

    name: str
    value: str


class _DeadLetter(TypedDict):
    _id: str
    firstAt: datetime
    lastAt: datetime
    reason: str
    contentType: str | None
    contentEncoding: str | None
    headers: list[HeaderDocument]
    body: bytes | None
    packed: bool
    bytes: int


class DeadLetterDocument(_DeadLetter, total=False):
    """Bytes that could not be archived, in `dead_letters`, once however often they come.

    `_id` is a digest of bytes and reason, `firstAt` and `lastAt` say when they came, `bytes` is the
    size of what came. `body` is compressed with zstd where `packed`; None where GridFS has it
    (bucket `dead_letters`, file name `_id`).
    """

    #: When it was last sent to the system again.
    replayedAt: datetime


class DisagreementDocument(TypedDict):
    """A figure that two of the books do not agree on."""

    what: str
    day: str
    store: str
    expected: str
    found: str


class ProofDocument(TypedDict):
    """The last report of `verify`, the only document of `proofs` (`verify_report.Proof`)."""

    _id: str
    startedAt: float
    endedAt: float
    exitStatus: int
    verdict: str
    differences: int
    named: list[DisagreementDocument]


def as_text(raw: bytes) -> str | bytes:
    """A receipt's bytes as a document keeps them: text, or bytes where they are no UTF-8."""
    # The decoder skips unknown fields without reading them, so their bytes may be no UTF-8.
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw


def raw_bytes(stored: Document) -> bytes:
    """The receipt of a document of `receipts` or `conflicts`, byte for byte as it was published."""
    raw = stored["raw"]
    return raw.encode() if isinstance(raw, str) else bytes(raw)


def currency_of(stored: Document) -> str:
    """The currency of a document of `receipts`; where it says none, the one of before others."""
    found: str = stored.get("currency", CURRENCY)
    return found


def in_currency(currency: str) -> Document:
    """The filter that finds the receipts in a currency."""
    return {"currency": None if currency == CURRENCY else currency}


def utc_offset(stored: Document) -> timedelta:
    """How far the till's clock was from UTC when the receipt was sold, exact to the second.

    A document that no migration has reached yet has whole minutes. Raises KeyError.
    """
    if "utcOffsetSeconds" in stored:
        return timedelta(seconds=stored["utcOffsetSeconds"])
    return timedelta(minutes=stored["utcOffsetMinutes"])


def conflict_id(key: str, content: bytes) -> str:
    """The `_id` of a conflict of a receipt; `content`: its digest (`identity.content_digest`)."""
    return f"{key}#{content.hex()}"


def conflicts_of(key: str) -> Document:
    """The filter that finds a receipt's conflicts, by a range of `_id`: `key` has no index."""
    return {"_id": {"$gte": f"{key}#", "$lt": f"{key}$"}}


def connect(
    url: str,
    appname: str,
    *,
    server_ms: int = SERVER_SELECTION_MS,
    socket_ms: int | None = None,
    connections: int = 100,
    retry_writes: bool = True,
) -> MongoClient[Document]:
    """A client that connects when it is first used; times that it reads are aware.

    Longest waits in milliseconds: `server_ms` for a server to be there, `socket_ms` for an answer.
    """
    options = _options(appname, server_ms, socket_ms, connections)
    return MongoClient[Document](url, retryWrites=retry_writes, **options)


def connect_async(
    url: str, appname: str, *, server_ms: int, socket_ms: int, connections: int
) -> AsyncMongoClient[Document]:
    """As `connect`, for asyncio; a free connection is waited for no longer than a server."""
    options = _options(appname, server_ms, socket_ms, connections)
    return AsyncMongoClient[Document](url, waitQueueTimeoutMS=server_ms, **options)


def majority(
    client: MongoClient[Document], name: str, *, wtimeout_ms: int = WTIMEOUT_MS
) -> Database[Document]:
    """The database as a majority of its members has it; a write returns once they all journal it.

    A write that no majority has after `wtimeout_ms` raises WTimeoutError.
    """
    return client.get_database(
        name,
        read_concern=ReadConcern("majority"),
        write_concern=WriteConcern("majority", wtimeout=wtimeout_ms, j=True),
    )


def _options(appname: str, server_ms: int, socket_ms: int | None, connections: int) -> Document:
    return {
        "appname": appname,
        "serverSelectionTimeoutMS": server_ms,
        "connectTimeoutMS": server_ms,
        "socketTimeoutMS": socket_ms,
        "maxPoolSize": connections,
        "tz_aware": True,
        "connect": False,
    }
