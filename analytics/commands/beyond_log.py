"""Receipts that the log does not have: of a log that was cut or lost, and newer ones."""

import threading
from collections.abc import Iterable, Mapping, Set
from itertools import chain

from analytics.commands.counting_run import count_messages
from analytics.ledger.identity_records import keys_beyond
from analytics.ledger.ledger_file import Ledger
from analytics.settings import VerifySettings
from analytics.verify.archive import open_archive
from analytics.verify.comparison import kept_days
from analytics.verify.recount import Recount, scratch_recount
from tillstream.identity import key_day
from tillstream.log.reader import last_offset
from tillstream.log.whole_log import read_log
from tillstream.stores import StoreTable

#: Days (ordinals), and identities of each that the log does not have.
Beyond = Iterable[tuple[int, set[bytes]]]


def firsts_beyond(counted: Recount, disputed: Mapping[bytes, bytes], skipped: Set[int]) -> Beyond:
    """Identities of the log whose first content, by the ledger, the log does not have any more."""
    here = counted.identities.known(list(disputed))
    beyond: dict[int, set[bytes]] = {}
    for key, content in here.items():
        if disputed[key] != content and key_day(key) not in skipped:
            beyond.setdefault(key_day(key), set()).add(key)
    return list(beyond.items())


def ledger_beyond(ledger: Ledger, counted: Recount, skipped: Set[int]) -> Beyond:
    """Identities that the ledger has and the log, as far as it was read, has not."""
    for day in sorted({*kept_days(ledger)} - skipped):
        theirs, ours = ledger.identities.of_day(day), counted.identities.of_day(day)
        yield day, keys_beyond(theirs, ours)


def count_beyond(
    settings: VerifySettings,
    counted: Recount,
    beyond: Beyond,
    table: StoreTable,
    stop: threading.Event,
) -> int:
    """Count what is beyond the log as the archive has it; returns how many."""
    before = counted.identities.count
    with open_archive(settings) as archive:
        found = (archive.messages_of(day, keys) for day, keys in beyond if keys)
        count_messages(counted, chain.from_iterable(found), table, stop)
    return counted.identities.count - before


def newer_than_read(
    settings: VerifySettings,
    extra: set[bytes],
    next_offset: int | None,
    table: StoreTable,
    stop: threading.Event,
) -> set[bytes]:
    """Those of some identities that the log got after it was read."""
    last = last_offset(settings.amqp_url)
    if not extra or next_offset is None or last is None or last < next_offset:
        return set()
    with scratch_recount(settings.ledger_path().parent) as newer:
        count_messages(newer, read_log(settings.amqp_url, stop, last, next_offset), table, stop)
        return set(newer.identities.known(list(extra)))
