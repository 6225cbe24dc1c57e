"""`python -m persistence`: the worker that archives receipts."""

import argparse
import importlib
import sys
from typing import Any

from tillstream.errors import TillstreamError
from tillstream.runtime import process
from tillstream.runtime.typed_as import program_name

#: Modules with `add_arguments(parser)` and `run(arguments)`, which returns the exit status; and
#: what each command is for.
COMMANDS = {
    "migrate": (
        "persistence.upgrade.migrate_command",
        "prepare the database, as the worker does at its start",
    ),
    "dead-letters": (
        "persistence.dead_letters.command",
        "list, show, send again or drop what could not be archived",
    ),
    "api": ("persistence.api.command", "answer questions over HTTP on ARCHIVE_API_PORT"),
    "export-parquet": (
        "persistence.parquet.export_command",
        "write closed business days to Parquet files",
    ),
    "tiers": (
        "persistence.tiers.command",
        "export closed days, and drop what MongoDB need not keep, once a day",
    ),
    "sql": ("persistence.parquet.sql_command", "answer a SELECT over every receipt"),
    "erase-customer": (
        "persistence.erasure.command",
        "take a customer out of everything that is kept",
    ),
    "backup": (
        "persistence.backup.backup_command",
        "copy the archive, the log and the state to a folder",
    ),
    "restore": (
        "persistence.backup.restore_command",
        "bring a backup into an empty system",
    ),
    "refill": (
        "persistence.rebuild_log.refill_command",
        "store what the log has and the archive has not; with --day the other way round, too",
    ),
    "rebuild-log": (
        "persistence.rebuild_log.command",
        "make the log's stream anew from the archive",
    ),
    "upgrade": (
        "persistence.upgrade.command",
        "bring queues, archive and data folder of an older version to this one",
    ),
    "seal": ("persistence.seal.seal_command", "close the business days that are over"),
    "export-seals": (
        "persistence.seal.export_command",
        "write seals and sealed receipts to a folder",
    ),
    "verify-seal": (
        "persistence.seal.verify_command",
        "find what was altered, removed or inserted since it was sealed",
    ),
}


def main() -> None:
    """Run the worker until SIGTERM or SIGINT, or a command."""
    parser = argparse.ArgumentParser(prog=program_name("persistence"), description=__doc__)
    commands = parser.add_subparsers(dest="command")
    modules: dict[str, Any] = {}
    for name, (module, said) in COMMANDS.items():
        subparser = commands.add_parser(name, help=said)
        # The worker shall not carry the libraries of every command: only what is run is imported.
        if name in sys.argv[1:2]:
            modules[name] = importlib.import_module(module)
            modules[name].add_arguments(subparser)
    arguments = parser.parse_args()
    command = arguments.command
    if command in modules:
        try:
            raise SystemExit(modules[command].run(arguments))
        except TillstreamError as error:
            process.fail(error)
    # Nor a command those of the worker, which take as long to import as a short answer.
    from persistence import run_worker
    from persistence.settings import PersistenceSettings
    from tillstream.runtime import logs

    settings = process.load_settings(PersistenceSettings)
    logs.configure(settings, "persistence")
    process.calm_collector()
    process.calm_allocator()
    stop = process.stop_on_signals()
    try:
        run_worker.run_worker(settings, stop)
    except TillstreamError as error:
        process.fail(error)


if __name__ == "__main__":
    with process.output_told():
        main()
