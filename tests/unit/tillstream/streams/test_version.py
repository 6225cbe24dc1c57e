"""The digest of what a window counts."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from tillstream.streams.definition import Column, Field, Measure, Stream, Window
from tillstream.streams.definitions_file import load
from tillstream.streams.version import counted_digest

_definitions = load([Path("streams")])
SHOP = _definitions.streams["shop"]
METRICS = _definitions.windows["shop_metrics"]

Change = Callable[[Window, Stream], tuple[Window, Stream]]


def _window(**changes: object) -> Change:
    return lambda window, stream: (msgspec.structs.replace(window, **changes), stream)


def _stream(**changes: object) -> Change:
    return lambda window, stream: (window, msgspec.structs.replace(stream, **changes))


def _price(scale: int) -> Change:
    fields = (*SHOP.fields[:6], Field(name="price", type="decimal", scale=scale), *SHOP.fields[7:])
    return _stream(fields=fields)


@pytest.mark.parametrize(
    "change",
    [
        _window(title="Other", chart=(), retention_us=None, end_column="until", collection="other"),
        _window(columns=(Column(name="share", sql="nr_items_sold / nr_of_events"),)),
        _window(measures=tuple(reversed(METRICS.measures))),
        _window(
            measures=tuple(
                msgspec.structs.replace(
                    measure, unit="x", argument=measure.argument.replace(" ", " \n ")
                )
                for measure in METRICS.measures
            )
        ),
        _stream(title="Other", lateness_us=0, retention_us=None, persons=(), version=2),
        _stream(fields=(*SHOP.fields, Field(name="more", type="text"))),
    ],
)
def test_what_is_only_shown_changes_no_digest(change: Change) -> None:
    expected = counted_digest(METRICS, SHOP)

    assert expected == counted_digest(*change(METRICS, SHOP))


@pytest.mark.parametrize(
    "change",
    [
        _window(size_us=1),
        _window(time="received"),
        _window(where="price > 0"),
        _window(measures=METRICS.measures[1:]),
        _window(measures=(Measure(name="nr_of_events", kind="count", argument="brand"),)),
        _stream(identity=("user_session",)),
        _stream(event_time=None, fields=SHOP.fields[1:]),
        _price(3),
    ],
)
def test_what_changes_the_figures_changes_the_digest(change: Change) -> None:
    before = counted_digest(METRICS, SHOP)

    assert before != counted_digest(*change(METRICS, SHOP))


def test_spaces_within_a_literal_change_the_digest() -> None:
    one, two = (
        msgspec.structs.replace(METRICS, where=f"brand = '{brand}'") for brand in ("a b", "a  b")
    )

    assert counted_digest(one, SHOP) != counted_digest(two, SHOP)
