"""Every kind of file of a data folder: in a backup, or made anew, and from what.

MongoDB needs no such list: every collection is copied but those of `collections.OF_THE_START`.
"""

from fnmatch import fnmatch

#: In a backup; the databases as of their last commit.
COPIED = (
    "entrypoint/accepted/*.sqlite3",
    "entrypoint/keys.json",
    "analytics/totals.sqlite3",
    "events/state.sqlite3",
    "events/quarantine.sqlite3",
    "events/erasures.jsonl",
    "events/erasure.key",
    "connectors.sqlite3",
    "parquet/*",
)

#: In no backup, and why that loses nothing.
MADE_ANEW = {
    "version": "noted by the first room",
    "rabbitmq/*": "the server's own; the messages of both logs are copied, and queues are declared",
    "mongo/*": "the server's own; its collections are copied",
    "generator/*": "numbers of the made-up tills",
    "spark/*": "Spark's checkpoints: the ledger and the state say where to go on",
    "log/*": "logs of the processes",
    "*.lock": "locks end with their process",
    "*-wal": "of a database that is copied as of its last commit",
    "*-shm": "the same",
    "*.rebuilt": "a recount's result that waits for its adoption: counted again",
    "*.building": "a recount that has not ended",
    "lock": "of script/server",
    "ports.json": "chosen at the start, as those below",
    "addresses": "written at each start",
    "watch.json": "written at each start",
    "prometheus.json": "written at each start",
    "supervisor*": "written at each start",
}


def explained(path: str) -> str | None:
    """What becomes of a file, by its path below the data folder; None where nobody knows."""
    if any(fnmatch(path, pattern) for pattern in COPIED):
        return "copied"
    return next((why for pattern, why in MADE_ANEW.items() if fnmatch(path, pattern)), None)
