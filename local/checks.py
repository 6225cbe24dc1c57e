"""Every mistake in settings and files that people write, told before any server is started.

A room checks its own files again when it starts; that would be after RabbitMQ and MongoDB.
"""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack

from entrypoint.settings import EntrypointSettings
from local import room_settings
from local.settings import ROOT
from tillstream import stores
from tillstream.errors import ServerNotReadyError, SettingsError
from tillstream.receivers import definitions_file as receivers_file
from tillstream.runtime import settings
from tillstream.runtime.process import EX_CONFIG
from tillstream.runtime.settings import (
    ReceiversSettings,
    StoreTimeSettings,
    StreamsSettings,
    TracingSettings,
)
from tillstream.runtime.tracing import start as tracing
from tillstream.streams import definitions_file as streams_file

#: What a room alone can read, by its command; each tells its mistakes on standard error, with 78.
_COMMANDS = {"jobs": "jobs check", "alerts": "alerts check"}
_USERS = {"users": "dashboard users list"}
#: Longest wait for all of them, on a machine that is busy.
CHECK_SECONDS = 60
POLL_SECONDS = 0.05
_SAID_AS = "error: "


def require_definitions(environ: Mapping[str, str], stop: threading.Event) -> None:
    """Return when all of them hold for processes with `environ`, or when `stop` is set.

    Raises SettingsError with every mistake, and ServerNotReadyError for a check that fails itself.
    """
    commands = _COMMANDS | (_USERS if environ.get("USERS_FILE") else {})
    with ExitStack() as ended:
        running = {
            name: ended.enter_context(_started(words, environ)) for name, words in commands.items()
        }
        for process in running.values():
            ended.callback(process.kill)
        # What all rooms read is read here meanwhile.
        problems = [
            *room_settings.problems(environ),
            *_problems(lambda: stores.load(settings.load(StoreTimeSettings, environ))),
            *_problems(lambda: streams_file.load_settings(settings.load(StreamsSettings, environ))),
            *_problems(
                lambda: receivers_file.load_settings(settings.load(ReceiversSettings, environ))
            ),
            *_problems(lambda: tracing.require_installed(settings.load(TracingSettings, environ))),
            *_problems(lambda: _require_secrets(environ)),
        ]
        deadline = time.monotonic() + CHECK_SECONDS
        for name, process in running.items():
            said = _said(process, deadline, stop)
            if stop.is_set():
                return
            if process.returncode == EX_CONFIG:
                lines = said.splitlines()
                problems += [line.removeprefix(_SAID_AS) for line in lines]
            elif process.returncode:
                raise ServerNotReadyError(f"the check of {name} has failed:\n{said}")
    if problems:
        # A setting that two of them read is wrong once.
        raise SettingsError(list(dict.fromkeys(problems)))


def _started(words: str, environ: Mapping[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", *words.split()],
        cwd=ROOT,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        # Ctrl-C in a terminal is ours.
        process_group=0,
    )


def _require_secrets(environ: Mapping[str, str]) -> None:
    """Read the secrets of receivers as the door will, where there are any."""
    if not any(name.startswith("RECEIVER_") and "SECRET" in name for name in environ):
        return
    # The door's own, with libraries that take time to load.
    from entrypoint.receivers.set_up import set_up

    set_up(settings.load(EntrypointSettings, environ), environ, time.time)


def _problems(load: Callable[[], object]) -> list[str]:
    try:
        load()
    except SettingsError as error:
        return error.problems
    return []


def _said(process: subprocess.Popen[str], deadline: float, stop: threading.Event) -> str:
    """What it wrote on standard error, once it has ended; what was written until `stop` is lost."""
    while not stop.is_set() and time.monotonic() < deadline:
        try:
            return process.communicate(timeout=POLL_SECONDS)[1]
        except subprocess.TimeoutExpired:
            continue
    process.kill()
    process.wait()
    return f"no answer within {CHECK_SECONDS} s"
