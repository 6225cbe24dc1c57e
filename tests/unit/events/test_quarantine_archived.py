"""Refused rows that are in files: by SQL, by command, and what was set aside beside them."""

import json
import threading
from pathlib import Path

import pytest

from entrypoint.events.broken_rules import BrokenRule, RefusedRow
from entrypoint.events.contract import Contract
from entrypoint.events.quarantine import parcel
from events.archive.writer import ArchiveWriter
from events.quarantine.refused_rows import Wanted, refused_rows
from events.settings import EventsSettings
from events.windows.figures import Aside
from events.windows.state_file import State
from persistence.parquet.events_views import make_events_views
from tests.support.commands import command
from tests.support.event_streams import STREAMS, all_rows
from tests.support.kept_events import DECLARED, NOON_US, SetClock
from tillstream.file_store import FileStore
from tillstream.query_engine import engine
from tillstream.streams.message import decode

QUARANTINE = DECLARED.streams["quarantine"]


@pytest.fixture
def settings(tmp_path: Path) -> EventsSettings:
    """An archive with two refused rows, one of them cut, and an empty state."""
    found = EventsSettings(
        amqp_url="amqp://127.0.0.1:9/", data_dir=tmp_path, streams_dir=str(STREAMS)
    )
    refusals = [
        RefusedRow((BrokenRule(2, "price", "places", "round it"),), "1;x"),
        RefusedRow((BrokenRule(3, "", "csv", "close it"),), "y" * 5_000),
    ]
    packed = parcel(Contract(QUARANTINE), "shop", "text/csv", refusals, "a;b", NOON_US, None).packed
    assert packed is not None
    message = decode(packed.body, packed.content_type, packed.content_encoding)
    clock = SetClock()
    writer = ArchiveWriter(found.archive_url(), tmp_path, DECLARED, clock)
    writer.add("quarantine", 7, NOON_US, message.events, all_rows(message.events))
    writer.close()
    State(found.state_path()).close()
    return found


def test_the_archive_has_refused_rows_and_those_beyond_the_retention_are_none(
    settings: EventsSettings,
) -> None:
    def found(days: int) -> list[tuple[object, ...]]:
        now = NOON_US / 1e6 + days * 86_400
        rows = refused_rows(settings, DECLARED, Wanted(), now, threading.Event())
        return [(row.id, row.rule, row.field, row.truncated, row.header) for row in rows]

    expected = [((7, 0), "places", "price", False, "a;b"), ((7, 1), "csv", None, True, "a;b")]
    assert (expected, []) == (found(29), found(31))


def test_sql_has_the_quarantine_as_a_view(settings: EventsSettings) -> None:
    sql = "SELECT rule, line, length(row), log_row FROM quarantine ORDER BY line"
    with engine(FileStore(settings.archive_url())) as connection:
        make_events_views(connection, settings.archive_url(), sql, [])
        rows = connection.execute(sql).fetchall()

    assert [("places", 2, 3, 0), ("csv", 3, 4_096, 1)] == rows


def test_what_is_set_aside_is_listed_with_how_it_is_mended(settings: EventsSettings) -> None:
    environ = {
        "AMQP_URL": settings.amqp_url,
        "DATA_DIR": str(settings.data_dir),
        "STREAMS_DIR": settings.streams_dir,
    }
    none = command("events", "aside", **environ)
    with State(settings.state_path()) as state:
        state.begin()
        state.put_aside([Aside(9, -1, "shops", "no stream 'shops' is declared", "")])
        state.commit()
    some = command("events", "aside", **environ)
    [line] = command("events", "aside", "--json", **environ).stdout.splitlines()

    assert "no event is set aside" in none.stdout
    assert "no stream 'shops' is declared" in some.stdout
    assert "run `tillstream recount --streams`" in some.stdout
    assert (9, -1, "shops") == tuple(json.loads(line)[name] for name in ("offset", "row", "stream"))
