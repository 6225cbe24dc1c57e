"""Refused rows are listed, mended and sent again, and each counts once whatever happens."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import httpx
import pytest

from events.quarantine import sending
from events.quarantine.marks import MARKS, writing
from tests.conftest import delete_queues
from tests.support.commands import Said, command
from tests.support.processes import running, running_door
from tests.support.waiting import wait_until

ROOT = Path(__file__).parents[3]
HEADER = "event_time;event_type;product_id;price;brand"
#: Each with the rule that it breaks, and how it is mended; one is a row of two lines.
ROWS = {
    "2019-10-01 00:00:00 UTC;gaze;1;1.25;": ("enum", ["--set", "event_type=view"]),
    "2019-10-01 00:00:01 UTC;view;2;1.255;": ("places", ["--set", "price=1.26"]),
    '2019-10-01 00:00:02 UTC;view;3;1,25;"a;\nb"': ("type", ["--mend", "s/1,25/1.25/"]),
    "2019-10-01 00:00:03 UTC;view;4;1.25": ("columns", ["--mend", "s/$/;x/"]),
}


class Kept:
    """A door and a worker, the settings of commands, and what was refused."""

    def __init__(self, url: str, environ: dict[str, str]) -> None:
        self.url = url
        self.environ = environ
        self.data_dir = Path(environ["DATA_DIR"])
        self.refused = 0
        #: Before the test: what it adds is compared.
        self.before = (0, 0)

    def refuse(self) -> list[dict[str, Any]]:
        """Send ROWS; the rows that are listed then."""
        self.before = self.figures()
        answer = httpx.post(
            f"{self.url}/events/shop",
            content="\n".join([HEADER, *ROWS, ""]),
            headers={"Content-Type": "text/csv"},
        )
        assert (422, len(ROWS)) == (answer.status_code, answer.json()["quarantined"])
        self.refused += len(ROWS)
        wait_until(lambda: self.figures("quarantine")[0] == self.refused, 30, "the rows")
        return self.open()

    def quarantine(self, *words: str) -> Said:
        return command("events", "quarantine", *words, **self.environ)

    def open(self, *words: str) -> list[dict[str, Any]]:
        said = self.quarantine("list", "--json", *words)
        assert (0, "") == (said.returncode, said.stderr)
        return [json.loads(line) for line in said.stdout.splitlines()]

    def query(self, sql: str, *values: str) -> list[tuple[Any, ...]]:
        try:
            with sqlite3.connect(self.data_dir / "events" / "state.sqlite3") as database:
                return database.execute(sql, values).fetchall()
        except sqlite3.OperationalError:  # the worker has not made it yet
            return []

    def figures(self, stream: str = "shop") -> tuple[int, int]:
        """Events that were counted, and repetitions."""
        found = self.query("SELECT events, duplicates FROM streams WHERE name = ?", stream)
        return found[0] if found else (0, 0)

    def wait_for(self, events: int, duplicates: int) -> None:
        """So many more than before the test."""
        expected = (self.before[0] + events, self.before[1] + duplicates)
        wait_until(lambda: self.figures() == expected, 30, "the mended rows")


@pytest.fixture(scope="module")
def system(amqp_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    delete_queues(amqp_url)
    folder = str(tmp_path_factory.mktemp("quarantine"))
    settings = {"DATA_DIR": folder, "STREAMS_DIR": str(ROOT / "streams")}
    environ = settings | {"AMQP_URL": amqp_url}
    with (
        running("events", "worker", **environ),
        running_door(amqp_url, **settings) as url,
    ):
        yield Kept(url, environ | {"ENTRYPOINT_URL": url})
    delete_queues(amqp_url)


@pytest.fixture
def kept(system: Kept) -> Iterator[Kept]:
    yield system
    if system.open():
        system.quarantine("drop", "--all")


def test_refused_rows_are_mended_and_each_counts_once(kept: Kept) -> None:
    listed = kept.refuse()
    assert [rule for rule, _ in ROWS.values()] == [one["rule"] for one in listed]
    assert [] == kept.open("--rule", "json")
    places = listed[1]["id"]
    shown = kept.quarantine("show", places).stdout
    assert f"replay {places} --set price=VALUE, rounded" in shown

    # As it is a row is refused again, and stays open; no other row comes of it.
    again = kept.quarantine("replay", places)
    assert 1 == again.returncode
    assert f"{places}  refused: places in price: '1.255' has more than" in again.stdout

    for one, (_, words) in zip(listed, ROWS.values(), strict=True):
        said = kept.quarantine("replay", one["id"], *words)
        assert (0, "accepted 1, refused again 0\n") == (said.returncode, said.stdout)
    kept.wait_for(events=4, duplicates=0)
    assert [] == kept.open()
    states = {one["id"]: one["state"] for one in kept.open("--all-states")}
    assert ["replayed"] * 4 == [states[one["id"]] for one in listed]

    # Killed before its marks were written, a replay sends the rows again: they count nothing.
    with sqlite3.connect(kept.data_dir / MARKS) as database:
        database.execute("DELETE FROM marks")
    said = kept.quarantine("replay", listed[0]["id"], "--set", "event_type=view")
    assert (0, "accepted 1, refused again 0\n") == (said.returncode, said.stdout)
    kept.wait_for(events=4, duplicates=1)


def test_marks_and_rows_survive_a_recount(kept: Kept) -> None:
    first, second, *others = kept.refuse()
    kept.quarantine("replay", first["id"], "--set", "event_type=cart")
    assert "dropped 1 rows" in kept.quarantine("drop", second["id"]).stdout

    recounted = command("events", "recount", **kept.environ)
    assert (0, "") == (recounted.returncode, recounted.stderr)

    assert others == kept.open()


def test_an_edited_file_is_sent(kept: Kept, tmp_path: Path) -> None:
    rows = kept.refuse()
    for one, text in zip(rows, ROWS, strict=True):
        if "event" in one:
            one["event"] |= {"event_type": "cart", "price": 2}
        else:
            one["row"] = f"{text};brand"
    file = tmp_path / "edited.ndjson"
    file.write_text("\n".join(json.dumps(one) for one in rows))

    dry = kept.quarantine("replay", "--from", str(file), "--dry-run")
    said = kept.quarantine("replay", "--from", str(file))

    assert "would send 4, cannot be sent 0" in dry.stdout
    assert (0, "accepted 4, refused again 0\n") == (said.returncode, said.stdout)
    kept.wait_for(events=4, duplicates=0)


def test_one_command_writes_marks_at_a_time(kept: Kept) -> None:
    kept.refuse()
    with writing(kept.data_dir):
        said = kept.quarantine("replay", "--all")

    assert "another replay of refused rows is running" in said.stderr
    assert 4 == len(kept.open())


def test_the_window_counts_refused_rows_by_rule(kept: Kept) -> None:
    kept.refuse()
    found = kept.query('SELECT keys, sum("m.rows") FROM "window.quarantined" GROUP BY keys')

    times = kept.refused // len(ROWS)
    expected = {f'["shop","{rule}"]': times for rule, _ in ROWS.values()}
    assert expected == dict(found)


def test_what_cannot_be_done_says_what_can(kept: Kept) -> None:
    [first, *_] = kept.refuse()
    nonsense = kept.quarantine("show", "nonsense")
    none = kept.quarantine("show", "1-99")
    nothing = kept.quarantine("replay")
    with mock.patch.object(sending, "TRIES", 1):
        away = command(
            "events",
            *("quarantine", "replay", first["id"], "--set", "event_type=view"),
            **kept.environ | {"ENTRYPOINT_URL": "http://127.0.0.1:9"},
        )

    assert "is no id of a row" in nonsense.stderr
    assert "no refused row is 1-99" in none.stderr
    assert "name rows by their ids" in nothing.stderr
    assert "does not answer; start it, or set ENTRYPOINT_URL" in away.stderr
