"""A refused row as the event that is sent, whatever it came as."""

from typing import Any

import msgspec
import pytest

from events.quarantine.mending import Mend, MendError, mended, setting, substitution
from events.quarantine.refused_rows import RefusedRow
from tests.support.event_streams import definitions
from tillstream.streams.definition import Field, Stream

SHOP = definitions().streams["shop"]
FLAGS = Stream(name="flags", fields=(Field(name="on", type="boolean"),))


def refused(row: str, kind: str, header: str | None = None, *, truncated: bool = False) -> Any:
    return RefusedRow((1, 0), 0, "shop", kind, 1, None, "type", row, truncated, header)


def sent(row: RefusedRow, *words: str, stream: Stream = SHOP) -> Any:
    marks = [substitution(word) for word in words if word.startswith("s")]
    values = dict(setting(word) for word in words if not word.startswith("s"))
    return msgspec.json.decode(mended(row, stream, Mend(marks, values)).body)


def test_a_row_of_csv_has_the_names_of_its_header() -> None:
    row = refused('view\t"a\nb"\t\t12345678901234567890', "text/csv", "kind\tbrand\tx\tid")

    assert {"kind": "view", "brand": "a\nb", "id": "12345678901234567890"} == sent(row)


@pytest.mark.parametrize("sign", ["\u2028", "\x85", "\x0b", "\x1e"])
def test_a_row_of_csv_ends_at_line_breaks_alone(sign: str) -> None:
    row = refused(f"view,a{sign}b", "text/csv", "kind,brand")

    assert {"kind": "view", "brand": f"a{sign}b"} == sent(row)


@pytest.mark.parametrize(("text", "value"), [("TRUE", True), ("false", False), ("1", "1")])
def test_a_truth_of_csv_is_one_of_json(text: str, value: object) -> None:
    assert {"on": value} == sent(refused(text, "text/csv", "on"), stream=FLAGS)


def test_json_goes_as_it_came_to_the_last_digit() -> None:
    text = '{"id": 123456789012345678901, "price": 1.10}'

    assert text.encode() == mended(refused(text, "application/x-ndjson"), SHOP, Mend()).body


def test_texts_are_mended_before_fields() -> None:
    row = refused('{"a": 1, "b": "x",', "application/x-ndjson")

    assert {"b": "y", "price": "2"} == sent(row, "s/,$/}/", "b=y", "a=", "price=2")


@pytest.mark.parametrize(
    "kind", ["application/cloudevents+json", "application/cloudevents-batch+json"]
)
def test_fields_of_a_cloudevent_are_those_of_its_data(kind: str) -> None:
    event = mended(
        refused('{"id": "7", "data": {"price": "x"}}', kind), SHOP, Mend((), {"price": "2"})
    )

    assert "application/cloudevents+json" == event.media_type
    assert {"id": "7", "data": {"price": "2"}} == msgspec.json.decode(event.body)


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (refused("{", "application/json"), "no JSON"),
        (refused("7", "application/json"), "no JSON object"),
        (refused("1,2", "text/csv", "a"), "2 cells and its header 1"),
        (refused('"1', "text/csv", "a"), "not one row of CSV"),
        (refused("1", "text/csv"), "header is not kept"),
        (refused("{}", "application/json", truncated=True), "send it whole with --from"),
    ],
)
def test_what_cannot_be_sent_says_what_can(row: RefusedRow, told: str) -> None:
    with pytest.raises(MendError, match=told):
        mended(row, SHOP, Mend())


@pytest.mark.parametrize("text", ["s/a/b", "a/b/c/", "s/(/x/", "saXbXa"])
def test_a_substitution_that_is_none_is_told(text: str) -> None:
    with pytest.raises(MendError):
        substitution(text)


def test_a_substitution_takes_the_first_place_or_all() -> None:
    assert "xaa" == substitution("s/a/x/").applied("aaa")
    assert "xxx" == substitution("s|a|x|g").applied("aaa")
