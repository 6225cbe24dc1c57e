"""DuckDB as it counts here: one thread, bounded memory, nothing but the tables that it is given."""

import duckdb

from tillstream.streams.engine_settings import settings

#: What DuckDB may hold beside the events that it is given, bytes.
MEMORY_BYTES = 256 * 1024 * 1024


def connect() -> duckdb.DuckDBPyConnection:
    """A connection to a database of its own, in memory."""
    return duckdb.connect(":memory:", config=settings(MEMORY_BYTES))
