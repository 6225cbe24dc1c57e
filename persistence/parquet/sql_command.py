"""`tillstream sql "select ..."`: an answer over every receipt."""

import argparse
import sys
from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from itertools import islice

from persistence.csv_output import BEGIN, csv_rows
from persistence.parquet.query import Answer, Declared, answered
from persistence.parquet.settings import SqlSettings
from persistence.parquet.source import Source, connected
from persistence.parquet.storage import Storage
from tillstream.runtime import process
from tillstream.runtime.printable import printable
from tillstream.runtime.progress import progress
from tillstream.streams import definitions_file

#: Rows of a table for people; a program takes all of them as CSV.
TABLE_ROWS = 1_000
#: Receipts that are named which an answer is without.
TOLD = 100
LINE_END = "\n"
#: Widest column of a table, characters.
CELL = 60


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument(
        "query",
        help="a SELECT over the views receipts, lines and payments, and that of each stream of"
        " events, in DuckDB's SQL",
    )
    parser.add_argument("--csv", action="store_true", help="for programs: every row, no table")


def run(arguments: argparse.Namespace) -> int:
    """Print the answer; 0 when it is over every receipt, 1 when some were left out, by name."""
    settings = process.load_settings(SqlSettings)
    definitions = partial(definitions_file.load_settings, settings)
    storage = Storage(settings.archive_url())
    with (
        connected(settings.mongo_url, settings.mongo_database) as database,
        progress("sql", "receipts") as shown,
        answered(
            Source(database),
            storage,
            arguments.query,
            settings.store_timezone,
            Declared(definitions, database),
            shown,
        ) as answer,
    ):
        if arguments.csv:
            # Bytes: UTF-8 whatever the terminal's own code page is.
            out = sys.stdout.buffer
            out.write(BEGIN + csv_rows([answer.columns], LINE_END))
            while part := list(islice(answer.rows, TABLE_ROWS)):
                out.write(csv_rows(part, LINE_END))
            out.flush()
        else:
            for line in table(answer):
                shown.say(line)
    for error in answer.left_out[:TOLD]:
        print(f"error: {printable(str(error))}", file=sys.stderr)
    if len(answer.left_out) > TOLD:
        print(f"error: and {len(answer.left_out) - TOLD} more", file=sys.stderr)
    return 1 if answer.left_out else 0


def table(answer: Answer) -> Iterator[str]:
    """The answer as lines of a table: numbers to the right, at most TABLE_ROWS of them."""
    found = list(islice(answer.rows, TABLE_ROWS))
    heads = [printable(name) for name in answer.columns]
    cells = [[_cell(value) for value in row] for row in found]
    widths = [max(map(len, column)) for column in zip(heads, *cells, strict=True)]
    right = [
        bool(found) and all(isinstance(value, int | float | Decimal | None) for value in column)
        for column in zip(*found, strict=True)
    ] or [False] * len(heads)
    for row in (heads, ["-" * width for width in widths], *cells):
        yield "  ".join(
            cell.rjust(width) if to_right else cell.ljust(width)
            for cell, width, to_right in zip(row, widths, right, strict=True)
        ).rstrip()
    if next(answer.rows, None) is not None:
        yield f"... these are the first {TABLE_ROWS:,} rows; --csv gives all"


def _cell(value: object) -> str:
    text = "" if value is None else printable(str(value))
    return text if len(text) <= CELL else text[: CELL - 3] + "..."
