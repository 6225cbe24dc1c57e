"""DuckDB for Parquet files: bounded memory, nothing read but what is named."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from tillstream.file_store import FileStore
from tillstream.runtime.scratch import scratch_folder

#: What does not fit is put on a disk, that of the temporary folder unless another is named.
MEMORY = "512MB"


@contextmanager
def engine(
    store: FileStore, memory: str = MEMORY, spill: Path | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection without a database, that reads the files of `store`.

    What does not fit into memory goes below `spill`.
    """
    with scratch_folder(spill) as folder:
        settings: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": memory,
            "temp_directory": str(folder),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "preserve_insertion_order": False,
        }
        with duckdb.connect(config=settings) as connection:
            # A name in a query is a view of ours, never a variable of this program.
            connection.execute("SET python_enable_replacements = false")
            # It would be written amid what a program reads.
            connection.execute("SET enable_progress_bar = false")
            if not store.local:
                connection.register_filesystem(store.filesystem)
            yield connection


def quoted(text: str) -> str:
    """Text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"
