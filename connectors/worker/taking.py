"""Takes deliveries into the state: one transaction a batch, one bad delivery set aside alone.

The critical sequence:

1. begin a transaction of the state;
2. map each delivery, each as a part of the transaction; what cannot be mapped or breaks the
   contract is undone and set aside, what only names an id waits for the vendor's answer;
3. merge it into what is known of its sale; reversals and new postings go to the outbox;
4. write the counters and the offset to go on from; commit;
5. acknowledge to the broker, which only lets it send more: the position is ours;
6. publish the outbox, and wait for the broker's confirm;
7. delete from the outbox what was confirmed.

Killed before the commit, the deliveries are read again and nothing of them was kept. Killed after
it, the outbox is published (again): the same bytes with the same identity, which count once.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

import structlog

from connectors.mapping.documents import MappingError
from connectors.state.answers import KeptAnswer
from connectors.state.counters import ASIDE, DROPPED, HEALED, TAKEN
from connectors.state.state_file import Progress, State
from connectors.state.waiting import Reason, SaleVersion, Waiting
from connectors.worker.applying import Applying, SaleError, unix_day
from connectors.worker.mapper import Mapper
from tillstream.errors import UndecodableMessageError
from tillstream.log.reader import LogMessage, message_digest
from tillstream.receivers.delivery import Delivery, of_message

log = structlog.get_logger()

#: What a mapping may do wrong beside what it says itself: never the end of the others.
FAULTS = (ArithmeticError, LookupError, TypeError, ValueError, AttributeError, RecursionError)
#: For a message whose headers are none of a delivery.
UNKNOWN = "?"
MEND = "`tillstream receivers try NAME FILE` shows it; mend the definition, then retry"

#: Called before each numbered step.
Step = Callable[[int], None]


class Answer(NamedTuple):
    """What the vendor's API said for a delivery that waits: its body, or why there is none."""

    number: int
    body: bytes | None
    #: That of the body: an answer has none, it is a sale as a whole.
    topic: str = ""
    reason: Reason = Reason()
    #: False: nothing was asked, as a changed definition maps the delivery itself.
    was_asked: bool = True


class Taking:
    """One writer of a state."""

    def __init__(
        self,
        state: State,
        mapper: Mapper,
        applying: Applying,
        sales_days: int,
        step: Step = lambda _: None,
    ) -> None:
        self._state = state
        self._mapper = mapper
        self._applying = applying
        self._sales_days = sales_days
        self._step = step
        self._counted: Counter[tuple[str, str]] = Counter()

    def take(self, messages: Sequence[LogMessage]) -> None:
        """Steps 1 to 4 for messages of the log, in its order."""
        before = self._state.progress()
        newest_us = before.received_us
        with self._transaction():
            self._step(2)
            for message in messages:
                if message.offset >= (before.next_offset or 0):
                    newest_us = max(newest_us, self._take(message))
            last = messages[-1]
            self._step(4)
            if last.offset >= (before.next_offset or 0):
                self._state.write_progress(
                    Progress(last.offset + 1, message_digest(last), newest_us)
                )
                # A day less than the limit of `Applying`: clocks of deliveries are not in order.
                oldest = unix_day(newest_us) - self._sales_days - 1
                self._state.sales.remove_before(oldest)

    def answered(self, answers: Sequence[Answer]) -> None:
        """What the vendor's API has said: applied, or set aside."""
        with self._transaction():
            next_offset = self._state.progress().next_offset or 0
            for number, body, topic, reason, was_asked in answers:
                [waiting] = self._state.waiting.numbered(number)
                delivery = waiting.delivery
                if body is None:
                    self._aside(delivery, reason, number=number)
                elif self._apply(delivery._replace(body=body, topic=topic), number=number):
                    self._state.waiting.remove([number])
                    if was_asked:
                        kept = KeptAnswer(next_offset, delivery.receiver, body)
                        self._state.answers.put(waiting.log_offset, kept)

    def prune(self, first_offset: int) -> None:
        """Forget what was answered before the log's first offset."""
        with self._transaction():
            self._state.answers.prune(first_offset)

    def retry(self, some: Sequence[Waiting]) -> None:
        """Map again what was set aside; `some` have their bodies."""
        with self._transaction():
            for one in some:
                if self._map(one.delivery, one.log_offset, number=one.number):
                    # Of a whole sale it is removed, and counted, with what else it heals.
                    removed = self._state.waiting.remove([one.number])
                    self._counted[one.delivery.receiver, HEALED] += removed

    def _transaction(self) -> "_Transaction":
        return _Transaction(self._state, self._counted)

    def _take(self, message: LogMessage) -> int:
        """Returns when it came, Unix microseconds."""
        try:
            delivery = of_message(message.headers, message.body)
        except UndecodableMessageError as error:
            delivery = Delivery(UNKNOWN, "", "", "", 0, message.body)
            self._counted[UNKNOWN, TAKEN] += 1
            reason = Reason("delivery", "", str(error), "publish deliveries by the door alone")
            self._aside(delivery, reason, message.offset)
            return 0
        self._counted[delivery.receiver, TAKEN] += 1
        self._state.counters.lift(delivery.receiver, delivery.received_us)
        self._map(delivery, message.offset)
        return delivery.received_us

    def _map(self, delivery: Delivery, log_offset: int | None, number: int | None = None) -> bool:
        """Whether it is done; where not it waits."""
        try:
            fetch = self._mapper.fetch_of(delivery)
        except (MappingError, *FAULTS) as error:
            self._aside(delivery, reason_of(error), log_offset, number)
            return False
        if fetch is None:
            return self._apply(delivery, log_offset, number)
        self._state.waiting.put("fetch", log_offset, delivery)
        return True

    def _apply(
        self, delivery: Delivery, log_offset: int | None = None, number: int | None = None
    ) -> bool:
        try:
            with self._state.all_or_nothing():
                counted = self._applying.apply(delivery, self._mapper.states(delivery))
        except (MappingError, *FAULTS) as error:
            sale = error.sale if isinstance(error, SaleError) else None
            self._aside(delivery, reason_of(error), log_offset, number, sale)
            return False
        self._counted.update(counted)
        return True

    def _aside(
        self,
        delivery: Delivery,
        reason: Reason,
        log_offset: int | None = None,
        number: int | None = None,
        sale: SaleVersion | None = None,
    ) -> None:
        log.error(
            "a delivery is set aside",
            receiver=delivery.receiver,
            topic=delivery.topic,
            delivery=delivery.delivery,
            offset=log_offset,
            rule=reason.rule,
            path=reason.path,
            found=reason.found,
            mend=reason.mend,
        )
        if number is not None:
            self._state.waiting.set_aside(number, reason, sale)
            return
        self._counted[delivery.receiver, ASIDE] += 1
        self._state.waiting.put("aside", log_offset, delivery, reason, sale)
        if dropped := self._state.waiting.bound():
            log.error(
                "too many deliveries are set aside: the log alone has the oldest", many=dropped
            )
            self._counted[delivery.receiver, DROPPED] += dropped


class _Transaction:
    def __init__(self, state: State, counted: Counter[tuple[str, str]]) -> None:
        self._state = state
        self._counted = counted

    def __enter__(self) -> None:
        self._counted.clear()
        self._state.begin()

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self._state.rollback()
            return
        self._state.counters.add(self._counted)
        self._state.commit()


def reason_of(error: BaseException) -> Reason:
    """What is kept of an error."""
    if isinstance(error, MappingError):
        return Reason(error.rule, error.path, error.found, error.mend)
    return Reason("mapping", "", repr(error)[:1000], MEND)
