"""`python -m connectors retry NAME`: has what is set aside of a receiver mapped again.

The worker does it, with the definitions as they are then: one process writes sales.
"""

import argparse
import time

import msgspec

from connectors.settings import StateSettings
from connectors.state.state_file import State
from tillstream.runtime import process

#: Longest wait for the worker, and between two looks, seconds.
WAIT_SECONDS, POLL_SECONDS = 30.0, 0.2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which receiver."""
    parser.add_argument("name", help="the receiver")
    parser.add_argument("--json", action="store_true", help="one object of JSON")


def run(arguments: argparse.Namespace) -> int:
    """0 when nothing of it is set aside any more, 1 when something is."""
    settings = process.load_settings(StateSettings)
    with State(settings.known_state_path(), create=False) as state:
        asked = state.waiting.ask_retry(arguments.name)
        deadline = time.monotonic() + WAIT_SECONDS
        while (waiting := state.waiting.retries()) and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
        left = state.waiting.count("aside").get(arguments.name, 0)
    found = {"receiver": arguments.name, "asked": asked, "waiting": waiting, "aside": left}
    if arguments.json:
        print(msgspec.json.encode(found).decode())
    elif waiting:
        print(f"{waiting:,} of {asked:,} wait for the worker: it takes them as soon as it runs")
    else:
        print(
            f"{asked:,} mapped again, {left:,} are set aside"
            + ("; `tillstream receivers status` says why" if left else "")
        )
    return 1 if left else 0
