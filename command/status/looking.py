"""Looks at a system for `status`: every part at once, none waited for longer than a bound."""

import contextlib
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from command.status import problems, watched
from command.status.asking import ask_all
from command.status.findings import FiguresFound, Findings, ProgramFound, ReceiversFound, Unasked
from command.status.programs import programs
from command.status.receivers import receivers as receivers_of
from command.status.sizes import sizes
from command.system import System
from tillstream.currencies import CURRENCY
from tillstream.runtime import disk
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
_FIGURES = "figures of "


def look(system: System, now: datetime) -> Findings:
    """The findings of a system that runs."""
    environ = system.environ
    urls = {
        name: f"http://127.0.0.1:{environ[port]}"
        for name, port in PAGES.items()
        if environ.get(port)
    }
    asked = _questions(system) if system.is_local else _of_servers(environ, urls)
    answers, missing = ask_all(asked, ASK_SECONDS)
    # Whose figures are missing says why itself, as it is asked whether it is ready, too.
    unasked = [each for each in missing if not each.what.startswith(_FIGURES)]
    found: tuple[ProgramFound, ...] = tuple(
        _with_lag(program, answers.get(program.name)) for program in answers.get("supervisor", ())
    )
    queues, figures = answers.get("rabbitmq", (None, FiguresFound()))
    conflicts, receivers = answers.get("mongodb"), ReceiversFound()
    if system.is_local:
        heard: dict[str, float] = {}
        for name in watched.TELLING:
            heard |= answers.get(f"{_FIGURES}{name}", {})
        queues, figures = watched.queues(heard), watched.figures(heard)
        conflicts, receivers = watched.conflicts(heard), receivers_of(heard)
    figures = figures._replace(currency=environ.get("CURRENCY") or CURRENCY)
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
        conflicts,
        receivers,
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
        receivers=receivers,
        sizes=kept,
        unasked=tuple(unasked),
        problems=tuple(wrong),
    )


def _questions(system: System) -> dict[str, Callable[[], Any]]:
    """Of a local run: the supervisor, and each process at its own address. No library of
    RabbitMQ or MongoDB is loaded for it: that took more time than all the answers.
    """
    urls = watched.urls(system.data_dir)
    return {
        "supervisor": partial(programs, system.data_dir),
        **{name: partial(watched.ready, url) for name, url in urls.items()},
        **{
            f"{_FIGURES}{name}": partial(watched.metrics, urls[name])
            for name in watched.TELLING
            if name in urls
        },
    }


def _of_servers(
    environ: Mapping[str, str], urls: Mapping[str, str]
) -> dict[str, Callable[[], Any]]:
    """Where only the servers are known, as in a container: these, and what is on its port here."""
    from command.status import mongodb, rabbitmq
    from tillstream.runtime.settings import DATABASE

    database = environ.get("MONGO_DATABASE") or DATABASE
    return {
        "rabbitmq": partial(
            rabbitmq.broker_figures, environ["AMQP_URL"], environ.get("CURRENCY") or CURRENCY
        ),
        "mongodb": partial(mongodb.conflicts, environ["MONGO_URL"], database),
        **{name: partial(watched.ready, url) for name, url in urls.items()},
    }


def _with_lag(program: ProgramFound, ready: watched.Ready | None) -> ProgramFound:
    if ready is None:
        return program
    return program._replace(
        behind_messages=ready.behind_messages, behind_seconds=ready.behind_seconds
    )


def _not_said_yet(found: tuple[ProgramFound, ...], unasked: list[Unasked]) -> list[Unasked]:
    """Without those that are known not to run, or to be stopped: that says it all."""
    same = {"rabbitmq": "rabbitmq", "mongodb": "mongod"}
    told = {
        each.name
        for each in found
        if each.state not in ("RUNNING", "STARTING") or each.stopped_pids
    }
    return [each for each in unasked if same.get(each.what, each.what) not in told]
