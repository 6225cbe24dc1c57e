"""Purchases, products, users and clicks at the edges of their contract, through what is made of
them: the row, the log, MongoDB's document, the exchange, and the archive's file.
"""

from collections.abc import Iterator, Sequence
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import bson
import msgspec
import numpy as np
import pyarrow as pa
import pytest

from entrypoint.events.values import decimal_bounds
from events.attribution.attributor import Attributor
from events.attribution.figures import AttributionFigures
from events.attribution.tables import Tables
from events.windows.deduplication import NewEvents
from tests.support import made_checkouts
from tests.support.attributed import database
from tests.support.kept_events import DECLARED, NOON_US, EventsKept
from tillstream.streams import attribution_documents, columns, message
from tillstream.streams.changes import MODELS, WHOLE_CREDIT
from tillstream.streams.definition import LEAST_INTEGER, MOST_INTEGER, Field
from tillstream.streams.message import EventMessage
from tillstream.streams.window_rows import json_value

ATTRIBUTION, CHECKOUTS = DECLARED.attributions["checkouts"], DECLARED.streams["checkouts"]
STREAMS = ("clicks", "users", "products", "purchases")
#: What joins them stays.
JOINED = ("user_id", "product_id", "purchase_id", "click_id")
CREDITS = ATTRIBUTION.credits
TEXTS = ("a", "\u20ac\U0001f956\u0301\u202e", "\x01\n\t\"',;{}", "erased-")


def _edges(field: Field) -> list[Any]:
    """Values inside of the contract, as they travel."""
    if field.type == "text":
        return [*TEXTS, "\U0001f956" * min(field.max_length, 2_000)]
    if field.type == "enum":
        return list(field.values)
    if field.type == "integer":
        return sorted({max(field.minimum, LEAST_INTEGER), 0, min(field.maximum, MOST_INTEGER)})
    if field.type == "decimal":
        return sorted({*decimal_bounds(field), 0, 1})
    return [NOON_US]


def _common(number: int) -> dict[str, dict[str, Any]]:
    """An event of each stream with all fields at the most of their contract, of one person."""
    events = {}
    for name in STREAMS:
        stream = DECLARED.streams[name]
        events[name] = {stream.time_column: NOON_US} | {
            field.name: _edges(field)[-1] for field in stream.fields
        }
        joined = f"{number:\U0001f956>64}"
        events[name] |= {each: joined for each in JOINED if each in events[name]}
    return events


def _cases() -> Iterator[tuple[str, str, Any]]:
    for name in STREAMS:
        for field in DECLARED.streams[name].fields:
            if field.name not in JOINED:
                missing = [] if field.required else [None]
                for value in [*_edges(field), *missing]:
                    yield name, field.name, value


def _events(place: int, stream: str, events: Sequence[dict[str, Any]]) -> NewEvents:
    schema = columns.schema(DECLARED.streams[stream])
    rows = [{name: each.get(name) for name in schema.names} for each in events]
    batch = pa.RecordBatch.from_pylist(rows, schema)
    return NewEvents(place, stream, NOON_US, batch, np.arange(len(rows)), 0)


def _expected(events: dict[str, dict[str, Any]]) -> tuple[int | None, int | None]:
    """Total and profit in units of their last places."""
    purchase, product = events["purchases"], events["products"]
    price, rate = product["price"], product["commission_rate"]
    if price is None:
        return None, None
    goods = Decimal(price).scaleb(-2) * purchase["quantity"]
    goods *= 1 - Decimal(purchase["discount"]).scaleb(-3)
    total = goods + Decimal(purchase["shipping_cost"]).scaleb(-2)
    profit = None if rate is None else int((goods * Decimal(rate).scaleb(-3)).scaleb(8))
    return int(total.scaleb(5)), profit


class Made(NamedTuple):
    """The events of all cases, by stream; the rows that were made of them, by stream."""

    cases: list[dict[str, dict[str, Any]]]
    rows: dict[str, pa.RecordBatch]
    nulled: int


@pytest.fixture(scope="module")
def made() -> Made:
    cases = []
    for number, (stream, name, value) in enumerate(_cases()):
        events = _common(number)
        events[stream][name] = value
        cases.append(events)
    with database() as connection:
        figures = AttributionFigures("checkouts")
        attributor = Attributor(ATTRIBUTION, DECLARED, Tables(connection), figures)
        sent = [
            _events(place, stream, [case[stream] for case in cases])
            for place, stream in enumerate(STREAMS)
        ]
        found = {one.stream: one.events for one in attributor.take(sent, None, 1)}
    return Made(cases, found, attributor.figures.nulled)


def test_every_amount_is_exact_and_none_is_beyond_its_type(made: Made) -> None:
    rows = made.rows["checkouts"].to_pylist()

    assert 0 == made.nulled
    assert [(case["purchases"]["user_id"], *_expected(case), 1, None) for case in made.cases] == [
        tuple(row[name] for name in ("user_id", "total", "profit", "touches", "missing"))
        for row in rows
    ]


def test_every_credit_is_whole(made: Made) -> None:
    whole = {(WHOLE_CREDIT,) * len(MODELS)}

    assert whole == {tuple(row[each] for each in MODELS) for row in made.rows[CREDITS].to_pylist()}


def test_the_log_has_each_row(made: Made) -> None:
    for name, rows in made.rows.items():
        sent = message.encode(EventMessage(name, 1, NOON_US, rows))

        assert rows.to_pylist() == message.decode(*sent).events.to_pylist()


def test_mongodb_and_the_exchange_have_each_row(made: Made) -> None:
    for row in made.rows["checkouts"].to_pylist():
        shown = attribution_documents.readable(CHECKOUTS, row)
        document = attribution_documents.document(ATTRIBUTION, shown)
        read = bson.decode(bson.encode(document), codec_options=attribution_documents.OPTIONS)
        told = {each: json_value(shown[each]) for each in shown}

        assert shown == attribution_documents.row(read)
        assert told == msgspec.json.decode(msgspec.json.encode(told))


def test_the_archive_has_each_row(made: Made, tmp_path: Path) -> None:
    kept = EventsKept(tmp_path)
    rows = made.rows["checkouts"].to_pylist()
    with closing(kept.opened()) as writer:
        made_checkouts.archive(writer, "checkouts", 0, rows)
    archived = kept.read(stream="checkouts").to_pylist()

    assert rows == [{name: row[name] for name in rows[0]} for row in archived]
