"""`python -m events quarantine`: list refused rows, show one, send them again, drop them."""

import argparse
import threading
import time
from collections.abc import Iterator
from typing import NamedTuple

from events.quarantine import edited_file, listing, marks, mending
from events.quarantine.marks import Mark, Marks
from events.quarantine.mending import Mend, MendError
from events.quarantine.refused_rows import (
    RefusedRow,
    Wanted,
    WrongIdError,
    id_text,
    parsed_id,
    refused_rows,
)
from events.quarantine.replaying import Replay
from events.settings import EventsSettings
from tillstream.errors import TillstreamError
from tillstream.runtime import process
from tillstream.streams import definitions_file
from tillstream.streams.builtin import QUARANTINE
from tillstream.streams.definition import MICROSECONDS, Definitions

#: Ids of one command.
MOST_IDS = 10_000
_DAY_US = 86_400_000_000


class _Context(NamedTuple):
    settings: EventsSettings
    definitions: Definitions
    stop: threading.Event

    def rows(self, wanted: Wanted) -> Iterator[RefusedRow]:
        """Those that are wanted, the oldest first."""
        now = time.time()
        return refused_rows(self.settings, self.definitions, wanted, now, self.stop)


def run(arguments: argparse.Namespace, settings: EventsSettings, stop: threading.Event) -> int:
    """Do it; 1 when a row was refused again. Raises TillstreamError."""
    context = _Context(settings, definitions_file.load_settings(settings), stop)
    if not settings.state_path().exists():
        raise TillstreamError(
            f"there is no {settings.state_path()}: the events worker, which keeps refused rows,"
            " has not run with this DATA_DIR"
        )
    match arguments.action:
        case "list":
            with process.reader_may_leave():
                _list(context, arguments)
            return 0
        case "show":
            return _show(context, arguments.id)
        case "replay":
            return _replay(context, arguments)
        case _:
            return _drop(context, arguments)


def _list(context: _Context, arguments: argparse.Namespace) -> None:
    with Marks(context.settings.data_dir) as known:
        rows = (
            (row, mark)
            for row in context.rows(_filters(arguments))
            if (mark := known.of(row.id)).state == "open" or arguments.all_states
        )
        if arguments.json:
            for row, mark in rows:
                print(listing.as_json(row, mark, context.definitions))
        else:
            for line in listing.table(rows, max(1, arguments.limit)):
                print(line)


def _show(context: _Context, text: str) -> int:
    for row in context.rows(Wanted(ids={parsed_id(text)})):
        with Marks(context.settings.data_dir) as known:
            for line in listing.details(row, known.of(row.id)):
                print(line)
        return 0
    raise _none_of([text])


def _replay(context: _Context, arguments: argparse.Namespace) -> int:
    mend = Mend(
        [mending.substitution(text) for text in arguments.mend],
        dict(mending.setting(text) for text in arguments.set),
    )
    edited = edited_file.read(arguments.file) if arguments.file else None
    if edited is not None and (arguments.set or arguments.mend or arguments.id or arguments.all):
        raise MendError("--from has the rows and their events; leave out ids, --all, --set, --mend")
    wanted = _choice(arguments) if edited is None else Wanted(ids=edited.keys())
    with marks.writing(context.settings.data_dir) as known:
        _forget_old(context, known)
        replay = Replay(context.settings, context.definitions, known, mend, edited, context.stop)
        with replay:
            for row in context.rows(wanted):
                if context.stop.is_set():
                    break
                replay.take(row, dry_run=arguments.dry_run)
    _require_all(wanted, replay.seen)
    print(replay.summary())
    return 0 if replay.is_whole() else 1


def _drop(context: _Context, arguments: argparse.Namespace) -> int:
    wanted = _choice(arguments)
    with marks.writing(context.settings.data_dir) as known:
        rows = [row.id for row in context.rows(wanted) if known.of(row.id).state == "open"]
        known.put(rows, Mark("dropped", int(time.time() * MICROSECONDS)))
    print(f"dropped {len(rows):,} rows: they are listed by --all-states")
    return 0


def _forget_old(context: _Context, known: Marks) -> None:
    retention = context.definitions.streams[QUARANTINE].retention_us
    if retention is not None:
        known.forget(int(time.time() * MICROSECONDS) - retention - _DAY_US)


def _choice(arguments: argparse.Namespace) -> Wanted:
    if bool(arguments.id) == arguments.all:
        raise WrongIdError("name rows by their ids, or take all that are open by --all")
    if len(arguments.id) > MOST_IDS:
        raise WrongIdError(f"{MOST_IDS:,} ids are the most; use --all or --from")
    ids = {parsed_id(text) for text in arguments.id} or None
    return _filters(arguments)._replace(ids=ids)


def _require_all(wanted: Wanted, seen: set[tuple[int, int]]) -> None:
    if missing := set(wanted.ids or ()) - seen:
        raise _none_of([id_text(one) for one in sorted(missing)[:5]])


def _none_of(texts: list[str]) -> WrongIdError:
    return WrongIdError(
        f"no refused row is {', '.join(texts)}; `python -m events quarantine list --all-states`"
        " says those there are"
    )


def _filters(arguments: argparse.Namespace) -> Wanted:
    return Wanted(arguments.stream, arguments.rule, arguments.since)
