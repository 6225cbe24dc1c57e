"""How far each attribution is, in the state: its figures, and from where the log is read for it."""

import sqlite3
from collections.abc import Iterable

import msgspec
from msgspec.structs import astuple

from events.attribution.figures import AttributionFigures


class AttributionProgress(msgspec.Struct):
    """Positions are those of `Progress`."""

    name: str
    #: The position to go on from: what is before was given to the attribution.
    next_offset: int
    #: The oldest position whose events it holds in memory; None of none.
    attribution_from: int | None = None
    #: The log's clock at the first event of one of its inputs, microseconds.
    heard_first_us: int | None = None
    #: What its rows are made by (tillstream/streams/version).
    signature: str = ""


class KeptAttributions:
    """The tables; what is done belongs to the transaction of their database."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def progress(self) -> dict[str, AttributionProgress]:
        """How far each was, by name."""
        rows = self._database.execute("SELECT * FROM attribution_progress")
        return {row[0]: AttributionProgress(*row) for row in rows}

    def figures(self) -> dict[str, AttributionFigures]:
        """What was counted of each, by name."""
        rows = self._database.execute("SELECT * FROM attributions")
        return {row[0]: AttributionFigures(*row) for row in rows}

    def write(
        self, progress: Iterable[AttributionProgress], figures: Iterable[AttributionFigures]
    ) -> None:
        """Replace what is known of these."""
        self._database.executemany(
            "INSERT OR REPLACE INTO attribution_progress VALUES (?, ?, ?, ?, ?)",
            map(astuple, progress),
        )
        self._database.executemany(
            "INSERT OR REPLACE INTO attributions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            map(astuple, figures),
        )
