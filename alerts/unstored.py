"""Alerts that MongoDB, being away, does not have yet: sent from here, and stored afterwards."""

import threading
from collections.abc import Callable, Iterable, Mapping

from alerts.book import End, messages
from alerts.outbox import too_old
from alerts.targets import Outcome
from tillstream import alert_records as records
from tillstream.alert_records import AlertDocument
from tillstream.clock import utc

#: Of an outage; what begins beyond them is found again when MongoDB is back.
MOST_ALERTS = 10_000


class Unstored:
    """Safe to call from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._alerts: dict[str, AlertDocument] = {}
        self._ends: dict[str, End] = {}
        #: Alerts that are being sent, by how many senders: they are stored after it.
        self._sending: dict[str, int] = {}

    def begin(self, alerts: Iterable[AlertDocument]) -> None:
        """Hold new alerts, as far as there is room."""
        with self._lock:
            for each in alerts:
                if len(self._alerts) < MOST_ALERTS:
                    self._alerts[each["_id"]] = each

    def end(self, ends: Iterable[End]) -> None:
        """Hold ends; of an alert that is held here it ends here."""
        with self._lock:
            for each in ends:
                alert = self._alerts.get(each.id)
                if alert is None:
                    self._ends[each.id] = each
                    continue
                alert["endedAt"] = utc(each.at)
                alert["ends"] = each.texts
                alert.pop("open", None)
                alert["outbox"] += messages(records.ENDS, each.send_to, each.at)
                alert["waiting"] = sorted({*alert["waiting"], *each.send_to})

    def opened(self) -> dict[str, AlertDocument]:
        """Alerts that are open and held here, by `_id`."""
        with self._lock:
            return {name: each for name, each in self._alerts.items() if "open" in each}

    def ending(self) -> set[str]:
        """Stored alerts whose end is held here, by `_id`."""
        with self._lock:
            return set(self._ends)

    def store(
        self,
        store: Callable[[Iterable[Mapping[str, object]]], None],
        end: Callable[[Iterable[End]], None],
    ) -> None:
        """Hand everything on that nobody sends just now; what raises is held on."""
        with self._lock:
            ready = [each for name, each in self._alerts.items() if not self._sending.get(name)]
            store(ready)
            for each in ready:
                del self._alerts[each["_id"]]
            end(list(self._ends.values()))
            self._ends.clear()

    def claim(self, target: str) -> list[tuple[AlertDocument, list[str]]]:
        """Alerts with the events that wait for a target; each is to be settled."""
        found = []
        with self._lock:
            for name, alert in self._alerts.items():
                events = [
                    each["event"]
                    for each in alert["outbox"]
                    if each["target"] == target and each["state"] == records.WAITING
                ]
                if events:
                    self._sending[name] = self._sending.get(name, 0) + 1
                    found.append((alert, events))
        return found

    def settle(
        self,
        target: str,
        claimed: list[tuple[AlertDocument, list[str]]],
        outcome: Outcome,
        now: float,
    ) -> None:
        """What became of what was claimed."""
        with self._lock:
            for alert, events in claimed:
                self._sending[alert["_id"]] -= 1
                for message in alert["outbox"]:
                    if message["target"] == target and message["event"] in events:
                        _settle(message, outcome, now)
                alert["waiting"] = sorted(
                    {each["target"] for each in alert["outbox"] if each["state"] == records.WAITING}
                )


def _settle(message: records.MessageDocument, outcome: Outcome, now: float) -> None:
    match outcome:
        case Outcome.SENT:
            message["state"] = records.SENT
        case Outcome.FAILED if too_old(message, now):
            message["state"] = records.GIVEN_UP
        case Outcome.UNKNOWN:
            if message["uncertain"]:
                message["state"] = records.UNKNOWN
            message["uncertain"] += 1
