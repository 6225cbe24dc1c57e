"""What the connectors' worker and the door say of receivers by their figures of `/metrics`."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from command.status.findings import ReceiverFound, ReceiversFound

_LABEL = re.compile(r'receiver="([^"]*)"')
_PREFIX = "tillstream_receiver_"


def receivers(found: Mapping[str, float]) -> ReceiversFound:
    """By name: what was taken, what is set aside, what the door refuses as it is not set up."""
    aside = _by_receiver(found, f"{_PREFIX}aside_deliveries")
    taken = _by_receiver(found, f"{_PREFIX}deliveries_total")
    receipts = _by_receiver(found, f"{_PREFIX}receipts_total")
    waiting = _by_receiver(found, f"{_PREFIX}fetches")
    newest = _by_receiver(found, f"{_PREFIX}newest_timestamp_seconds")
    refused = _by_receiver(found, "tillstream_deliveries_refused_total")
    not_set_up = _by_receiver(found, f"{_PREFIX}not_set_up")
    return ReceiversFound(
        {name: int(many) for name, many in aside.items() if many},
        tuple(name for name, many in not_set_up.items() if many),
        tuple(
            ReceiverFound(
                name,
                int(taken.get(name, 0)),
                int(receipts.get(name, 0)),
                int(waiting.get(name, 0)),
                int(refused.get(name, 0)),
                int(aside.get(name, 0)),
                _moment(newest.get(name, 0)),
            )
            for name in sorted(taken.keys() | refused.keys())
        ),
    )


def _by_receiver(found: Mapping[str, float], figure: str) -> dict[str, float]:
    """A figure's values, added up where it has further labels."""
    sums: dict[str, float] = {}
    for name, value in sorted(found.items()):
        if name.startswith(f"{figure}{{") and (label := _LABEL.search(name)):
            sums[label[1]] = sums.get(label[1], 0) + value
    return sums


def _moment(seconds: float) -> str | None:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds") if seconds else None
