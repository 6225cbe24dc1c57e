"""DuckDB as it counts here: one thread, bounded memory, nothing but the tables that it is given."""

import duckdb

#: What DuckDB may hold beside the events that it is given, bytes.
MEMORY_BYTES = 256 * 1024 * 1024

_SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "threads": 1,
    "memory_limit": f"{MEMORY_BYTES}B",
    # A definition's SQL reads no file and no variable of Python.
    "enable_external_access": False,
    "python_enable_replacements": False,
    # A figure that is divided by no events is none.
    "error_on_division_by_zero": False,
}


def connect() -> duckdb.DuckDBPyConnection:
    """A connection to a database of its own, in memory."""
    return duckdb.connect(":memory:", config=_SETTINGS)
