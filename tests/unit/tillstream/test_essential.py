"""A process whose essential thread or task fails ends, says why, and is started again."""

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tillstream.runtime.essential import EX_FAILED
from tillstream.runtime.failing import EX_CONFIG, EX_PORT_TAKEN

BEGIN = """
import asyncio, sys, threading
from pathlib import Path
from analytics.workers.figures_writer import writing
from tillstream.runtime import essential, logs
from tillstream.runtime.settings import LogSettings

logs.configure(LogSettings(log_format="json"), "room")

def fails(key):
    return {}[key]

async def fails_later(key):
    await asyncio.sleep(0)
    fails(key)

async def waits_for_what_is_cancelled():
    awaited = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_soon(awaited.cancel)
    await awaited

async def serves(work):
    essential.start_task("dies", work)
    await asyncio.sleep(60)

"""
THREAD = """
essential.start_thread("lives", threading.Event().wait, 60)
essential.start_thread("dies", fails, "till")
threading.Event().wait(60)
"""
EXITS = """
essential.start_thread("dies", sys.exit, 0)
threading.Event().wait(60)
"""
FAILS_LATER = 'asyncio.run(serves(lambda: fails_later("till")))'
CANCELLED = "asyncio.run(serves(waits_for_what_is_cancelled))"
#: A ledger that is none: no error that the writer waits for to pass.
FIGURES = """
with writing(Path("ledger.sqlite3"), "mongodb://localhost:1", "tillstream"):
    threading.Event().wait(60)
"""


@pytest.mark.parametrize(
    ("work", "kind", "name", "reason", "where"),
    [
        (THREAD, "thread", "dies", "KeyError('till')", "in fails"),
        (EXITS, "thread", "dies", "SystemExit(0)", "SystemExit"),
        (FAILS_LATER, "task", "dies", "KeyError('till')", "in fails_later"),
        (CANCELLED, "task", "dies", "CancelledError()", "in waits_for_what_is_cancelled"),
        (FIGURES, "thread", "figures", "cannot unpack non-iterable NoneType", "in write_some"),
    ],
    ids=["thread", "sys.exit of a thread", "task", "cancelled by others", "figures of days"],
)
def test_it_ends_with_a_status_of_its_own_and_its_last_line_says_which_and_why(
    tmp_path: Path, work: str, kind: str, name: str, reason: str, where: str
) -> None:
    with sqlite3.connect(tmp_path / "ledger.sqlite3") as ledger:
        ledger.execute("CREATE TABLE facts (name, value)")
    ledger.close()
    done = subprocess.run(
        [sys.executable, "-c", BEGIN + work],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(Path.cwd())},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )

    assert EX_FAILED == done.returncode, done.stderr
    said = json.loads(done.stderr.splitlines()[-1])
    assert ("critical", "room", name) == (said["level"], said["component"], said[kind])
    assert reason in said["reason"]
    assert where in said["exception"]


def test_the_status_is_none_of_a_start_that_cannot_succeed() -> None:
    assert EX_FAILED not in (0, EX_CONFIG, EX_PORT_TAKEN)
