"""Maps again what somebody has asked for: by the definitions as they are now."""

import structlog
from pika.exceptions import AMQPError

from connectors.state.state_file import State
from connectors.state.waiting import Waiting
from connectors.worker.mapper import Mapper
from connectors.worker.taking import Taking
from tillstream import topology
from tillstream.errors import TillstreamError
from tillstream.log.looking_up import messages_at
from tillstream.log.reader import LogTruncatedError

log = structlog.get_logger()

#: Deliveries of a transaction.
AT_ONCE = 100


class Retrying:
    """Looks into the state for what is to be mapped again."""

    def __init__(self, state: State, mapper: Mapper, taking: Taking, amqp_url: str) -> None:
        self._state = state
        self._mapper = mapper
        self._taking = taking
        self._amqp_url = amqp_url

    def turn(self) -> int:
        """Map some; returns how many."""
        some = self._state.waiting.to_retry(AT_ONCE)
        if not some:
            return 0
        try:
            self._mapper.reload()
        except TillstreamError as error:
            log.error("the definitions have mistakes: those of before stay", reason=str(error))
        whole: list[Waiting] = []
        for one in some:
            body = one.delivery.body if one.has_body else self._from_log(one)
            if body is None:
                gone = one.reason._replace(found="its body is gone from the log")
                self._state.begin()
                self._state.waiting.set_aside(one.number, gone)
                self._state.commit()
                continue
            whole.append(one._replace(delivery=one.delivery._replace(body=body)))
        self._taking.retry(whole)
        return len(some)

    def _from_log(self, one: Waiting) -> bytes | None:
        if one.log_offset is None:
            return None
        try:
            [found] = messages_at(self._amqp_url, [one.log_offset], topology.DELIVERIES_LOG)
        except (LogTruncatedError, AMQPError) as error:
            log.error("a delivery cannot be read from the log", reason=repr(error))
            return None
        return found.body
