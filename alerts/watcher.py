"""Evaluates the rules, and opens and ends alerts. One thread decides; others send."""

import threading
import uuid
from collections.abc import Mapping

import structlog
from pymongo.database import Database
from pymongo.errors import PyMongoError

from alerts import texts
from alerts.book import Book, End, begun
from alerts.hysteresis import Hysteresis, Turn
from alerts.looks import Looker, Simple
from alerts.reading import Facts, Look
from alerts.rule import ARCHIVE_AWAY, DISK_SHORT, FEED_SILENT, TILL_SILENT, Rule
from alerts.unstored import Unstored
from tillstream import alert_records as records
from tillstream.archive import Document
from tillstream.clock import Clock
from tillstream.runtime.periodic import Every
from tillstream.runtime.watching.figures import Measured, measured
from tillstream.runtime.watching.watched import Watched

log = structlog.get_logger()

TURN_SECONDS = 1.0
#: They need no archive, so that they go on without it.
WITHOUT_ARCHIVE = (ARCHIVE_AWAY, FEED_SILENT, TILL_SILENT, DISK_SHORT)


class Archive:
    """Whether MongoDB answers, and since when it does not."""

    def __init__(self, database: Database[Document], clock: Clock) -> None:
        self._database = database
        self._clock = clock
        #: Unix seconds; None while it answers.
        self.away_since: float | None = None

    def ask(self) -> bool:
        """Whether it answers now."""
        asked = self._clock()
        try:
            self._database.command("ping")
        except PyMongoError as error:
            if self.away_since is None:
                log.warning("MongoDB is away", error=type(error).__name__)
                self.away_since = asked
            return False
        self.away_since = None
        return True


class _Watched:
    """A rule, who looks for it, and what it has found."""

    def __init__(self, rule: Rule, looker: Looker | Simple, clock: Clock) -> None:
        self.rule = rule
        self.looker = looker
        self.hysteresis = Hysteresis(rule.after, rule.until)
        self.due = Every(looker.period, clock)
        #: Of subjects that were bad: what an end is told with.
        self.facts: dict[str, Facts] = {}


class Watcher:
    """All rules of one process."""

    def __init__(
        self,
        rules: Mapping[Rule, Looker | Simple],
        targets: list[str],
        database: Database[Document],
        archive: Archive,
        unstored: Unstored,
        clock: Clock,
        watched: Watched | None = None,
    ) -> None:
        watched = watched or Watched("alerts")
        self._vitals = watched.vitals
        #: Open alerts by rule, as of the last turn.
        self._open_by_rule = {rule.name: 0 for rule in rules}
        measured(
            watched.registry,
            Measured(
                "tillstream_alerts_open",
                "Alerts that are open, by rule",
                lambda: self._open_by_rule,
                "rule",
            ),
            Measured(
                "tillstream_alerts_unstored",
                "Alerts that MongoDB does not have yet",
                lambda: len(unstored.opened()),
            ),
        )
        self._watched = [_Watched(rule, looker, clock) for rule, looker in rules.items()]
        self._targets = targets
        self._book = Book(database)
        self._archive = archive
        self._unstored = unstored
        self._clock = clock
        self._beat = Every(records.BEAT_SECONDS, clock)
        self._prepared = False
        #: Rule -> subject -> the open alert's `_id` and whom it is sent to, as last read.
        self._open: dict[str, dict[str, tuple[str, tuple[str, ...]]]] = {}

    def run(self, stop: threading.Event) -> None:
        """Turn until `stop`."""
        while not stop.wait(TURN_SECONDS):
            self._vitals.turn()
            try:
                self.turn()
            except PyMongoError as error:
                log.warning("MongoDB is away", error=type(error).__name__)

    def turn(self) -> None:
        """Look at what is due, and write down what has changed; raises PyMongoError.

        What is raised loses nothing: what was decided is held until it is stored.
        """
        # 1. What is open; without MongoDB, as it was last read.
        answers = self._archive.ask()
        if answers:
            self._vitals.connected()
            self._read()
        else:
            self._vitals.away("MongoDB is away: rules that read it are not judged")
        opened = self._opened()
        # 2. Decide.
        for each in self._watched:
            if each.due.is_due():
                self._judge(each, answers, opened.get(each.rule.name, {}))
        self._open_by_rule = {
            each.rule.name: len(opened.get(each.rule.name, ())) for each in self._watched
        }
        # 3. Store; then it is sent, by others.
        if answers:
            self._store()
            if self._beat.is_due():
                self._book.beat(self._clock(), len(self._watched))

    def _read(self) -> None:
        if not self._prepared:
            self._book.prepare(self._targets)
            self._prepared = True
        found: dict[str, dict[str, tuple[str, tuple[str, ...]]]] = {}
        rules = {each.rule.name for each in self._watched}
        now = self._clock()
        gone = []
        for each in self._book.open():
            if each.rule in rules:
                found.setdefault(each.rule, {})[each.subject] = (each.id, each.send_to)
            else:
                # Its rule was taken out of the file: nobody would end it.
                gone.append(End(each.id, now, dict.fromkeys(texts.LANGUAGES, "–"), ()))  # noqa: RUF001
        self._unstored.end(gone)
        self._open = found

    def _store(self) -> None:
        new, ending = self._unstored.opened(), self._unstored.ending()
        self._unstored.store(self._book.store, self._book.end)
        # Should MongoDB be away at the next turn, this is what was open.
        for name, alert in new.items():
            each = (name, tuple(alert["sendTo"]))
            self._open.setdefault(alert["rule"], {})[alert["subject"]] = each
        self._open = {
            rule: {subject: each for subject, each in subjects.items() if each[0] not in ending}
            for rule, subjects in self._open.items()
        }

    def _opened(self) -> dict[str, dict[str, tuple[str, tuple[str, ...]]]]:
        ending = self._unstored.ending()
        opened = {
            rule: {subject: each for subject, each in subjects.items() if each[0] not in ending}
            for rule, subjects in self._open.items()
        }
        for name, alert in self._unstored.opened().items():
            each = (name, tuple(alert["sendTo"]))
            opened.setdefault(alert["rule"], {})[alert["subject"]] = each
        return opened

    def _judge(
        self, watched: _Watched, answers: bool, opened: Mapping[str, tuple[str, tuple[str, ...]]]
    ) -> None:
        now = self._clock()
        look: Look | None = None
        if answers or watched.rule.kind in WITHOUT_ARCHIVE:
            try:
                look = watched.looker.look(now)
            except PyMongoError as error:
                log.warning("a rule has no answer", rule=watched.rule.name, error=repr(error)[:200])
            # One rule must not end the others, whatever it met.
            except Exception:
                log.exception("a rule could not be judged", rule=watched.rule.name)
        turn = watched.hysteresis.turn(look, opened, now)
        if look is not None:
            watched.facts = {
                **{name: each for name, each in watched.facts.items() if name in opened},
                **{name: each.facts for name, each in look.readings.items() if each.bad},
            }
        self._hold(watched, turn, opened, now)

    def _hold(
        self,
        watched: _Watched,
        turn: Turn,
        opened: Mapping[str, tuple[str, tuple[str, ...]]],
        now: float,
    ) -> None:
        rule = watched.rule
        self._unstored.begin(
            begun(
                uuid.uuid4().hex,
                rule.name,
                rule.kind,
                rule.severity,
                each.subject,
                each.store,
                texts.begins(rule.kind, each.facts),
                rule.send_to,
                now,
            )
            for each in turn.begins
        )
        ends = []
        for subject, found in turn.ends.items():
            facts = _of_subject(subject) | watched.facts.get(subject, {})
            facts |= found.facts if found else {}
            name, send_to = opened[subject]
            ends.append(End(name, now, texts.ends(rule.kind, facts), send_to))
        self._unstored.end(ends)
        if turn.begins or turn.ends:
            log.info("alerts", rule=rule.name, begin=len(turn.begins), end=len(turn.ends))


def _of_subject(subject: str) -> Facts:
    """What a subject says itself, after a restart that has forgotten its facts."""
    kind, parted, name = subject.partition(":")
    if not parted:
        return {"name": kind} if kind else {}
    if kind == "till":
        store, _, till = name.rpartition("/")
        return {"name": store, "till": till}
    return {"name": name}
