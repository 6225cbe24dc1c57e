"""Merges the deliveries of the log, and what vendors answered, again, and compares with what is
known of each sale.
"""

import sqlite3
from collections.abc import Container, Iterable
from typing import Any

from connectors.mapping.documents import MappingError, OtherShopError, SaleState
from connectors.postings.merging import merge
from connectors.state.answers import Answers
from connectors.state.sales import Sales
from connectors.worker.mapper import Mapper
from connectors.worker.taking import FAULTS
from tillstream.errors import UndecodableMessageError
from tillstream.log.reader import LogMessage
from tillstream.receivers.delivery import Delivery, of_message


class Versions:
    """Of the sales of some messages, kept apart until they are compared."""

    def __init__(
        self,
        mapper: Mapper,
        database: sqlite3.Connection,
        aside: Container[int],
        answers: Answers,
    ) -> None:
        """`database` has the table of sales (scratch.py); `aside`: offsets of what is set aside;
        `answers` are the state's.
        """
        self._mapper = mapper
        self._aside = aside
        self._answers = answers
        self._next_answers = answers.every()
        self._answer = next(self._next_answers, None)
        self._sales = Sales(database)
        self.deliveries = 0
        #: Those that cannot be mapped or posted; those that need an answer of the vendor's API, and
        #: those of them of which no answer is kept.
        self.unmapped = 0
        self.fetched = 0
        self.unanswered = 0

    def take(self, messages: Iterable[LogMessage]) -> None:
        """Merge what they say, each after the answers that were applied before it was taken."""
        for message in messages:
            self._take_answers(message.offset)
            self.deliveries += 1
            # Mapped it may be, and against the contract or too late: the state has nothing of it.
            if message.offset in self._aside:
                self.unmapped += 1
                continue
            try:
                delivery = of_message(message.headers, message.body)
                if self._mapper.is_fetched(delivery):
                    self.fetched += 1
                    self.unanswered += not self._answers.has(message.offset)
                    continue
                states = self._mapper.states(delivery)
            except (UndecodableMessageError, MappingError, *FAULTS):
                self.unmapped += 1
                continue
            for one in states:
                self._merge(delivery.receiver, one)

    def end(self) -> None:
        """Merge the answers that came after the last message."""
        self._take_answers(None)

    def _take_answers(self, until: int | None) -> None:
        """Those that were applied when the log was taken up to that offset at most."""
        while (kept := self._answer) is not None and (until is None or kept.next_offset <= until):
            self._answer = next(self._next_answers, None)
            try:
                states = self._mapper.states(Delivery(kept.receiver, "", "", "", 0, kept.body))
            except (MappingError, *FAULTS):
                self.unmapped += 1
                continue
            for one in states:
                self._merge(kept.receiver, one)

    def _merge(self, receiver: str, state: SaleState) -> None:
        sale = self._sales.get(receiver, state.sale)
        try:
            is_new = merge(sale, state)
        except OtherShopError:
            # The worker sets it aside, too.
            self.unmapped += 1
            return
        if is_new:
            self._sales.put(receiver, state.sale, 0, sale)

    def differences(self, known: Sales) -> list[dict[str, Any]]:
        """Documents of which the state has an older version, or another content of that one."""
        return [
            {
                "what": "newest version",
                "receiver": receiver,
                "sale": name,
                "document": key,
                "expected": document.version,
                "found": None if there is None else there.version,
            }
            for receiver, name, sale in self._sales.every()
            for kept in [known.get(receiver, name)]
            for key, document in sale.documents.items()
            for there in [kept.documents.get(key)]
            if there is None
            or there.version < document.version
            or (there.version == document.version and there.wanted != document.wanted)
        ]
