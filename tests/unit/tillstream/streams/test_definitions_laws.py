"""Whatever stands in a file of definitions: it is read, or its mistakes are told."""

import importlib
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tillstream.streams.definitions_file import DefinitionError, load

_GOOD = Path("streams/shop.toml").read_text()

_KEYS_TEXT = """
stream fields window name title size keys measures columns event_time identity persons type
required scale values zone minimum maximum max_length example sql read_as hidden unit chart
where time retention lateness version cloudevents collection database a b
"""
_KEYS = st.sampled_from(_KEYS_TEXT.split())
_WORDS_TEXT = """
text
integer
decimal
timestamp
enum
a
view
1 min
3 h
count(*)
sum(a)
max(b)
sum(a/b)
count(DISTINCT a)
Europe/Paris
2026-01-01T00:00:00Z
received
"""
_WORDS = st.sampled_from(_WORDS_TEXT.strip().splitlines())
_PLAIN = st.one_of(
    _WORDS, st.integers(), st.booleans(), st.floats(), st.text(max_size=5), st.just({}), st.just([])
)
_VALUES = st.recursive(
    _PLAIN,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_KEYS, inner, max_size=4)),
    max_leaves=12,
)
_FIELD = st.dictionaries(_KEYS, _VALUES, max_size=5) | _VALUES
_WINDOW = st.dictionaries(_KEYS, _VALUES, max_size=8)
_FILE = st.fixed_dictionaries(
    {},
    optional={
        "stream": st.dictionaries(_KEYS, _VALUES, max_size=8) | _VALUES,
        "fields": st.dictionaries(_KEYS, _FIELD, max_size=5) | _VALUES,
        "window": st.lists(_WINDOW, max_size=2) | _VALUES,
        "a": _VALUES,
    },
)


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_toml(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_toml(each) for each in value) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return '"' + "".join(f"\\U{ord(each):08x}" for each in value) + '"'
    return repr(value)


def _require_read_or_told(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "a.toml").write_bytes(content)
        with suppress(DefinitionError):
            load([Path(folder)])


@pytest.fixture(autouse=True, scope="module")
def _duckdb_is_there() -> None:
    """So that SQL is checked in this process: `check_all` looks for it."""
    importlib.import_module("_duckdb")


_quick = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@_quick
@given(_FILE)
def test_random_definitions_are_read_or_told(content: dict[str, Any]) -> None:
    text = "\n".join(f"{key} = {_toml(value)}" for key, value in content.items())

    _require_read_or_told(text.encode("utf-8", "surrogatepass"))


@_quick
@given(st.binary(max_size=200))
@example(b"x = 1979-05-27")
@example(b"x = " + b"9" * 5_000)
def test_random_bytes_are_told(content: bytes) -> None:
    _require_read_or_told(content)


@_quick
@given(st.data())
def test_a_good_definition_with_anything_changed_is_read_or_told(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(_GOOD)))
    end = data.draw(st.integers(start, min(len(_GOOD), start + 20)))
    put = data.draw(_WORDS | st.text("[]{}='\",.#\n()x0", max_size=4))

    _require_read_or_told((_GOOD[:start] + put + _GOOD[end:]).encode())


_SQL_TEXT = """
a price brand 1 0 'x' ( ) + - * / % = < AND OR NOT IN CASE WHEN THEN ELSE END sum( max( count(
DISTINCT NULL IS , ; -- SELECT FROM coalesce( lower( :: BIGINT VARCHAR [ ] ? x.
"""
_SQL = st.lists(
    st.sampled_from(_SQL_TEXT.split()),
    max_size=14,
).map(" ".join)


@_quick
@given(_SQL, _SQL, _SQL)
def test_random_sql_is_understood_or_told(key: str, measure: str, column: str) -> None:
    texts = {"key": key, "measure": f"sum({measure})", "column": column}
    declared = (
        f"keys = {{ k = {_toml(texts['key'])} }}\n"
        f"measures = {{ m = {_toml(texts['measure'])} }}\n"
        f"columns = {{ c = {_toml(texts['column'])} }}\n"
    )

    _require_read_or_told((_GOOD.partition("[window.measures]")[0] + declared).encode())
