"""What becomes of a body: the accepted events in columns, and the refused rows."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from entrypoint.events.broken_rules import BrokenRule, BrokenRuleError, RefusedRow
from entrypoint.events.contract import Contract, Row
from tillstream.streams.builtin import MOST_ROW_CHARACTERS

#: Refused rows of a body that are kept: in the quarantine, and the first of them in the answer.
MOST_KEPT = 1_000


class BodyError(Exception):
    """A body that cannot be read as a whole. `rule` is its id, `message` says how to mend it."""

    def __init__(self, rule: str, message: str) -> None:
        self.rule = rule
        self.message = message
        super().__init__(message)


class TooManyEventsError(Exception):
    """A body of more events than a body may have."""


class SlowRow(NamedTuple):
    """A row that was checked alone."""

    line: int
    #: As it came.
    text: str
    #: None where it breaks a rule.
    row: Row | None
    broken: Sequence[tuple[str, BrokenRuleError]]
    #: Source and id, where it came as a CloudEvent.
    cloudevent: str | None = None


class ReadEvents(NamedTuple):
    """A body that was read."""

    #: The accepted events, as they travel.
    events: pa.RecordBatch
    #: Where each stands among the rows of the body, from 0; None where all were accepted.
    places: npt.NDArray[np.int64] | None = None
    #: How many rows were refused, and the first MOST_KEPT of them.
    refused: int = 0
    refusals: Sequence[RefusedRow] = ()
    #: Of a CSV, as it came: what the cells of a row are read by.
    header: str = ""


def whole(contract: Contract, arrays: Sequence[pa.Array], now_us: int) -> ReadEvents:
    """All of these columns are accepted."""
    columns = list(arrays)
    if contract.door_clock:
        count = len(columns[0])
        columns.insert(0, pa.array(np.full(count, now_us, np.int64)))
    return ReadEvents(pa.RecordBatch.from_arrays(columns, schema=contract.schema))


def slowly(contract: Contract, rows: Iterable[SlowRow], most: int) -> ReadEvents:
    """Row by row; raises TooManyEventsError beyond `most` of them."""
    accepted: list[Row] = []
    places: list[int] = []
    refusals: list[RefusedRow] = []
    refused = 0
    for place, (line, text, row, broken, _) in enumerate(rows):
        if place == most:
            raise TooManyEventsError
        if row is not None:
            accepted.append(row)
            places.append(place)
            continue
        refused += 1
        if len(refusals) < MOST_KEPT:
            reasons = tuple(
                BrokenRule(line, column, error.rule, error.message) for column, error in broken
            )
            refusals.append(RefusedRow(reasons, text[: MOST_ROW_CHARACTERS + 1]))
    return ReadEvents(
        contract.batch(accepted), np.array(places, np.int64) if refused else None, refused, refusals
    )


def numbered_lines(body: bytes) -> Iterator[tuple[int, bytes]]:
    """The lines that are not blank, from 1."""
    start, number = 0, 0
    while start < len(body):
        end = body.find(b"\n", start)
        end = len(body) if end < 0 else end
        number += 1
        line = body[start:end].strip(b" \t\r")
        if line:
            yield number, line
        start = end + 1
