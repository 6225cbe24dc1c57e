"""`python -m persistence seal`: closes every business day that is over, and what came late."""

import argparse
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from pymongo.errors import PyMongoError

from persistence.seal import offline
from persistence.seal.closing import Seal
from persistence.seal.settings import SealSettings
from persistence.seal.store import SealStore
from tillstream import archive, stores
from tillstream.currencies import exponent_of
from tillstream.errors import ServerNotReadyError, SettingsError
from tillstream.money import decimal_text
from tillstream.runtime import logs, process
from tillstream.runtime.printable import printable
from tillstream.runtime.progress import progress

SOCKET_MS = 120_000


def add_arguments(_: argparse.ArgumentParser) -> None:
    """None: what is over and not sealed is found."""


def run(_: argparse.Namespace) -> int:
    """Seal, and say each seal in a line; 0 when every till is sealed."""
    settings = process.load_settings(SealSettings)
    logs.configure(settings, "seal")
    made = receipts = 0
    with opened(settings) as store, progress("seal", "tills' days") as shown:
        if settings.seal_key is None and store.is_signed():
            raise SettingsError(
                ["SEAL_KEY is not set, and the seals before are signed: set it where this is run"]
            )
        for seal in store.seal_all(settings.seal_key, shown):
            made += 1
            receipts += seal["count"]
            till = offline.till_name(seal["store"], seal["till"])
            shown.say(
                f"{till} {seal['businessDay']} seal {seal['sequence']}"
                f" receipts {seal['count']} gross {_gross(seal)} {seal['hash']}"
            )
    print(f"{made} seals over {receipts} receipts")
    for error in store.failed:
        print(f"error: {printable(str(error))}; its till waits", file=sys.stderr)
    return 1 if store.failed else 0


@contextmanager
def opened(settings: SealSettings) -> Iterator[SealStore]:
    """The seals of the archive; raises ServerNotReadyError when MongoDB is away."""
    try:
        with archive.connect(settings.mongo_url, "tillstream seal", socket_ms=SOCKET_MS) as client:
            yield SealStore(client, settings.mongo_database, stores.load(settings), time.time)
    except PyMongoError as error:
        raise ServerNotReadyError(f"MongoDB: {error!r}; run it again") from error


def _gross(seal: Seal) -> str:
    currency = offline.currency_of(seal)
    return f"{decimal_text(seal['grossMinor'], exponent_of(currency))} {currency}"
