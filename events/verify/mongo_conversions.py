"""Compares the documents of conversions and of their credits in MongoDB with the published rows.

MongoDB gets rows from the outbox: what had not been stored when the state was read may still come.
A document of a newer version than the state's last commit changed since, and says nothing.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
from pymongo.collection import Collection
from pymongo.database import Database

from events.attribution.inputs import single
from events.outbox.table import Outbox
from events.verify.conversion_comparison import Compared
from events.verify.documents import difference
from events.verify.mongo import BATCH, InMongo
from events.verify.report import MAX_NAMED, Difference
from events.windows.state_file import State
from tillstream.archive import Document
from tillstream.streams import attribution_documents, credit_documents, message
from tillstream.streams.changes import ROW_VERSION, credits_collection
from tillstream.streams.definition import Attribution, Definitions
from tillstream.streams.window_rows import instant

#: Messages of the outbox that are read at a time.
_MESSAGES = 10

#: Rows of some conversions as the documents that they make.
_Made = Callable[[pa.Table], Iterable[Document]]


class _Kind(NamedTuple):
    """Documents of one collection."""

    what: str
    collection: Collection[Document]
    made: _Made
    #: The ids whose rows MongoDB did not have when the state was read.
    unstored: set[Any]


class ConversionsInMongo:
    """One attribution; the state is in a transaction that reads."""

    def __init__(
        self,
        state: State,
        database: Database[Document],
        attribution: Attribution,
        definitions: Definitions,
    ) -> None:
        self._id = attribution.conversion_id
        self._stream = definitions.streams[attribution.stream]
        credits_stream = definitions.streams[attribution.credits]
        self._newest = state.progress().change
        there = database.client[attribution_documents.database_name(attribution, database.name)]

        def rows(table: pa.Table) -> Iterator[Document]:
            for values in table.to_pylist():
                yield attribution_documents.document(
                    attribution, attribution_documents.readable(self._stream, values)
                )

        def of_credits(table: pa.Table) -> Iterator[Document]:
            return credit_documents.documents(attribution, credits_stream, table.to_pylist())

        names = (
            (self._stream.name, attribution_documents.collection_name(attribution), rows),
            (credits_stream.name, credits_collection(attribution), of_credits),
        )
        outbox = Outbox(state.database)
        self._rows, self._credits = (
            _Kind(
                f"MongoDB {name}",
                there.get_collection(collection, attribution_documents.OPTIONS),
                made,
                _unstored(outbox, name, self._id),
            )
            for name, collection, made in names
        )

    def compare(self, compared: Compared, from_us: int, before_us: int) -> InMongo:
        """The documents of the conversions of a time, and of their credits."""
        published = compared.published.filter(pa.array(compared.has_row))
        rows = self._compare(self._rows, published, from_us, before_us)
        return rows.plus(
            self._compare(self._credits, compared.published_credits, from_us, before_us)
        )

    def _compare(self, kind: _Kind, published: pa.Table, from_us: int, before_us: int) -> InMongo:
        rows = differing = behind = 0
        named: list[Difference] = []
        for expected, found in self._side_by_side(kind, published, from_us, before_us):
            version = _version(found)
            if version > self._newest:
                continue
            known = (expected or found or {})["_id"]
            if expected is not None and version < _version(expected) and known in kind.unstored:
                behind += 1
                continue
            rows += 1
            other = difference(kind.what, expected, found, attribution_documents.OPTIONS)
            if other is not None:
                differing += 1
                if len(named) < MAX_NAMED:
                    named.append(other)
        return InMongo(rows, differing, behind, tuple(named))

    def _side_by_side(
        self, kind: _Kind, published: pa.Table, from_us: int, before_us: int
    ) -> Iterator[tuple[Document | None, Document | None]]:
        """What each conversion's document is to be and what it is; None of what is not there."""
        ids = pc.unique(single(published, self._id))
        for begin in range(0, len(ids), BATCH):
            some = ids[begin : begin + BATCH]
            rows = published.filter(pc.is_in(published[self._id], value_set=some))
            found = {
                each["_id"]: each
                for each in kind.collection.find({"_id": {"$in": some.to_pylist()}})
            }
            for expected in kind.made(rows):
                yield expected, found.get(expected["_id"])
        time = self._stream.time_column
        # Milliseconds are all that MongoDB has of a time: one that has begun before is of before.
        within = {"$gte": instant(-(-from_us // 1_000) * 1_000), "$lt": instant(before_us)}
        known = set(ids.to_pylist())
        # Nearly all of them are known, and were read whole already.
        with kind.collection.find({time: within}, {"_id": 1}, batch_size=BATCH) as cursor:
            for each in cursor:
                if each["_id"] in known:
                    continue
                if (surplus := kind.collection.find_one({"_id": each["_id"]})) is not None:
                    yield None, surplus


def _version(document: Document | None) -> int:
    version = (document or {}).get(ROW_VERSION)
    return version if isinstance(version, int) else -1


def _unstored(outbox: Outbox, stream: str, conversion_id: str) -> set[Any]:
    """The conversions of the messages that MongoDB does not have yet."""
    found: set[Any] = set()
    after = 0
    while some := outbox.unstored(after, _MESSAGES):
        after = some[-1].seq
        for kept in some:
            if kept.stream == stream:
                found.update(message.decode(*kept.packed).events[conversion_id].to_pylist())
    return found
