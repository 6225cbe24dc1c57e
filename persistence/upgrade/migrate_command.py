"""`python -m persistence migrate`: prepares the database, as the worker does at its start."""

import argparse
import time

from persistence.schema import VERSION
from persistence.settings import PersistenceSettings
from persistence.writer.archive_writer import ArchiveWriter, connect
from tillstream import stores
from tillstream.runtime import process


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command takes none: retention is a setting."""
    parser.epilog = "RECEIPTS_RETENTION_DAYS and its like say how long documents are kept."


def run(_: argparse.Namespace) -> int:
    """Migrate, and say what there is now."""
    settings = process.load_settings(PersistenceSettings)
    with connect(settings.mongo_url) as client:
        table = stores.load(settings)
        done = ArchiveWriter(client, settings.mongo_database, table, time.time, settings).prepare()
    kept = ", ".join(
        f"{name} {f'for {days} days' if days else 'for ever'}"
        for name, days in {
            "receipts": settings.receipts_retention_days,
            **settings.days(),
        }.items()
    )
    print(f"schema {VERSION} {'made' if done else 'was there'}; kept: {kept}")
    return 0
