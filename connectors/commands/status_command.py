"""`python -m connectors status`: what each receiver's deliveries came to, and what is set aside."""

import argparse
import time
from typing import Any

import msgspec

from connectors.settings import StateSettings
from connectors.state import counters
from connectors.state.state_file import State
from connectors.state.waiting import Waiting
from tillstream.clock import utc
from tillstream.runtime import process
from tillstream.runtime.text_table import text_table

#: Set-aside deliveries that are shown.
SHOWN = 20
_SUMS = (
    counters.TAKEN,
    counters.RECEIPTS,
    counters.REVERSALS,
    counters.PASSED,
    counters.APART,
    counters.HEALED,
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """For people or programs."""
    parser.add_argument("--json", action="store_true", help="one object of JSON")


def run(arguments: argparse.Namespace) -> int:
    """Print it; 1 where something is set aside."""
    settings = process.load_settings(StateSettings)
    with State(settings.known_state_path(), create=False) as state:
        found = status(state, time.time())
    print(msgspec.json.encode(found).decode() if arguments.json else _text(found))
    return 1 if found["asideTotal"] else 0


def status(state: State, now: float) -> dict[str, Any]:
    """All of it; times are Unix seconds."""
    aside, fetches = state.waiting.count("aside"), state.waiting.count("fetch")
    sums = state.counters.all()
    newest = state.waiting.newest_aside(SHOWN)
    progress = state.progress()
    return {
        "nextOffset": progress.next_offset,
        "outbox": state.outbox.count(),
        "asideTotal": sum(aside.values()),
        "receivers": {
            name: {each: sums.get(name, {}).get(each, 0) for each in _SUMS}
            | {
                "set aside": aside.get(name, 0),
                "waiting for the vendor": fetches.get(name, 0),
                "newest": _seconds(sums.get(name, {}).get(counters.NEWEST)),
                "newestAge": _age(sums.get(name, {}).get(counters.NEWEST), now),
            }
            for name in sorted(sums.keys() | aside.keys() | fetches.keys())
        },
        "aside": [_aside(one) for one in newest],
    }


def _aside(one: Waiting) -> dict[str, Any]:
    return {
        "receiver": one.delivery.receiver,
        "offset": one.log_offset,
        "topic": one.delivery.topic,
        "delivery": one.delivery.delivery,
        "received": _seconds(one.delivery.received_us),
        "sale": one.sale,
        **one.reason._asdict(),
    }


def _text(found: dict[str, Any]) -> str:
    heads = ("receiver", *_SUMS, "set aside", "waiting for the vendor", "newest")
    rows = [
        [
            name,
            *(f"{each[head]:,}" for head in heads[1:-1]),
            "" if each["newest"] is None else utc(each["newest"]).isoformat(" ", "seconds"),
        ]
        for name, each in found["receivers"].items()
    ]
    told = [text_table(heads, rows, 1) if rows else "no delivery was taken yet"]
    if found["outbox"]:
        told.append(f"{found['outbox']:,} receipts wait for the broker")
    told += [
        f"\n{one['receiver']} {one['topic']} {one['delivery']} (offset {one['offset']}):"
        f" {one['rule']} {one['path']}: {one['found']}\n    {one['mend']}"
        for one in found["aside"]
    ]
    if found["asideTotal"]:
        told.append(
            f"\n{found['asideTotal']:,} set aside: mend the definition, then"
            " `tillstream receivers retry NAME`"
        )
    return "\n".join(told)


def _seconds(microseconds: int | None) -> float | None:
    return None if microseconds is None else microseconds / 1_000_000


def _age(microseconds: int | None, now: float) -> float | None:
    return None if microseconds is None else round(max(0.0, now - microseconds / 1_000_000), 1)
