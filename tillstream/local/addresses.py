"""Where a local run is, in a file that `script/run` reads: for commands in another terminal."""

import os
import shlex
from collections.abc import Mapping
from pathlib import Path

NAMES = (
    "AMQP_URL",
    "MONGO_URL",
    "DATA_DIR",
    "ENTRYPOINT_URL",
    "ENTRYPOINT_PORT",
    "DASHBOARD_PORT",
    "ARCHIVE_API_PORT",
)


def read_addresses(data_dir: Path) -> dict[str, str]:
    """What `write_addresses` wrote for the last run; empty where there was none."""
    file = data_dir / "addresses"
    if not file.exists():
        return {}
    words = shlex.split(file.read_text())
    return dict(word.split("=", 1) for word in words if "=" in word)


def write_addresses(data_dir: Path, environ: Mapping[str, str]) -> None:
    """Write `DATA_DIR/addresses`, lines for a shell; readable by its owner alone."""
    lines = [f"export {name}={shlex.quote(environ[name])}\n" for name in NAMES]
    file = os.open(data_dir / "addresses", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(file, "w") as out:
        out.writelines(lines)
