"""Definitions: what stands in them is read, and every mistake is told."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tillstream.runtime import process
from tillstream.runtime.settings import StreamsSettings
from tillstream.streams.definition import Definitions
from tillstream.streams.definitions_file import DefinitionError, load, load_settings

Write = Callable[[str], Definitions]

GOOD = """
[stream]
name = "sales"
event_time = "time"
lateness = "0 s"
[fields]
time = { type = "timestamp", required = true }
amount = { type = "decimal", scale = 2, minimum = 0.29, example = "0.29" }
who = { type = "text" }
[[window]]
name = "sums"
size = "1 h"
[window.measures]
amount = "sum(amount)"
last = "max(time)"
rows = "count(*)"
first_in_cents = { sql = "min(amount)", read_as = "integer", hidden = true }
[window.columns]
mean = "amount / nullif(rows, 0)"
"""


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(text: str) -> Definitions:
        (tmp_path / "a.toml").write_text(text)
        return load([tmp_path])

    return written


def _told(tmp_path: Path, *folders: Path, window_sizes: str = "") -> list[str]:
    names = ":".join(map(str, folders or (tmp_path,)))
    with pytest.raises(DefinitionError) as told:
        load_settings(StreamsSettings(streams_dir=names, window_sizes=window_sizes))
    return str(told.value).replace(f"{tmp_path}/", "").replace(str(tmp_path), "DIR").splitlines()


def test_a_file_that_an_editor_of_windows_saved_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_bytes(GOOD.replace("\n", "\r\n").encode("utf-8-sig"))

    assert "sales" in load([tmp_path]).streams


def test_what_is_declared_is_read(write: Write) -> None:
    found = write(GOOD)

    stream, window = found.streams["sales"], found.windows["sums"]
    assert (29, 10**15) == (stream.field("amount").minimum, stream.field("amount").maximum)
    expected = [
        ("amount", "sum", "amount", "decimal", 2, False),
        ("last", "max", "time", "timestamp", 0, False),
        ("rows", "count", "*", "integer", 0, False),
        ("first_in_cents", "min", "amount", "integer", 0, True),
    ]
    assert expected == [
        (each.name, each.kind, each.argument, each.read_as, each.scale, each.hidden)
        for each in window.measures
    ]
    assert {"sales", "quarantine"} == set(found.streams)
    assert {"sums", "quarantined"} == set(found.windows)


def test_the_definitions_of_the_repository_are_read_in_a_process_without_duckdb() -> None:
    found = load([Path("streams")])

    assert "integer" == found.windows["shop_metrics"].measures[-1].read_as


def test_a_size_of_the_settings_stands_in_the_place_of_the_file_s(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(GOOD)

    found = load_settings(StreamsSettings(streams_dir=str(tmp_path), window_sizes="sums=4 h"))

    assert 4 * 3_600_000_000 == found.windows["sums"].size_us


def test_a_person_who_is_a_part_of_the_identity_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("""[stream]
name = "sales"
identity = ["number", "who"]
persons = ["who"]
fields = { number = { type = "integer" }, who = { type = "integer" } }
""")

    with pytest.raises(DefinitionError, match=r"a\.toml:3: stream sales: identity: 'who'"):
        load([tmp_path])


def test_all_mistakes_are_told_at_once_each_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("""[stream]
name = "sales"
event_time = "time"
latenes = "1 s"
retention = "soon"
identity = ["whom"]
persons = ["who"]
version = "1"
[fields]
time = { type = "timestamp", zone = "Europe/Pari" }
amount = { type = "decimal", scale = 2, minimum = 0.291, maximum = 0, example = "1.5" }
who = { type = "txt" }
kind = { type = "enum", values = ["a", "b", "a"], example = "c" }
order = { type = "integer", scale = 2, minimum = 5, maximum = 4 }
Name = { type = "text", max_length = 0 }
revision = "text"
[[window]]
name = "sums"
size = "0 s"
[window.keys]
kind = "kind"
who = "who"
lower = { sq = "lower(kid)" }
[window.measures]
amount = "sum(amont)"
mean = "avg(amount)"
half = "sum(amount / 2)"
[[window]]
stream = "sale"
chart = ["row"]
where = "kind = 'd'"
time = "amount"
measures.rows = "count(*)"
""")

    expected = """\
a.toml:3: stream sales: event_time = 'time' may be missing; write required = true in its field
a.toml:4: stream sales: unknown key 'latenes'; did you mean 'lateness'?
a.toml:5: stream sales: retention = 'soon': write a number and one of ms, s, min, h, days, \
such as `10 min`
a.toml:6: stream sales: identity: 'whom' is no field; did you mean 'who'?
a.toml:8: stream sales: 'version' has to be a whole number, and is a text
a.toml:10: field time: 'Europe/Pari' is no time zone; did you mean 'Europe/Paris'?
a.toml:11: field amount: 'minimum' has more than 2 places
a.toml:11: field amount: its example '1.5' is outside the field's bounds
a.toml:12: field who: type = 'txt'; did you mean 'text'?
a.toml:13: field kind: 'a' stands twice in 'values'
a.toml:13: field kind: its example 'c' is none of a, b
a.toml:14: field order: 'scale' is only of fields of type decimal
a.toml:14: field order: 'minimum' is greater than 'maximum'
a.toml:14: field order: 'order' is a word of SQL; take another name, such as 'order_'
a.toml:15: field Name: 'max_length' has to be from 1 to 4,096
a.toml:15: field Name: 'Name' is no name; write a-z, 0-9 and _, at most 63, such as 'name'
a.toml:16: field revision: write a table, such as { type = "text" }
a.toml:16: field revision: 'revision' is made beside what is declared; take another name
a.toml:19: window sums: size = '0 s': it has to be longer than nothing, such as `10 min`
a.toml:22: window sums: who: 'who' names a person, so a key of it could not be erased; \
write count(DISTINCT who), or take it from `persons`
a.toml:23: window sums, lower: 'sql' is missing
a.toml:23: window sums, lower: unknown key 'sq'; did you mean 'sql'?
a.toml:25: window sums: amount: no field 'amont'; did you mean 'amount'?
a.toml:26: window sums: mean: 'avg(amount)' cannot be merged; write count, sum, min, max or \
count(DISTINCT ...), and divide in `columns`
a.toml:27: window sums: half: /: a partial sum cannot be divided; keep sum and count, and divide \
in `columns`
a.toml:28: window 2: 'name' is missing
a.toml:28: window 2: 'size' is missing
a.toml:29: window 2: no stream 'sale'; did you mean 'sales'?
a.toml:30: window 2: chart: no figure 'row'; did you mean 'rows'?"""
    assert expected.splitlines() == _told(tmp_path)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "a.toml:1: this file: it declares nothing; write [stream] or [[window]]"),
        ("a = [1,\n2", "a.toml:2: not TOML: Unclosed array (at end of document)"),
        ("a = 1\nb = =", "a.toml:2: not TOML: Invalid value"),
        ("x = 1\nx = 2", "a.toml:2: not TOML: Cannot overwrite a value"),
        ("x = " + "[" * 10_000, "a.toml:1: not TOML: lists or tables nested too deep"),
        (
            GOOD.replace("[[window]]", "[window]"),
            "a.toml:10: this file: write [[window]], with two brackets: there may be several",
        ),
        (
            GOOD.replace(", required = true", ""),
            "a.toml:4: stream sales: event_time = 'time' may be",
        ),
        (GOOD.replace('"sales"', '"lines"'), "a.toml:3: stream: 'lines' is a table of SQL; take"),
        (
            GOOD.replace('"sums"', '"quarantined"'),
            "a.toml:11: window quarantined: the window 'quarantined' is built in; take another",
        ),
        (
            GOOD.replace("size =", 'collection = "receipts"\nsize ='),
            "a.toml:12: window sums: collection 'receipts' is in the archive's database, where it",
        ),
        (
            GOOD.replace("size =", 'start_column = "x.y"\nend_column = "x.final"\nsize ='),
            "a.toml:13: window sums: end_column = 'x.final': 'final' is made beside it",
        ),
        (
            GOOD.replace("0.29,", "inf,"),
            "a.toml:8: field amount: 'minimum' is no finite number",
        ),
        (
            GOOD.replace("0.29,", "1e999999999999999999999,"),
            "a.toml:8: field amount: 'minimum' is no finite number",
        ),
        (
            GOOD.replace('"1 h"', '"999999999 days"'),
            "a.toml:12: window sums: size = '999999999 days': at most 36,500 days",
        ),
        (
            GOOD.replace('last = "max(time)"', 'last = { sql = "max(time)", read_as = "text" }'),
            "a.toml:15: window sums: last gives BIGINT, read as integer or decimal or timestamp",
        ),
        (GOOD + 'mean2 = "amont / 2"', "a.toml:20: window sums: mean2: no field 'amont'; did"),
    ],
)
def test_a_mistake_is_told_where_it_stands(tmp_path: Path, text: str, expected: str) -> None:
    (tmp_path / "a.toml").write_text(text)

    (told,) = _told(tmp_path)
    assert expected == told[: len(expected)]


def test_names_are_told_that_stand_twice_in_several_folders(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for folder in (one, two):
        folder.mkdir()
        (folder / "sales.toml").write_text(GOOD)

    expected = [
        "two/sales.toml:3: stream sales: the stream 'sales' is declared in one/sales.toml:3 too",
        "two/sales.toml:11: window sums: the window 'sums' is declared in one/sales.toml:11 too",
    ]
    assert expected == _told(tmp_path, one, two)


def test_folders_and_files_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "bytes.toml").write_bytes(b"a = 1\nb = '\xff'")
    (tmp_path / "bad" / "folder.toml").mkdir()
    (tmp_path / "bad" / "large.toml").write_bytes(b"#" * 1_000_001)
    (tmp_path / "empty").mkdir()

    expected = [
        "bad/bytes.toml:2: not UTF-8: byte 0xff; save the file as UTF-8",
        "bad/folder.toml: not readable: no file",
        "bad/large.toml: not readable: larger than 1,000,000 bytes",
        "empty: has no *.toml; see STREAMS_DIR",
        "none: not readable: No such file or directory; see STREAMS_DIR",
    ]
    folders = [tmp_path / name for name in ("bad", "empty", "none")]
    assert expected == _told(tmp_path, *folders)


def test_sizes_of_the_settings_are_told_that_name_no_window(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(GOOD)

    expected = [
        "WINDOW_SIZES: 'sums=': write a number and one of ms, s, min, h, days, such as `10 min`;"
        " as in shop_metrics=4 h",
        "WINDOW_SIZES: no window 'sum'; did you mean 'sums'?",
    ]
    assert expected == _told(tmp_path, window_sizes="sum=1 s, sums=")


def test_the_example_of_the_documentation_is_a_definition(write: Write) -> None:
    page = Path("docs/streams.md").read_text()

    found = write(page.partition("```toml")[2].partition("```")[0])

    window = found.windows["sales_by_channel"]
    assert ("decimal", 2) == (window.measures[1].read_as, window.measures[1].scale)


def test_a_process_ends_at_its_start_with_a_line_for_each_mistake(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.toml").write_text("a = 1\nb = 2")

    with pytest.raises(DefinitionError) as told:
        load([tmp_path])
    with pytest.raises(SystemExit) as ended:
        process.fail(told.value)
    assert process.EX_CONFIG == ended.value.code
    assert [f"error: {mistake}" for mistake in told.value.mistakes] == (
        capsys.readouterr().err.splitlines()
    )
    assert 3 == len(told.value.mistakes)
