"""Where a local run is, in a file that `script/run` reads: for commands in another terminal."""

import os
import shlex
from collections.abc import Mapping
from pathlib import Path

from tillstream.errors import DataFolderError
from tillstream.runtime import product

NAMES = (
    "AMQP_URL",
    "MONGO_URL",
    "DATA_DIR",
    "ENTRYPOINT_URL",
    "ENTRYPOINT_PORT",
    "DASHBOARD_PORT",
    "ARCHIVE_API_PORT",
)
#: Settings with defaults that change figures, or what is kept: a command in another terminal must
#: have those of the running system, and none of its own.
FIGURES = (
    "STORE_TIMEZONE",
    "BUSINESS_DAY_CUTOFF_HOUR",
    "CURRENCY",
    "STORES_FILE",
    "MONGO_DATABASE",
    "PARQUET_URL",
    "PARQUET_RETENTION_DAYS",
    "TIERS_AT",
    "IDENTITY_DAYS",
    "RECEIPTS_RETENTION_DAYS",
    "CONFLICTS_RETENTION_DAYS",
    "DEAD_LETTERS_RETENTION_DAYS",
    "MAX_RECEIPT_BYTES",
    "API_KEYS",
    "STREAMS_DIR",
    "WINDOW_SIZES",
    "JOBS_FILE",
)
#: Those of them that are files, or folders with `:` between.
FILES = frozenset({"STORES_FILE", "STREAMS_DIR", "JOBS_FILE"})


def read_addresses(data_dir: Path) -> dict[str, str]:
    """What `write_addresses` wrote for the last run; empty where there was none.

    Raises DataFolderError for a file that it did not write.
    """
    file = data_dir / "addresses"
    try:
        words = shlex.split(file.read_text())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise DataFolderError(
            f"{file} cannot be read ({error}): remove it, and start again with `tillstream up`"
        ) from error
    return dict(word.split("=", 1) for word in words if "=" in word)


def write_addresses(data_dir: Path, environ: Mapping[str, str]) -> None:
    """Write `DATA_DIR/addresses`, lines for a shell; readable by its owner alone."""
    lines = [f"export {name}={shlex.quote(environ[name])}\n" for name in NAMES]
    lines += [_figures(name, environ.get(name, "")) for name in FIGURES]
    file = os.open(data_dir / "addresses", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(file, "w") as out:
        out.writelines(lines)


def _figures(name: str, value: str) -> str:
    if not value:
        return f"unset {name}\n"
    if name in FILES:
        value = ":".join(str((product.FILES / path).resolve()) for path in value.split(":"))
    return f"export {name}={shlex.quote(value)}\n"
