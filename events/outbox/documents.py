"""Stores the newest row of each conversion in MongoDB, and its credits, from the outbox, in the
sink's thread.
"""

import threading
from collections.abc import Callable, Iterator
from typing import NamedTuple

from pymongo import MongoClient, ReplaceOne
from pymongo.collection import Collection
from pymongo.errors import BulkWriteError

from events.outbox.table import Kept, Outbox
from events.windows.state_file import State
from tillstream import archive
from tillstream.archive import Document
from tillstream.bulk_write import places_taken
from tillstream.streams import attribution_documents, credit_documents, message
from tillstream.streams.changes import ROW_VERSION, SIGN, credits_collection
from tillstream.streams.definition import Attribution, Definitions, Stream

#: Messages that are read at a time, and documents of a bulk write.
MESSAGES = 10
PAGE = 1_000


class Stored(NamedTuple):
    """A stream of changes whose rows are stored: of conversions, or of their credits."""

    attribution: Attribution
    stream: Stream

    @property
    def is_credits(self) -> bool:
        """Whether it is that of credits."""
        return self.stream.name == self.attribution.credits


class WrittenConversions:
    """The collections of all attributions, and how far the outbox was stored in them.

    A row replaces none that is newer; so a message may be stored again.
    """

    def __init__(
        self,
        client: MongoClient[Document],
        database: str,
        streams: dict[str, Stored],
        outbox: Outbox,
        stored: Callable[[int], None],
    ) -> None:
        """`stored` is told of each message whose rows are durable."""
        self._streams = streams
        self._outbox = outbox
        self._stored = stored
        self._newest = 0
        self._rows: dict[str, Collection[Document]] = {}
        for name, one in streams.items():
            durable = archive.majority(
                client, attribution_documents.database_name(one.attribution, database)
            )
            if one.is_credits:
                self._rows[name] = durable[credits_collection(one.attribution)]
                indexes = credit_documents.indexes(one.stream)
            else:
                self._rows[name] = durable[attribution_documents.collection_name(one.attribution)]
                indexes = attribution_documents.indexes(*one)
            self._rows[name].create_indexes(indexes)

    def write(self, stop: threading.Event) -> None:
        """Store what the outbox has; raises PyMongoError."""
        while not stop.is_set():
            found = self._outbox.unstored(self._newest, MESSAGES)
            for kept in found:
                self._store(kept)
                # An erasure may have changed it meanwhile, and MongoDB's documents before this.
                while (again := self._outbox.unstored(kept.seq - 1, 1)) and again[0].packed != (
                    kept.packed
                ):
                    if again[0].seq != kept.seq:
                        break
                    [kept] = again
                    self._store(kept)
                self._newest = kept.seq
                self._stored(kept.seq)
            if len(found) < MESSAGES:
                return

    def _store(self, kept: Kept) -> None:
        known = self._streams.get(kept.stream)
        if known is None:
            # It is not declared any more.
            return
        documents = list(_newest(kept, known))
        for begin in range(0, len(documents), PAGE):
            writes = [
                ReplaceOne(
                    {"_id": each["_id"], ROW_VERSION: {"$lte": each[ROW_VERSION]}},
                    each,
                    upsert=True,
                )
                for each in documents[begin : begin + PAGE]
            ]
            try:
                self._rows[kept.stream].bulk_write(writes, ordered=False)
            except BulkWriteError as error:
                # Where as new a one stands the upsert finds its place taken.
                places_taken(error)


def conversions_writer(
    definitions: Definitions, database: str, stored: Callable[[int], None]
) -> Callable[[MongoClient[Document], State], WrittenConversions]:
    """Makes the writer of all attributions, for the sink's thread; see WrittenConversions."""
    declared = {
        name: Stored(attribution, definitions.streams[name])
        for attribution in definitions.attributions.values()
        for name in (attribution.stream, attribution.credits)
    }

    def make(client: MongoClient[Document], state: State) -> WrittenConversions:
        return WrittenConversions(client, database, declared, Outbox(state.database), stored)

    return make


def _newest(kept: Kept, stored: Stored) -> Iterator[Document]:
    """Of each conversion of a message what stands."""
    attribution, stream = stored
    found = message.decode(*kept.packed)
    if stored.is_credits:
        yield from credit_documents.documents(attribution, stream, found.events.to_pylist())
        return
    rows = {
        values[attribution.conversion_id]: values
        for values in found.events.to_pylist()
        if values[SIGN] >= 0
    }
    for values in rows.values():
        yield attribution_documents.document(
            attribution, attribution_documents.readable(stream, values)
        )
