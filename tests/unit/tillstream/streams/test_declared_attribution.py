"""`[attribution]` in a definition: what stands in it is read, and every mistake is told."""

import importlib
from pathlib import Path

import pytest

from tillstream.streams import changes
from tillstream.streams.definition import Attribution, Joined
from tillstream.streams.definitions_file import DefinitionError, load

MINUTE = 60_000_000

INPUTS = """
[stream]
name = "visits"
event_time = "time"
lateness = "1 min"
persons = ["who", "ip"]
[fields]
visit = { type = "text", required = true }
who = { type = "text", required = true }
time = { type = "timestamp", required = true }
ad = { type = "enum", values = ["tv", "none"] }
ip = { type = "text" }
number = { type = "integer", required = true }
""", """
[stream]
name = "orders"
event_time = "paid_at"
lateness = "2 min"
identity = ["order_id"]
persons = ["who"]
[fields]
order_id = { type = "text", required = true }
who = { type = "text", required = true }
paid_at = { type = "timestamp", required = true }
item = { type = "integer" }
units = { type = "integer", required = true }
off = { type = "decimal", scale = 3, required = true }
""", """
[stream]
name = "items"
[fields]
item = { type = "integer", required = true }
price = { type = "decimal", scale = 2 }
kind = { type = "enum", values = ["a", "b"] }
"""  # fmt: skip

MADE = """[stream]
name = "sold"
event_time = "paid_at"
lateness = "2 min"
persons = ["who"]
[attribution]
conversions = "orders"
touches = "visits"
key = "who"
touch_id = "visit"
window = "10 min"
model = "last_non_direct"
channel = "ad"
direct = ["none"]
credits = "sold_credits"
[[attribution.table]]
stream = "items"
key = "item"
by = "item"
[fields]
order_id = { type = "text", sql = "order_id" }
paid_at = { type = "timestamp", required = true, sql = "paid_at" }
who = { type = "text", sql = "who" }
ad = { type = "enum", values = ["tv", "none", "more"], sql = "visits_ad" }
total = { type = "decimal", scale = 5, sql = "items_price * units * (1000 - off)" }
[[window]]
name = "by_ad"
size = "1 min"
[window.keys]
ad = "ad"
[window.measures]
orders = "count(*)"
total = "sum(total)"
[[window]]
name = "by_credit"
stream = "sold_credits"
size = "1 min"
[window.keys]
channel = "channel"
[window.measures]
linear = "sum(linear)"
"""


@pytest.fixture(autouse=True)
def _checked_in_this_process() -> None:
    """`check_all` looks for it: a process for each of these would take ten seconds."""
    importlib.import_module("_duckdb")


def _told(folder: Path, *changed: tuple[str, str]) -> list[str]:
    text = MADE
    for old, new in changed:
        assert old in text
        text = text.replace(old, new)
    _write(folder, text)
    with pytest.raises(DefinitionError) as told:
        load([folder])
    return str(told.value).replace(f"{folder}/", "").splitlines()


def _write(folder: Path, text: str) -> None:
    for number, each in enumerate(INPUTS):
        (folder / f"in{number}.toml").write_text(each)
    (folder / "made.toml").write_text(text)


def test_an_attribution_is_read_with_the_streams_that_it_makes(tmp_path: Path) -> None:
    _write(tmp_path, MADE)

    found = load([tmp_path])

    expected = Attribution(
        stream="sold",
        credits="sold_credits",
        conversions="orders",
        touches="visits",
        key="who",
        conversion_id="order_id",
        touch_id="visit",
        window_us=10 * MINUTE,
        model="last_non_direct",
        channel="ad",
        direct=("none",),
        tables=(Joined(stream="items", key="item", by="item"),),
    )
    made, credited = found.streams["sold"], found.streams["sold_credits"]
    assert {"sold": expected} == found.attributions
    assert ("attribution", "attribution") == (made.source, credited.source)
    own = ("order_id", "paid_at", "who", "ad", "total")
    assert (*own, *changes.NAMES) == tuple(field.name for field in made.fields)
    assert "items_price * units * (1000 - off)" == made.field("total").sql
    assert ("order_id", "paid_at", "channel") == tuple(field.name for field in credited.fields[:3])
    assert (2 * MINUTE, "paid_at") == (credited.lateness_us, credited.event_time)
    (total,) = (each for each in found.windows["by_ad"].measures if each.name == "total")
    assert ("decimal", 5) == (total.read_as, total.scale)


def test_the_touch_s_id_is_its_identity_where_none_is_named(tmp_path: Path) -> None:
    _write(tmp_path, MADE.replace('touch_id = "visit"\n', ""))
    visits = tmp_path / "in0.toml"
    visits.write_text(INPUTS[0].replace("persons =", 'identity = ["number"]\npersons ='))

    assert "number" == load([tmp_path]).attributions["sold"].touch_id


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            'conversions = "orders"',
            'conversions = "order"',
            "7: attribution sold: conversions = 'order' is no stream that is posted to;"
            " did you mean 'orders'?",
        ),
        (
            'touches = "visits"',
            'touches = "orders"',
            "8: attribution sold: touches = 'orders' is one of its streams already",
        ),
        (
            'touches = "visits"',
            'touches = "quarantine"',
            "8: attribution sold: touches = 'quarantine' is no stream that is posted to;"
            " there are items, orders, visits",
        ),
        (
            'key = "who"',
            'key = "whom"',
            "9: attribution sold: key = 'whom' is no field of orders; did you mean 'who'?",
        ),
        (
            'touch_id = "visit"\n',
            "",
            "8: attribution sold: touches = 'visits' has no identity of one field; write"
            ' identity = ["..."] in its [stream], or name one here as touch_id',
        ),
        (
            'touch_id = "visit"',
            'touch_id = "ip"',
            "10: attribution sold: touch_id = 'ip' may be missing in visits;"
            " write required = true there",
        ),
        (
            'touch_id = "visit"',
            'touch_id = "time"',
            "10: attribution sold: touch_id = 'time' is timestamp in visits;"
            " take a text or an integer",
        ),
        (
            'window = "10 min"',
            'window = "7 days"',
            "11: attribution sold: window and the stream's lateness are more than 7 days together",
        ),
        (
            'model = "last_non_direct"',
            'model = "linear"',
            "12: attribution sold: model = 'linear'; there are first_touch, last_non_direct,"
            " last_touch",
        ),
        (
            'channel = "ad"',
            'channel = "number"',
            "13: attribution sold: channel = 'number' is no text or enum of visits;"
            " there are ad, ip, visit, who",
        ),
        (
            'direct = ["none"]',
            'direct = ["non"]',
            "14: attribution sold: direct: 'non' is no value of ad; did you mean 'none'?",
        ),
        (
            'credits = "sold_credits"',
            'credits = "items"',
            "15: attribution sold: the stream 'items' is declared in",
        ),
        (
            'stream = "items"',
            'stream = "item"',
            "17: attribution sold: stream = 'item' is no stream that is posted to;"
            " did you mean 'items'?",
        ),
        (
            'by = "item"',
            'by = "order_id"',
            "19: attribution sold: 'order_id' is text in orders and 'item' integer in items;"
            " declare both alike",
        ),
        (
            'by = "item"',
            'bye = "item"',
            "16: attribution sold, table 1: 'by' is missing",
        ),
        (
            'lateness = "2 min"',
            'lateness = "1 min"',
            "4: stream sold: lateness is shorter than that of orders, for which its rows wait",
        ),
        (
            'order_id = { type = "text", sql = "order_id" }\n',
            "",
            "2: stream sold: its fields lack 'order_id';"
            ' write order_id = { type = "...", sql = "order_id" }',
        ),
        (
            'sql = "order_id"',
            "sql = \"order_id || ''\"",
            "21: field order_id: its sql has to be \"order_id\"",
        ),
        (
            'who = { type = "text", sql = "who" }',
            'whose = { type = "text", sql = "who" }',
            "23: field whose: 'who' names a person; add 'whose' to `persons`",
        ),
        (
            'sql = "who"',
            'sql = "upper(who)"',
            "23: field who: 'who' names a person, so what is made of it could not be erased;"
            " write who alone",
        ),
        (
            'sql = "visits_ad"',
            'sql = "visit_ad"',
            "24: field ad: no field 'visit_ad'; did you mean 'visits_ad'?",
        ),
        (
            '"tv", "none", "more"',
            '"tv", "more"',
            "24: field ad: 'visits_ad' gives values that are not declared;"
            " list them, or take a text",
        ),
        (
            "ad = { type",
            "ad = { required = true, type",
            "24: field ad: 'visits_ad' may be null; leave out `required`",
        ),
        (
            "scale = 5",
            "scale = 4",
            "25: field total: 'items_price * units * (1000 - off)' gives decimal of 5 places;"
            " it is declared as decimal of 4 places",
        ),
        (
            'sql = "items_price *',
            'sql = "items_kind || items_price *',
            "25: field total: || of BIGINT and VARCHAR",
        ),
        (
            'type = "decimal", scale = 5, sql',
            'type = "text", sql',
            "25: field total: 'items_price * units * (1000 - off)' gives BIGINT;"
            " it is declared as VARCHAR",
        ),
        (
            'sql = "visits_ad" }',
            'sql = "visits_ad", max_length = 3 }',
            "24: field ad: 'max_length' is only of fields of streams that are posted to",
        ),
        (
            "ad = { type",
            "missing = { type",
            "24: field missing: 'missing' is made beside what is declared; take another name",
        ),
        (
            'total = "sum(total)"',
            'total = "max(total)"',
            "33: window by_ad: total: 'max(total)': rows of sold are taken back when they change,"
            " which it cannot follow; write count or sum",
        ),
        (
            'total = "sum(total)"',
            'total = "count(DISTINCT who)"',
            "33: window by_ad: total: 'count(DISTINCT who)': rows of sold are taken back",
        ),
        (
            'total = "sum(total)"',
            'total = "sum(CASE WHEN is_final THEN 1 ELSE 0 END)"',
            "33: window by_ad: total: 'is_final' is of changes, which count by their sign;"
            " leave it out",
        ),
        (
            'event_time = "paid_at"\n',
            "",
            "1: stream sold: event_time has to be 'paid_at', as of orders",
        ),
        (
            'persons = ["who"]\n',
            'persons = ["who"]\nidentity = ["order_id"]\n',
            "6: stream sold: 'identity' is of streams that are posted to; leave it out",
        ),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_line_and_what_to_write(
    tmp_path: Path, old: str, new: str, expected: str
) -> None:
    told = _told(tmp_path, (old, new))

    assert any(each.startswith(f"made.toml:{expected}") for each in told), told


def test_inputs_without_what_an_attribution_needs_are_told(tmp_path: Path) -> None:
    _write(tmp_path, MADE)
    orders = (
        INPUTS[1].replace('identity = ["order_id"]\n', "").replace('event_time = "paid_at"\n', "")
    )
    (tmp_path / "in1.toml").write_text(
        orders.replace('who = { type = "text"', 'who = { type = "integer"')
    )

    with pytest.raises(DefinitionError) as told:
        load([tmp_path])

    told_lines = str(told.value).replace(f"{tmp_path}/", "").splitlines()
    assert [
        "made.toml:7: attribution sold: conversions = 'orders' has no identity of one field; write"
        ' identity = ["..."] in its [stream]',
        "made.toml:7: attribution sold: conversions = 'orders' has no event_time of its own;"
        " declare one",
        "made.toml:9: attribution sold: 'who' is integer in orders and 'who' text in visits;"
        " declare both alike",
        "made.toml:23: field who: 'who' gives BIGINT; it is declared as VARCHAR",
    ] == told_lines  # fmt: skip


def test_sql_of_a_field_is_of_made_streams_alone(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(
        '[stream]\nname = "a"\n[fields]\nb = { type = "text", sql = "c" }\n'
    )

    with pytest.raises(DefinitionError, match=r"a\.toml:4: field b: 'sql' is only of fields of"):
        load([tmp_path])


def test_an_attribution_needs_a_stream_beside_it(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("[attribution]\n")

    with pytest.raises(DefinitionError, match=r"a\.toml:1: this file: \[attribution\] needs"):
        load([tmp_path])


def test_a_person_who_could_be_erased_from_one_input_alone_is_told(tmp_path: Path) -> None:
    _write(tmp_path, MADE)
    (tmp_path / "in0.toml").write_text(INPUTS[0].replace('["who", "ip"]', '["ip"]'))

    with pytest.raises(DefinitionError) as told:
        load([tmp_path])

    assert "'who' of orders names a person; add 'who' to `persons` of visits" in str(told.value)
