"""Compares the rows of a window in MongoDB with those of the state."""

from typing import Any, NamedTuple

import msgspec
from pymongo.database import Database

from events.verify.report import MAX_NAMED, Difference
from events.windows.state_file import State
from events.windows.window_table import FIXED, WindowTable
from tillstream.archive import Document
from tillstream.streams import window_documents
from tillstream.streams.definition import Window
from tillstream.streams.window_rows import CHANGE, FINAL, LATE, REVISION, read_value, row_id

#: Rows that are looked up at once.
BATCH = 1_000


class InMongo(NamedTuple):
    """What was compared, what differs, and what MongoDB has not got yet."""

    rows: int
    differing: int
    behind: int
    named: list[Difference]


def compare(
    state: State, window: Window, database: Database[Document] | None, archive: str
) -> InMongo:
    """A row of the same `change` has to be the same; one of a later commit is still to come.

    Derived columns are made of the figures that are compared, and are not compared.
    """
    if database is None:
        return InMongo(0, 0, 0, [])
    collection = database.client[window_documents.database_name(window, archive)].get_collection(
        window_documents.collection_name(window), window_documents.OPTIONS
    )
    last = collection.find_one({}, {CHANGE: 1}, sort=[(CHANGE, -1)])
    written_to = last[CHANGE] if last else -1
    table = WindowTable(window)
    cursor = state.execute(f"SELECT {table.columns} FROM {table.name}")  # noqa: S608 - declared
    rows = differing = behind = 0
    named: list[Difference] = []
    while part := cursor.fetchmany(BATCH):
        ids = [row_id(row[0], msgspec.json.decode(row[1])) for row in part]
        documents = {each["_id"]: each for each in collection.find({"_id": {"$in": ids}})}
        for known, row in zip(ids, part, strict=True):
            fixed = dict(zip(FIXED, row, strict=False))
            document = documents.get(known)
            if document is not None and document[CHANGE] > fixed[CHANGE]:
                # Written since the state was read.
                continue
            if fixed[CHANGE] > written_to or (
                fixed[CHANGE] == written_to and (document or {}).get(CHANGE) != written_to
            ):
                behind += 1
                continue
            rows += 1
            expected = _wanted(window, table, row)
            found = {} if document is None else _found(document, expected)
            if found != expected:
                differing += 1
                if len(named) < MAX_NAMED:
                    what = f"MongoDB {window.name}"
                    named.append(Difference(what, known, str(expected), str(found or "")))
    return InMongo(rows, differing, behind, named)


def _wanted(window: Window, table: WindowTable, row: tuple[Any, ...]) -> Document:
    fixed = dict(zip(FIXED, row, strict=False))
    figures = dict(zip(table.measures, row[len(FIXED) :], strict=True))
    shown = {
        measure.name: read_value(figures[measure.name], measure.read_as, measure.scale)
        for measure in window.measures
        if not measure.hidden
    }
    own = {LATE: fixed["late"], REVISION: fixed["revision"], FINAL: bool(fixed["final"])}
    return shown | own | {CHANGE: fixed[CHANGE]}


def _found(document: Document, wanted: Document) -> Document:
    row = {**document, **window_documents.row(document)}
    return {name: row.get(name) for name in wanted}
