"""DuckDB as it runs the SQL of definitions: one thread, and nothing but what it is given."""

from typing import Any

_COMMON = {
    "threads": "1",
    # A definition's SQL reads no file and no variable of Python.
    "enable_external_access": "false",
    "python_enable_replacements": "false",
    # A figure that is divided by no events is none.
    "error_on_division_by_zero": "false",
}


def settings(memory_bytes: int) -> dict[str, Any]:
    """The `config` of a connection that may hold so much beside what it is given."""
    return {**_COMMON, "memory_limit": f"{memory_bytes}B"}
