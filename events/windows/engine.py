"""DuckDB as it counts here: one thread, bounded memory, nothing but the tables that it is given."""

from functools import cache

import duckdb

from tillstream.streams.engine_settings import settings

#: What DuckDB may hold beside the events that it is given, bytes.
MEMORY_BYTES = 256 * 1024 * 1024


def connect() -> duckdb.DuckDBPyConnection:
    """A connection to a database in memory, which has no tables; what is registered is its own."""
    return _database().cursor()


@cache
def _database() -> duckdb.DuckDBPyConnection:
    # One for all connections: each takes 4 MiB and nine threads, and a worker has a dozen streams
    # and windows. What they have in common are the settings and the memory.
    return duckdb.connect(":memory:", config=settings(MEMORY_BYTES))
