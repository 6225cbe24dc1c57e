"""No day leaves MongoDB unsealed where seals are made at all."""

from collections.abc import Callable
from datetime import date

from pymongo.database import Database

from persistence.seal.content import UnsealableError
from persistence.seal.store import SealStore
from tillstream.archive import Document
from tillstream.clock import Clock
from tillstream.stores import StoreTable


def sealing(
    database: Database[Document],
    stores: StoreTable,
    clock: Clock,
    key: str | None,
    go_on: Callable[[], None],
) -> Callable[[date], str | None]:
    """Seals what is over, and returns what says why a day may not be dropped; None lets it go.

    Without any seal nothing is done. Signed seals are followed only where the key is there.
    `go_on` is called after each seal.
    """
    if database["seals"].find_one({}, {"_id": 1}) is None:
        return lambda _: None
    store = SealStore(database.client, database.name, stores, clock)
    without_key = key is None and store.is_signed()
    if not without_key:
        for _ in store.seal_all(key):
            go_on()

    def unsealed(day: date) -> str | None:
        try:
            count = store.unsealed(day.isoformat())
        except UnsealableError as error:
            return str(error)
        if not count:
            return None
        why = "seals are signed, and SEAL_KEY is not set here" if without_key else "see `seal`"
        return f"{count} of its receipts are not sealed: {why}"

    return unsealed
