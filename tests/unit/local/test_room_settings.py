"""Every room's settings are read before a server is started: none is forgotten, and it is cheap."""

import importlib
import subprocess
import sys
from dataclasses import fields

import pytest

from local import room_settings
from local.settings import ROOT, LocalSettings
from tillstream.runtime.settings import Settings

SERVERS = {"AMQP_URL": "amqp://localhost", "MONGO_URL": "mongodb://localhost"}
#: Libraries of the rooms that take a tenth of a second each, and more.
HEAVY = ("aio_pika", "dash", "duckdb", "pika", "pyarrow", "pymongo", "starlette", "uvicorn")


@pytest.mark.parametrize(
    "wrong",
    [
        "MAX_BATCH_EVENTS=abc",  # the door's
        "IDENTITY_DAYS=0",  # the workers'
        "RECEIPTS_RETENTION_DAYS=-1",
        "ACCESS_LOG=some",  # the archive's too
        "TIERS_AT=4:30",  # a job's
        "AGGREGATES_HOURS=25",
        "RECEIVER_FETCHES=99",
        "WATCH_PORT=x",
        "ALERT_LANGUAGE=de",
        "DASHBOARD_MAX_VIEWERS=0",
        "DASHBOARD_USER=mia",  # without its password
        "SPARK_CORES=0",
    ],
)
def test_a_wrong_setting_of_any_room_is_told_once_by_its_name(wrong: str) -> None:
    name, value = wrong.split("=")

    assert room_settings.problems(SERVERS) == []
    (said,) = room_settings.problems({**SERVERS, name: value})
    assert said.startswith(name)


def test_no_room_has_a_setting_that_is_not_read_before() -> None:
    before: list[type[Settings]] = [LocalSettings, *room_settings.ALL]
    read = {field.name for kind in before for field in fields(kind)}
    unread: dict[str, set[str]] = {}
    rooms = (marker.parent for marker in ROOT.glob("[a-z]*/__init__.py"))
    for file in (file for room in rooms for file in room.glob("**/settings.py")):
        module = importlib.import_module(".".join(file.relative_to(ROOT).with_suffix("").parts))
        kinds = [
            kind
            for kind in vars(module).values()
            if isinstance(kind, type) and issubclass(kind, Settings)
        ]
        names = {field.name for kind in kinds for field in fields(kind)}
        unread[str(file)] = names - read

    assert len(unread) > 10, unread.keys()
    assert not any(unread.values()), unread


def test_reading_them_loads_none_of_the_rooms_libraries() -> None:
    said = subprocess.run(
        [sys.executable, "-c", "import sys, local.room_settings; print(*sys.modules)"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert not set(HEAVY) & set(said.stdout.split())
