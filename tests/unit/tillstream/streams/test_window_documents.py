"""Rows of windows as documents, for readers that have no Arrow."""

import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import bson

from tillstream.streams import window_documents

ROOT = Path(__file__).parents[4]


def test_a_row_comes_back_from_its_document_as_it_was() -> None:
    start = datetime(2019, 10, 1, tzinfo=UTC)
    row = {"window": {"start": start}, "brand": None, "value": Decimal("12.50"), "sum": 2**40}
    kept = bson.encode(window_documents.document(row, "2019/[]", 7))
    document = bson.decode(kept, window_documents.OPTIONS)

    read = window_documents.row(document)

    assert int is type(read["sum"])
    assert ("2019/[]", 7, row) == (
        document["_id"],
        document["change"],
        read,
    )


def test_reading_definitions_needs_no_arrow() -> None:
    program = (
        "import sys; from tillstream.streams import definitions_file, window_documents;"
        " print('pyarrow' in sys.modules, 'duckdb' in sys.modules)"
    )
    said = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, check=True, timeout=60
    )

    assert b"False False\n" == said.stdout
