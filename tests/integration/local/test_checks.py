"""`python -m local` tells what people wrote wrong before it starts anything."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from local.ports import free_port
from local.settings import ROOT
from tillstream.runtime.process import EX_CONFIG

#: Of each kind: the setting, the file, what it says, and where the mistake is.
WRONG = [
    ("STREAMS_DIR", "streams/clicks.toml", '[stream]\nname = "clicks"\nfeilds = 1\n', ":3: "),
    ("RECEIVERS_DIR", "receivers/till.toml", 'title = "Till"\nfeilds = 1\n', ":2: "),
    ("JOBS_FILE", "jobs.toml", '[[job]]\nname = "tiers"\ncorn = "0 4 * * *"\n', ":3: "),
    ("ALERTS_FILE", "alerts.toml", '[[rule]]\nname = "disk"\nkind = "disk-shrot"\n', ":3: "),
    ("USERS_FILE", "users.toml", '[[user]]\nname = "mia"\nroles = ["directer"]\n', ":3: "),
    ("STORES_FILE", "stores.csv", "storeID,zone\n17,Europe/Pari\n", ", row 2: "),
]
#: Of rooms that alone read them, as the terminal has it.
WRONG_SETTINGS = {
    "MAX_BATCH_EVENTS": ("abc", "error: MAX_BATCH_EVENTS='abc': it is a whole number"),
    "DASHBOARD_MAX_VIEWERS": ("0", "error: DASHBOARD_MAX_VIEWERS='0': it is a whole number, at"),
}


def test_every_wrong_definition_and_setting_is_told_before_any_server_is_started(
    tmp_path: Path,
) -> None:
    environ = {name: value for name, (value, _) in WRONG_SETTINGS.items()}
    for variable, name, text, _ in WRONG:
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
        environ[variable] = str(file.parent if variable.endswith("_DIR") else file)

    said = _refused(tmp_path / "data", environ)

    untold = [name for _, name, _, place in WRONG if f"error: {tmp_path / name}{place}" not in said]
    untold += [name for name, (_, line) in WRONG_SETTINGS.items() if said.count(line) != 1]
    assert untold == [], said


def test_what_only_the_whole_door_finds_wrong_is_told_then_too(tmp_path: Path) -> None:
    secrets = tmp_path / "secrets.toml"
    secrets.write_text("shopify = 1\n")

    said = _refused(tmp_path / "data", {"RECEIVER_SECRETS_FILE": str(secrets)})

    assert said == f'error: RECEIVER_SECRETS_FILE={secrets}: shopify has to be "..." or [...]\n'


def _refused(data: Path, wrong: Mapping[str, str]) -> str:
    """What it says on standard error before it has started anything."""
    ports = [free_port(), free_port(), free_port()]
    names = ("ENTRYPOINT_PORT", "DASHBOARD_PORT", "ARCHIVE_API_PORT")
    environ = {
        **os.environ,
        **dict(zip(names, map(str, ports), strict=True)),
        "DATA_DIR": str(data),
    }
    for name in ("AMQP_URL", "MONGO_URL"):
        environ.pop(name, None)
    done = subprocess.run(
        [sys.executable, "-m", "local", "--no-generator"],
        cwd=ROOT,
        env={**environ, **wrong},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stdout) == (EX_CONFIG, ""), done.stderr
    # Every server's configuration and log would be there.
    assert not (data / "supervisord.conf").exists()
    assert not (data / "log").exists()
    return done.stderr
