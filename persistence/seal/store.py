"""The collection `seals`, beside the receipts that it seals.

The critical sequence, for each till and closed day:

1. read the till's last seal;
2. read which receipts of the day are sealed, then the receipts that are not;
3. insert the seal that follows the one of 1.

Two sealers cannot both follow one seal: store, till and sequence are unique, and who comes second
begins again at 1. Killed at any moment, the chain is whole, and the next run goes on.
"""

import random
import time
from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Any

from pymongo import ASCENDING, DESCENDING, MongoClient
from pymongo.errors import DuplicateKeyError

from persistence.seal.closing import MOST_RECEIPTS, Seal, close
from persistence.seal.content import UnsealableError, content, sealed_key
from persistence.seal.offline import digest, till_name
from tillstream import archive
from tillstream.archive import NAMES_CURRENCY, Document, currency_of, in_currency
from tillstream.clock import Clock, utc
from tillstream.currencies import CURRENCY
from tillstream.errors import TillstreamError
from tillstream.runtime.progress import Progress
from tillstream.stores import StoreTable

BY_TILL = [("store", ASCENDING), ("till", ASCENDING), ("businessDay", ASCENDING)]
CHAIN = [("store", ASCENDING), ("till", ASCENDING), ("sequence", ASCENDING)]
#: What a fault is told by.
_NAMES = ("store", "till", "businessDay", "number")
#: How often another sealer may be first, before this one gives up.
ATTEMPTS = 50


class SealStore:
    """Receipts and seals of one database, as a majority has them."""

    def __init__(
        self, client: MongoClient[Document], database: str, stores: StoreTable, clock: Clock
    ) -> None:
        durable = archive.majority(client, database)
        self._stores = stores
        self._clock = clock
        self._receipts = durable["receipts"]
        self._seals = durable["seals"]
        #: Why a till was not sealed to its last closed day.
        self.failed: list[UnsealableError] = []
        self._receipts.create_index(BY_TILL)
        self._seals.create_index(CHAIN, unique=True)

    def seal_all(self, key: str | None, shown: Progress | None = None) -> Iterator[Seal]:
        """Seal what is not sealed of every closed day; yields each new seal. `shown` is told of
        each till's days.

        A till with a damaged receipt waits, and is in `failed`.
        """
        shown = shown or Progress()
        open_days = list(self._open_days())
        shown.expect(sum(len(days) for _, days in open_days))
        for (store, till), days in open_days:
            try:
                for day in days:
                    yield from self._seal_day(store, till, day, key)
                    shown.advance()
            except UnsealableError as error:
                self.failed.append(error)

    def is_signed(self) -> bool:
        """Whether the newest seal is signed: what follows it then has to be."""
        last = self._seals.find_one({}, {"signature": 1}, sort=[("$natural", DESCENDING)])
        return last is not None and "signature" in last

    def unsealed(self, day: str) -> int:
        """How many receipts of a business day are in no seal."""
        name = {"store": "$store", "till": "$till"}
        tills = self._receipts.aggregate(
            [{"$match": {"businessDay": day}}, {"$group": {"_id": name}}]
        )
        count = 0
        for each in tills:
            of_day = each["_id"] | {"businessDay": day}
            count += len(self._not_sealed(self._keys(of_day), self._earlier(of_day)))
        return count

    def seals(self) -> Iterator[Seal]:
        """Every seal, till by till, in the order of its chain."""
        yield from self._seals.find({}, {"_id": 0}).sort(CHAIN).allow_disk_use(True)

    def estimated_receipts(self) -> int:
        """About how many receipts there are."""
        return self._receipts.estimated_document_count()

    def contents(self, shown: Progress | None = None) -> Iterator[dict[str, Any]]:
        """The sealed content of every receipt of a closed day, till by till. `shown` is told of
        each that was read.
        """
        shown = shown or Progress()
        for document in self._receipts.find().sort(BY_TILL).hint(BY_TILL):
            shown.advance()
            if not self._is_closed(document.get("store"), document.get("businessDay")):
                continue
            try:
                yield content(document)
            except UnsealableError as error:
                # Somebody altered it so: no seal has this, and the verifier says of which receipt.
                yield {"key": sealed_key(error.key), "unreadable": str(error)} | {
                    name: str(document.get(name)) for name in _NAMES
                }

    def _open_days(self) -> Iterator[tuple[tuple[str, str], list[str]]]:
        """Tills, with their closed days of which more was received than was sealed."""
        name = {"store": "$store", "till": "$till", "businessDay": "$businessDay"}
        sealed = {
            tuple(each["_id"].values()): each["count"]
            for each in self._seals.aggregate(
                [{"$group": {"_id": name, "count": {"$sum": "$count"}}}]
            )
        }
        tills: dict[tuple[str, str], list[str]] = {}
        received = self._receipts.aggregate(
            [{"$sort": dict(BY_TILL)}, {"$group": {"_id": name, "count": {"$sum": 1}}}],
            hint=dict(BY_TILL),
            allowDiskUse=True,
        )
        for each in received:
            store, till, day = each["_id"].values()
            if self._is_closed(store, day) and each["count"] != sealed.get((store, till, day), 0):
                tills.setdefault((store, till), []).append(day)
        for where in sorted(tills):
            yield where, sorted(tills[where])

    def _seal_day(self, store: str, till: str, day: str, key: str | None) -> Iterator[Seal]:
        for attempt in range(ATTEMPTS):
            try:
                while (seal := self._seal_next(store, till, day, key)) is not None:
                    yield seal
                return
            except DuplicateKeyError:
                # The other one's seal is there, but a majority may not have it yet.
                time.sleep(random.uniform(0, 0.02 * (attempt + 1)))  # noqa: S311  # a backoff
        raise TillstreamError(f"others keep sealing till {till_name(store, till)}; run this again")

    def _seal_next(self, store: str, till: str, day: str, key: str | None) -> Seal | None:
        of_till: Document = {"store": store, "till": till}
        # 1. the last seal
        head = self._last(of_till)
        # 2. what of the day is sealed, and what is not
        of_day = of_till | {"businessDay": day}
        earlier = self._earlier(of_day)
        not_sealed = self._not_sealed(self._keys(of_day), earlier)
        if not not_sealed:
            return None
        keys, currency = self._of_one_currency(of_day, not_sealed)
        found = {each["_id"]: each for each in self._receipts.find({"_id": {"$in": keys}})}
        contents = [content(found[each]) for each in keys]
        # 3. the seal that follows
        last = self._last(of_till | in_currency(currency))
        seal = close(contents, head, last, len(earlier), utc(self._clock()), key)
        self._seals.insert_one(dict(seal))
        return seal

    def _last(self, of_till: Document) -> Seal | None:
        return self._seals.find_one(of_till, sort=[("sequence", DESCENDING)])

    def _of_one_currency(self, of_day: Document, keys: list[str]) -> tuple[list[str], str]:
        """The first MOST_RECEIPTS that are of one currency, and which: a seal is of one."""
        found = self._receipts.find(of_day | NAMES_CURRENCY, {"currency": 1})
        named = {each["_id"]: currency_of(each) for each in found}
        others = {named[key] for key in keys if key in named}
        currency = CURRENCY if any(key not in named for key in keys) else min(others)
        of_it = [key for key in keys if named.get(key, CURRENCY) == currency]
        return of_it[:MOST_RECEIPTS], currency

    def _earlier(self, of_day: Document) -> list[Seal]:
        return list(self._seals.find(of_day, {"receipts.key": 1, "receipts.hash": 1}))

    def _keys(self, of_day: Document) -> list[str]:
        """Of a till's day, in the order of sale."""
        found = self._receipts.find(of_day, {"date": 1}).sort([("date", 1), ("_id", 1)])
        return [each["_id"] for each in found]

    def _not_sealed(self, keys: list[str], seals: list[Seal]) -> list[str]:
        sealed: dict[str, set[str]] = {}
        for seal in seals:
            for each in seal["receipts"]:
                sealed.setdefault(each["key"], set()).add(each["hash"])
        named = Counter(map(sealed_key, keys))
        return [
            key
            for key in keys
            if (hashes := sealed.get(name := sealed_key(key))) is None
            # A client's UUID under two days that the till wrote, and both of one business day.
            or (named[name] > len(hashes) and self._digest(key) not in hashes)
        ]

    def _digest(self, key: str) -> str:
        found = self._receipts.find_one({"_id": key})
        return "" if found is None else digest(content(found))

    def _is_closed(self, store: object, day: object) -> bool:
        try:
            sold_on = date.fromisoformat(str(day))
        except ValueError:
            return True  # of no day any more: it was altered
        return sold_on < self._stores.calendar(str(store)).on(self._clock())
