"""`python -m generator track`: events of web pages, one a request, and what became of them."""

import argparse
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from random import Random

import msgspec

from generator import argument_types as types
from generator.progress import Progress
from generator.shop.senders import new_run
from tillstream.http.door_connection import DoorConnection
from tillstream.runtime import logs, process
from tillstream.runtime.settings import DoorSettings, LogSettings

MODE = "track"
CREATED = "Event created"

_ACTIONS = ("page_view", "page_view", "page_view", "scroll", "button_click", None)


@dataclass(frozen=True, kw_only=True)
class TrackSettings(DoorSettings, LogSettings):
    """Where the pages send to."""

    #: For `X-Token`, where the door wants a key.
    api_key: str | None = None


class _Answer(msgspec.Struct):
    detail: str = ""


def event(number: int, seed: int) -> dict[str, object]:
    """The event of that number: the same for the same seed."""
    draws = Random(f"{seed}/{number}")
    action = draws.choice(_ACTIONS)
    return {
        "user_id": draws.randrange(1, 1_000),
        "app_name": draws.choice(("shop", "shop", "blog")),
        "event_action": action,
        "event_category": draws.choice(("home", "product", "basket")),
        "event_value": draws.randrange(100) if action == "scroll" else None,
    }


def main(argv: Sequence[str]) -> int:
    """Send them; 0 when each was confirmed."""
    settings = process.load_settings(TrackSettings)
    options = _options(argv, settings)
    logs.configure(settings, "generator")
    stop = process.stop_on_signals()
    answers: Counter[str] = Counter()
    lock = threading.Lock()
    numbers = count()
    headers = {"Content-Type": "application/json", "User-Agent": "tillstream-generator"}
    if settings.api_key is not None:
        headers["X-Token"] = settings.api_key
    run = new_run()

    def work(progress: Progress) -> None:
        door = DoorConnection(
            options.to, headers, stop, timeout=options.timeout, tries=options.tries
        )
        while not stop.is_set():
            with lock:
                number = next(numbers)
            if number >= options.requests:
                break
            body = msgspec.json.encode(event(number, options.seed))
            reply = door.post("/track", body, f"{run}-{number}")
            with lock:
                answers[_said(reply.status, reply.body)] += 1
                progress.ended(1)
        door.close()

    begun = time.monotonic()
    with Progress(options.requests, time.monotonic, "events") as progress:
        threads = [
            threading.Thread(target=work, args=(progress,), daemon=True)
            for _ in range(options.connections)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    seconds = time.monotonic() - begun
    confirmed = answers.pop(CREATED, 0)
    print(f"confirmed {confirmed:,} of {options.requests:,} in {seconds:,.2f} s")
    for said, times in answers.most_common():
        print(f"  {said}: {times:,}")
    return int(confirmed != options.requests)


def _said(status: int | None, body: bytes) -> str:
    if status is None:
        return "no answer"
    try:
        detail = msgspec.json.decode(body, type=_Answer).detail
    except msgspec.DecodeError:
        detail = ""
    return CREATED if 200 <= status < 300 and detail == CREATED else f"{status} {detail}".strip()


def _options(argv: Sequence[str], settings: TrackSettings) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog=f"python -m generator {MODE}", description="Events of web pages, one a request."
    )
    add = parser.add_argument
    requests = types.whole("requests", "--requests 10000")
    add("--requests", type=requests, default=10_000, help="how many (%(default)s)")
    connections = types.whole("connections", "--connections 16", most=256)
    add("--connections", type=connections, default=16, help="at once (%(default)s)")
    to = "the entrypoint (ENTRYPOINT_URL, %(default)s)"
    add("--to", type=types.receiver, default=settings.door_url(), metavar="URL", help=to)
    add("--seed", type=int, default=1, help="another seed, other events")
    add("--tries", type=types.whole("tries", "--tries 15"), default=15, help="of one, at most")
    timeout = types.number("seconds", "--timeout 10")
    add("--timeout", type=timeout, default=10.0, help="seconds for one answer (%(default)s)")
    return parser.parse_args(argv)
