"""Looks at a system for `status`: every part at once, none waited for longer than a bound."""

import contextlib
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from command.status import http_rooms, mongodb, problems, rabbitmq
from command.status.asking import ask_all
from command.status.findings import FiguresFound, Findings, ProgramFound, Unasked
from command.status.programs import programs
from command.status.sizes import sizes
from command.system import System
from tillstream.runtime import disk
from tillstream.runtime.settings import DATABASE
from tillstream.version import VERSION

#: For all parts together: `status` answers within 3 s, with the time that Python takes to start.
ASK_SECONDS = 2.0
#: The rooms that listen for people, with the variables of their ports.
PAGES = {
    "entrypoint": "ENTRYPOINT_PORT",
    "dashboard": "DASHBOARD_PORT",
    "archive-api": "ARCHIVE_API_PORT",
}
MIN_FREE = "MIN_FREE_DISK_BYTES"


def look(system: System, now: datetime) -> Findings:
    """The findings of a system that runs."""
    environ = system.environ
    urls = {
        name: f"http://127.0.0.1:{environ[port]}"
        for name, port in PAGES.items()
        if environ.get(port)
    }
    database = environ.get("MONGO_DATABASE") or DATABASE
    asked: dict[str, Callable[[], Any]] = {
        "supervisor": partial(programs, system.data_dir),
        "rabbitmq": partial(rabbitmq.broker_figures, environ["AMQP_URL"]),
        "mongodb": partial(mongodb.conflicts, environ["MONGO_URL"], database),
        **{name: partial(http_rooms.ready, url) for name, url in urls.items()},
    }
    if not system.is_local:
        del asked["supervisor"]
    answers, unasked = ask_all(asked, ASK_SECONDS)
    found: tuple[ProgramFound, ...] = answers.get("supervisor", ())
    queues, figures = answers.get("rabbitmq", (None, FiguresFound()))
    kept = None
    with contextlib.suppress(OSError):
        kept = sizes(system.data_dir, found)
    setting = environ.get(MIN_FREE, "")
    least = int(setting) if setting.isdigit() else None
    wrong = problems.problems(
        found,
        figures,
        queues,
        kept,
        _not_said_yet(found, unasked),
        disk.min_free_bytes(system.data_dir, least),
        answers.get("mongodb"),
        now,
    )
    # A start of one program is no start of all: the oldest says since when.
    since = min((each.since for each in found if each.since), default=None)
    return Findings(
        at=now.isoformat(timespec="milliseconds"),
        state="wrong" if wrong else "well",
        version=VERSION,
        data_dir=str(system.data_dir),
        since=since,
        urls=urls,
        programs=found,
        figures=figures,
        queues=queues,
        sizes=kept,
        unasked=tuple(unasked),
        problems=tuple(wrong),
    )


def _not_said_yet(found: tuple[ProgramFound, ...], unasked: list[Unasked]) -> list[Unasked]:
    """Without those that are known not to run: that says it all."""
    same = {"rabbitmq": "rabbitmq", "mongodb": "mongod"}
    down = {each.name for each in found if each.state not in ("RUNNING", "STARTING")}
    return [each for each in unasked if same.get(each.what, each.what) not in down]
