"""Receipts on their way through every room, in one process and without a server."""

import io
import json
from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import bson
import pyarrow.parquet

from analytics.counting.decoding import read_columns
from analytics.ledger.ledger_file import Progress
from analytics.verify.recount import Recount
from analytics.workers import publishing
from dashboard.state.frames import Frame
from dashboard.state.model import Model
from entrypoint.idempotency import ContentMemory, DifferentContentError
from entrypoint.receipt_check import ReceiptCheck
from entrypoint.settings import EntrypointSettings
from loadtest.fuzz import outputs
from loadtest.fuzz.reference import Adding, Facts, Sums
from loadtest.fuzz.stores import CUTOFF_HOUR, STORES, ZONE
from persistence.api import views
from persistence.parquet import columns, rows, stored
from persistence.seal import content, offline
from persistence.writer.documents import content_digest
from persistence.writer.entries import entry
from tests.support.ledgers import recount_in_memory, totals_by_day
from tillstream.archive import Document
from tillstream.clock import BusinessDay, utc
from tillstream.codec import NDJSON
from tillstream.http.keys import ANYONE
from tillstream.log.reader import LogMessage
from tillstream.money import decimal_text
from tillstream.stores import StoreTable

#: When the door got them, Unix seconds: 2026-11-28 11:00 UTC.
NOW = 1_795_863_600.0

TABLE = StoreTable(
    BusinessDay(ZoneInfo(ZONE), CUTOFF_HOUR),
    {str(each.name): BusinessDay(each.info, each.cutoff_hour) for each in STORES if each.listed},
)


class Door:
    """The door's rules, with a memory and without a broker: everything is confirmed at once."""

    def __init__(self) -> None:
        settings = EntrypointSettings(amqp_url="amqp://unused")
        self._memory = ContentMemory(1_000)
        self._check = ReceiptCheck(settings, TABLE)
        #: What was published, a receipt each.
        self.lines: list[bytes] = []
        #: Keys in the order of arrival, and what was said of each: fresh, retry or conflict.
        self.said: list[tuple[str, str]] = []

    def post(self, body: bytes) -> str:
        """The key that the door answers with. Raises NotJsonError or InvalidReceiptError."""
        receipt = self._check.check(body, ANYONE, NOW)
        try:
            is_new = self._memory.claim(receipt.key, receipt.content)
        except DifferentContentError:
            self.said.append((receipt.key, "conflict"))
            return receipt.key
        if is_new:
            self.lines.append(receipt.line)
            self._memory.settle(receipt.key, receipt.content, accepted=True)
        self.said.append((receipt.key, "fresh" if is_new else "retry"))
        return receipt.key


class Archive(NamedTuple):
    """The archive of some lines: the first document of each key, and what came later."""

    documents: dict[str, Document]
    #: Keys whose content came again, and came otherwise.
    duplicates: list[str]
    conflicts: list[str]


def archived(lines: Iterable[bytes]) -> Archive:
    """What the persistence worker makes of the log."""
    found = Archive({}, [], [])
    for line in lines:
        document = entry(line, TABLE).document() | {"storedAt": utc(NOW)}
        key = document["_id"]
        if key not in found.documents:
            found.documents[key] = document
        elif content_digest(line) == content_digest(documents_raw(found.documents[key])):
            found.duplicates.append(key)
        else:
            found.conflicts.append(key)
    return found


def documents_raw(document: Document) -> bytes:
    """The receipt of a document, as it was published."""
    raw = document["raw"]
    return raw.encode() if isinstance(raw, str) else bytes(raw)


def counted(lines: list[bytes]) -> Recount:
    """What the totals worker makes of the log."""
    ledger = recount_in_memory()
    message = [LogMessage(0, b"\n".join(lines), NDJSON)] if lines else []
    ledger.count(message, read_columns(message, TABLE))
    ledger.write()
    return ledger


def ledger_sums(ledger: Recount) -> Sums:
    """The ledger's figures, but for what depends on the door's clock."""
    return {
        (str(day), breakdown, key): (
            each.receipts,
            each.units_milli,
            each.gross_minor,
            each.net_minor,
        )
        for day, totals in totals_by_day(ledger.ledger).items()
        for (breakdown, key), each in totals.items()
        if breakdown not in ("late", "mark")
    }


def of_parquet(documents: Iterable[Document]) -> dict[str, Facts]:
    """Receipts by key, written to a Parquet file and read again."""
    file = io.BytesIO()
    # As MongoDB sends them.
    sent = [
        bson.encode({name: document[name] for name in document if name in {"_id", *stored.FIELDS}})
        for document in documents
    ]
    with pyarrow.parquet.ParquetWriter(file, columns.SCHEMA) as writer:
        left_out: list[stored.UnreadableReceiptError] = []
        for each in rows.carried([b"".join(sent)], left_out.append):
            writer.write_batch(each.batch)
    assert [] == left_out
    file.seek(0)
    return {row["key"]: outputs.of_row(row) for row in pyarrow.parquet.read_table(file).to_pylist()}


def of_api(document: Document) -> Facts:
    """A receipt as the archive's service answers it."""
    return outputs.of_view(json.loads(views.encode(views.receipt_view(document))))


def sealed(documents: Iterable[Document]) -> tuple[dict[str, Facts], dict[str, int]]:
    """Receipts by key as a seal holds them, without the customer, and seals' gross by currency."""
    found = {
        document["_id"]: json.loads(offline.canonical(content.content(document)))
        for document in documents
    }
    contents = list(found.values())
    # Within its store's chain, a client's UUID is named without the store.
    facts = {
        key: outputs.of_document(each | {"key": key, "customer": None})
        for key, each in found.items()
    }
    by_currency: dict[str, list[dict[str, Any]]] = {}
    for each in contents:
        by_currency.setdefault(offline.currency_of(each), []).append(each)
    return facts, {name: offline.figures(of)["grossMinor"] for name, of in by_currency.items()}


def shown(ledger: Recount, day: date) -> Frame:
    """The live page's figures, as if `day` were today."""
    now = TABLE.default.starts(day).timestamp() + 3 * 3600
    calendar, totals = TABLE.default, ledger.ledger.totals
    model = Model(calendar, now)

    for snapshot in (
        publishing.count_snapshot(totals, calendar, {}, now),
        publishing.categories_snapshot(totals, calendar, now),
        publishing.breakdowns_snapshot(totals, calendar, now),
        publishing.tills_snapshot({}, Progress(), now),
    ):
        model.take(snapshot, now)
    model.tick(now)
    return model.frame(1, now, whole=True)


def page_values(sums: Sums, day: date) -> dict[str, str]:
    """What the page must say of a day."""
    figures = sums.get((day.isoformat(), "day", ""), (0, 0, 0, 0))
    return {"revenue": decimal_text(figures[2]), "receipts": str(figures[0])}


def sums_of(facts: Iterable[Facts]) -> Sums:
    """Sums of receipts as an output has them, in the breakdowns that need no clock."""
    adding = Adding()
    for each in facts:
        adding.add(each)
    return adding.sums()
