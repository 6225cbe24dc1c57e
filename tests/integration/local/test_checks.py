"""`python -m local` tells what people wrote wrong before it starts anything."""

import os
import subprocess
import sys
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


def test_every_wrong_definition_is_told_before_any_server_is_started(tmp_path: Path) -> None:
    ports = [free_port(), free_port(), free_port()]
    names = ("ENTRYPOINT_PORT", "DASHBOARD_PORT", "ARCHIVE_API_PORT")
    data = tmp_path / "data"
    environ = {
        **os.environ,
        **dict(zip(names, map(str, ports), strict=True)),
        "DATA_DIR": str(data),
    }
    for name in ("AMQP_URL", "MONGO_URL"):
        environ.pop(name, None)
    for variable, name, text, _ in WRONG:
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
        environ[variable] = str(file.parent if variable.endswith("_DIR") else file)

    done = subprocess.run(
        [sys.executable, "-m", "local", "--no-generator"],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    untold = [
        name for _, name, _, place in WRONG if f"error: {tmp_path / name}{place}" not in done.stderr
    ]
    assert (done.returncode, done.stdout, untold) == (EX_CONFIG, "", []), done.stderr
    # Every server's configuration and log would be there.
    assert not (data / "supervisord.conf").exists()
    assert not (data / "log").exists()
