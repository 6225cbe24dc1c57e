"""Each event of an alert is one message: over kills, restarts, two watchers, targets that fail."""

import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import apprise
import pytest
from pymongo import MongoClient
from pymongo.database import Database

from alerts import targets
from alerts.heard import Heard
from alerts.looks import Simple
from alerts.reading import Look, Reading
from alerts.rule import ARCHIVE_AWAY, JOB_FAILED, STORE_AT_ZERO, Rule
from alerts.sender import Sender
from alerts.settings import AlertsSettings
from alerts.stores_at_zero import StoresAtZero
from alerts.unstored import Unstored
from alerts.watcher import Archive, Watcher
from tests.conftest import running_mongo
from tests.support import snapshots
from tests.support.alerts import MailBox, Webhook, mail_box
from tests.support.commands import command
from tests.support.day_figures import write_day
from tests.support.processes import running
from tests.support.waiting import wait_until
from tillstream import alert_records as records
from tillstream import archive as archive_database
from tillstream import job_records, opening_hours
from tillstream.archive import Document
from tillstream.clock import BusinessDay, utc
from tillstream.figures_reader import FiguresReader
from tillstream.stores import Store, StoreTable


@pytest.fixture
def database(mongo_url: str, mongo_database: str) -> Iterator[Database[Document]]:
    with MongoClient[Document](mongo_url, tz_aware=True) as client:
        yield client[mongo_database]


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Apprise waits 5.5 s from one mail to the next; we have a pace of our own."""
    monkeypatch.setattr(apprise.NotifyBase, "request_rate_per_sec", 0)


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    with Webhook() as opened:
        yield opened


@pytest.fixture
def mail() -> Iterator[MailBox]:
    with mail_box() as opened:
        yield opened


class Told:
    """A watcher whose world is told, and its sender, turn by turn."""

    def __init__(
        self,
        database: Database[Document],
        addresses: dict[str, str],
        *rules: Rule,
        holder: str = "one",
        pace: float = 0,
    ) -> None:
        self.now = time.time()
        self.bad: dict[str, set[str]] = {rule.name: set() for rule in rules}
        settings = AlertsSettings(amqp_url="amqp://x", mongo_url="mongodb://x")
        environ = {f"ALERT_TARGET_{name}": url for name, url in addresses.items()}
        known = targets.load(settings, environ)
        unstored = Unstored()
        archive = Archive(database, lambda: self.now)
        lookers = {
            rule._replace(send_to=tuple(known)): Simple(0, partial(self._look, rule))
            for rule in rules
        }
        self.archive = archive
        self.watcher = Watcher(lookers, list(known), database, archive, unstored, lambda: self.now)
        self.senders = [
            Sender(each, database, unstored, holder, "en", pace, lambda: self.now, lambda: 1.0)
            for each in known.values()
        ]

    def _look(self, rule: Rule, _: float) -> Look:
        if rule.kind == ARCHIVE_AWAY:
            away = self.archive.away_since is not None
            return Look({"": Reading("", bad=away, well=not away, facts={})})
        return Look(
            {
                name: Reading(name, bad=True, well=False, facts={"name": name.partition(":")[2]})
                for name in self.bad[rule.name]
            }
        )

    def turn(self, seconds: float = 1) -> None:
        self.now += seconds
        self.watcher.turn()
        for sender in self.senders:
            sender.turn()


JOB = Rule("job", JOB_FAILED, "warning", 0, 0)
ZERO = Rule("zero", STORE_AT_ZERO, "critical", 0, 0)
AWAY = Rule("away", ARCHIVE_AWAY, "critical", 0, 0)


def states(database: Database[Document]) -> list[list[str]]:
    """Event and state of each message, alert by alert."""
    return [
        [f"{each['event']} {each['state']}" for each in alert["outbox"]]
        for alert in database[records.ALERTS].find({}, sort=[("beganAt", 1)])
    ]


def test_a_store_that_sold_in_its_own_currency_is_not_at_zero(database: Database[Document]) -> None:
    noon = datetime(2026, 11, 27, 12, tzinfo=ZoneInfo("Europe/Paris")).timestamp()
    write_day(database, "2026-11-27", {"1": {"09": {"Pain": 1_190}}})
    write_day(database, "2026-11-27 JPY", {"2": {"09": {"Pain": 501}}})
    heard = Heard(noon)
    heard.take(snapshots.count(noon, day="2026-11-27"), noon)
    table = StoreTable(
        BusinessDay(ZoneInfo("Europe/Paris")), {}, {each: Store(each) for each in "123"}
    )
    rule = ZERO._replace(hours=opening_hours.parse("Mo-Su 08:00-20:00"))

    look = StoresAtZero(rule, FiguresReader(database), table, heard).look(noon)

    assert look is not None
    assert {"store:1": False, "store:2": False, "store:3": True} == {
        name: each.bad for name, each in look.readings.items()
    }


def test_each_event_is_one_message_to_each_target(
    database: Database[Document], webhook: Webhook, mail: MailBox
) -> None:
    told = Told(database, {"CHAT": webhook.url, "MAIL": mail.url}, JOB)
    told.turn()
    told.bad["job"] = {"job:backup"}
    for _ in range(3):
        told.turn()
    [alert] = database[records.ALERTS].find()
    taken = records.acknowledge(database[records.ALERTS], [alert["_id"]], "Zoë")
    again = records.acknowledge(database[records.ALERTS], [alert["_id"]], "somebody else")
    told.turn()
    told.bad["job"] = set()
    for _ in range(3):
        told.turn()
    expected = [
        "Begins (warning): Job backup failed",
        "Acknowledged by Zoë (warning): Job backup failed",
        "Ends (warning): Job backup went well",
    ]

    assert expected == webhook.titles
    assert expected == [each["Subject"] for each in mail.mails]
    assert (1, 0) == (taken, again)
    assert ["warning", "success", "success"] == [each["type"] for each in webhook.messages]
    [alert] = database[records.ALERTS].find()
    assert ("open" in alert, alert["acknowledgedBy"], []) == (False, "Zoë", alert["waiting"])


def test_two_watchers_and_restarts_open_and_send_once(
    database: Database[Document], webhook: Webhook
) -> None:
    both = [Told(database, {"CHAT": webhook.url}, JOB, holder=name) for name in ("one", "two")]
    for each in both:
        each.bad["job"] = {"job:a", "job:b"}
        each.watcher.turn()
    for _ in range(2):
        for each in both:
            each.turn()
    third = Told(database, {"CHAT": webhook.url}, JOB, holder="three")
    third.bad["job"] = {"job:a", "job:b"}
    third.turn()

    assert ["2 alerts: 2 begin"] == webhook.titles
    assert 2 == database[records.ALERTS].count_documents({})


def test_a_thousand_alerts_at_once_are_one_message(
    database: Database[Document], webhook: Webhook
) -> None:
    told = Told(database, {"CHAT": webhook.url}, ZERO, pace=30)
    told.bad["zero"] = {f"store:{place}" for place in range(1_000)}
    told.turn()
    told.bad["zero"] = set()
    told.turn()
    waiting = len(webhook.messages)
    told.turn(30)

    assert ["1,000 alerts: 1,000 begin", "1,000 alerts: 1,000 end"] == webhook.titles
    assert 1 == waiting


def test_a_target_that_is_down_gets_everything_once_when_it_is_up_and_is_told_meanwhile(
    database: Database[Document], webhook: Webhook, mail: MailBox
) -> None:
    webhook.status = 503
    told = Told(database, {"CHAT": webhook.url, "MAIL": mail.url}, JOB)
    told.bad["job"] = {"job:a"}
    told.turn()
    told.turn()
    told.bad["job"] = set()
    told.turn(5)
    state = database[records.TARGETS].find_one({"_id": "chat"})
    webhook.status = 200
    told.turn(20)
    told.turn(20)
    after = database[records.TARGETS].find_one({"_id": "chat"})

    assert state
    assert after
    assert (2, "the target did not take it") == (state["failures"], state["reason"])
    assert (0, "", None) == (after["failures"], after["reason"], after["failingSince"])
    assert ["2 alerts: 1 begin, 1 end"] == webhook.titles
    assert 2 == len(mail.mails)


def test_who_died_while_sending_is_followed_once_and_then_nobody_sends_again(
    database: Database[Document], webhook: Webhook
) -> None:
    told = Told(database, {"CHAT": webhook.url}, JOB)
    told.bad["job"] = {"job:a"}
    told.watcher.turn()
    for holder in ("dead", "dead too"):
        sender = Told(database, {"CHAT": webhook.url}, JOB, holder=holder).senders[0]
        claimed = sender._outbox.claim()
        meanwhile = told.senders[0]._outbox.claim()
        database[records.ALERTS].update_many({}, {"$set": {"outbox.$[].leaseUntil": utc(0)}})

        assert (1, 0) == (len(claimed), len(meanwhile))
    told.turn()

    assert [] == webhook.messages
    assert [["begins unknown"]] == states(database)


def test_what_has_no_rule_any_more_ends_and_what_has_no_target_is_given_up(
    database: Database[Document], webhook: Webhook
) -> None:
    told = Told(database, {"CHAT": webhook.url, "GONE": webhook.url}, JOB)
    told.bad["job"] = {"job:a"}
    told.watcher.turn()
    other = Told(database, {"CHAT": webhook.url}, ZERO)
    other.turn()
    other.turn()

    assert [["begins sent", "begins given up"]] == states(database)
    assert 0 == database[records.ALERTS].count_documents({"open": {"$exists": True}})
    assert 1 == len(webhook.messages)


def test_mongodb_away_is_told_at_once_and_stored_when_it_is_back(
    tmp_path: Path, webhook: Webhook
) -> None:
    with (
        running_mongo(tmp_path / "mongo") as (url, supervisor),
        archive_database.connect(url, "test", server_ms=300, socket_ms=1_000) as client,
    ):
        database = archive_database.majority(client, "alerts")
        told = Told(database, {"CHAT": webhook.url}, AWAY)
        told.turn()
        supervisor.control.signal("mongod", "KILL")
        told.turn()
        told.turn()
        away = list(webhook.titles)

        def is_back() -> bool:
            told.turn()
            return len(webhook.messages) == 2

        wait_until(is_back, 40, "the end to be told")
        told.turn()
        found = states(database)

    assert ["Begins (critical): The archive (MongoDB) is away"] == away
    assert "Ends (critical): The archive (MongoDB) answers" == webhook.titles[1]
    assert [["begins sent", "ends sent"]] == found


def test_a_killed_watcher_loses_no_message_and_its_secrets_are_in_no_log(
    amqp_url: str,
    mongo_url: str,
    database: Database[Document],
    webhook: Webhook,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    rules = tmp_path / "alerts.toml"
    rules.write_text('[[rule]]\nname = "job"\nkind = "job_failed"\n')
    environ = {
        "AMQP_URL": amqp_url,
        "MONGO_URL": mongo_url,
        "MONGO_DATABASE": database.name,
        "ALERTS_FILE": str(rules),
        "ALERT_TARGET_CHAT": webhook.url,
        "ALERT_PACE_SECONDS": "0",
        "LOG_LEVEL": "DEBUG",
    }
    database[job_records.JOBS].insert_one({"_id": "backup", "enabled": True})
    database[job_records.RUNS].insert_one(
        {"_id": "backup/1", "job": "backup", "at": utc(time.time()), "state": "failed"}
    )
    # Stored, and being sent: who is killed here does not know whether it arrives.
    webhook.answering.clear()
    webhook.status = 503
    with running("alerts", "watch", **environ) as first:
        wait_until(webhook.asked.is_set, 40, "a message that is being sent")
        stored = states(database)
        first.kill()
        first.wait(10)
    webhook.status = 200
    webhook.answering.set()
    database[records.ALERTS].update_many({}, {"$set": {"outbox.$[].leaseUntil": utc(0)}})
    with running("alerts", "watch", **environ):
        wait_until(lambda: webhook.messages, 40, "the message")
        database[job_records.RUNS].insert_one(
            {"_id": "backup/2", "job": "backup", "at": utc(time.time()), "state": "ok"}
        )
        wait_until(lambda: len(webhook.messages) == 2, 30, "the end")
    logged = capfd.readouterr().err

    assert [["begins waiting"]] == stored
    assert [
        "Begins (warning): Job backup failed",
        "Ends (warning): Job backup went well",
    ] == webhook.titles
    assert "alerts sent" in logged
    assert "sesame" not in logged


def test_the_mornings_mail_has_yesterdays_figures_once(
    mongo_url: str, database: Database[Document], mail: MailBox
) -> None:
    day = date(2026, 11, 28)
    for weeks in range(5):
        gross = 90_000 if weeks == 0 else 60_000
        sold = {"12": {"08": {"Pain": gross, "Menu": 30_000}}, "7": {"09": {"Pain": 5_000}}}
        write_day(database, (day - timedelta(weeks=weeks)).isoformat(), sold)
    environ = {
        "AMQP_URL": "amqp://nobody",
        "MONGO_URL": mongo_url,
        "MONGO_DATABASE": database.name,
        "ALERT_TARGET_MAIL": mail.url,
    }
    none = command("alerts", "morning", **environ)
    environ |= {"ALERT_MORNING_TARGET": "mail", "ALERT_LANGUAGE": "fr"}
    said = [command("alerts", "morning", "--day", str(day), **environ) for _ in range(2)]
    [sent] = mail.mails
    plain, html = (sent.get_body((kind,)) for kind in ("plain", "html"))

    assert (0, "ALERT_MORNING_TARGET is not set: no mail is sent\n") == none[:2]
    assert [(0, "is sent"), (0, "was sent")] == [
        (each.returncode, next(w for w in ("is sent", "was sent") if w in each.stdout))
        for each in said
    ]
    # A subject is read back with plain spaces.
    assert "Hier, 28/11/2026 : 1 250 € (+32 %)" == " ".join(sent["Subject"].split())
    assert plain
    assert html
    text = plain.get_content().replace("\u202f", " ")
    assert "- Recettes: 1 250 €, +32 % par rapport à l'habitude" in text
    assert "- 12: 1 200 €, +33 % par rapport à l'habitude" in text
    assert "- Pain: 950 €, +46 % par rapport à l'habitude" in text
    assert "<li>12: 1 200 €" in html.get_content().replace("\u202f", " ")


def test_a_mornings_mail_that_was_not_taken_fails_and_is_sent_by_the_next_attempt(
    mongo_url: str, database: Database[Document], webhook: Webhook
) -> None:
    environ: dict[str, Any] = {
        "AMQP_URL": "amqp://nobody",
        "MONGO_URL": mongo_url,
        "MONGO_DATABASE": database.name,
        "ALERT_TARGET_CHAT": webhook.url,
        "ALERT_MORNING_TARGET": "chat",
    }
    webhook.status = 503
    ends = []
    for status in (503, 503, 503, 200, 200):
        webhook.status = status
        said = command("alerts", "morning", **environ)
        ends.append(said.returncode)

    assert [1, 1, 1, 0, 0] == ends, said
    assert 1 == len(webhook.messages)
