"""Reads the state and both logs as of one moment, and compares."""

import threading
from collections.abc import Iterable
from contextlib import closing
from datetime import date
from typing import Any

from connectors.settings import ConnectorsSettings
from connectors.state.state_file import State
from connectors.verifying.scratch import scratch
from connectors.verifying.sums import Adding, differences
from connectors.verifying.versions import Versions
from connectors.worker.applying import unix_day
from connectors.worker.mapper import Mapper
from tillstream import topology
from tillstream.codec import receipt_bodies
from tillstream.log.continuity import Log
from tillstream.log.partitioned_log import receipts_log
from tillstream.log.positions import in_stream
from tillstream.log.reader import LogMessage
from tillstream.log.whole_log import read_log


def verify(settings: ConnectorsSettings, mapper: Mapper, stop: threading.Event) -> dict[str, Any]:
    """What was compared, and every difference. Raises StoppedError and pika's errors."""
    path = settings.state_path()
    with (
        State(path, create=False) as state,
        closing(State(path, create=False)) as holding,
        scratch() as kept,
    ):
        # The worker commits nothing while the ends are looked for: what is in the log up to them
        # is in the state, and what is not is in its outbox.
        holding.begin()
        state.database.execute("BEGIN")
        progress = state.progress()
        log = receipts_log(settings.amqp_url)
        firsts, lasts = log.first_offsets(), log.last_offsets()
        holding.rollback()

        versions = Versions(mapper, kept, state.waiting.aside_offsets(), state.answers)
        for messages in _deliveries(settings, progress.next_offset, stop):
            versions.take(messages)
        versions.end()
        posted, published = Adding(kept), Adding(kept)
        for receiver, _, sale in state.sales.every():
            posted.add_sale(receiver, sale)
        for messages in log.read_shown(stop, lasts, firsts):
            for one in messages:
                published.add_lines(
                    receipt_bodies(one.body, one.content_type, one.content_encoding)
                )
        published.add_lines(one.line for _, one in state.outbox.oldest(-1))
        least = unix_day(progress.received_us) - settings.receiver_sales_days
        is_whole = not any(map(in_stream, firsts.values()))
        found = versions.differences(state.sales)
        if is_whole:
            found += differences(
                posted.sums, published.sums, date.fromordinal(max(1, least)).isoformat()
            )
        return {
            "deliveries": versions.deliveries,
            "unmapped": versions.unmapped,
            "fetched": versions.fetched,
            "unanswered": versions.unanswered,
            "setAside": sum(state.waiting.count("aside").values()),
            # False: the receipts log has lost its beginning, so its sums were not compared.
            "sumsCompared": is_whole,
            "days": len(posted.sums),
            "differences": found,
        }


def _deliveries(
    settings: ConnectorsSettings, next_offset: int | None, stop: threading.Event
) -> Iterable[list[LogMessage]]:
    first = Log(settings.amqp_url, topology.DELIVERIES_LOG).first_offset()
    if next_offset is None or first is None or first >= next_offset:
        return []
    return read_log(settings.amqp_url, stop, next_offset - 1, first, topology.DELIVERIES_LOG)
