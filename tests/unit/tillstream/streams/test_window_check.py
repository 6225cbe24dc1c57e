"""The SQL of windows: what is of the dialect is understood, everything else is told."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tillstream.streams import window_check
from tillstream.streams.definition import Field
from tillstream.streams.meaning import Meaning, of_field
from tillstream.streams.sql_check import check_all
from tillstream.streams.sql_sandbox import Sandbox
from tillstream.streams.window_texts import CheckedWindow, WindowTexts

FIELDS = [
    Field(name="time", type="timestamp", required=True),
    Field(name="paid_at", type="timestamp"),
    Field(name="kind", type="enum", values=("view", "cart")),
    Field(name="brand", type="text"),
    Field(name="price", type="decimal", scale=2),
    Field(name="rate", type="decimal", scale=4),
    Field(name="quantity", type="integer"),
    Field(name="new", type="boolean"),
    Field(name="who", type="integer"),
]


def _texts(**texts: object) -> WindowTexts:
    return WindowTexts(
        stream="sales",
        size_us=60_000_000,
        fields={field.name: of_field(field) for field in FIELDS},
        persons=("who",),
        **{"time": "time", **texts},  # type: ignore[arg-type]
    )


def check(windows: Sequence[WindowTexts]) -> list[CheckedWindow]:
    with Sandbox() as sandbox:
        return window_check.check(windows, sandbox)


def _checked(**texts: object) -> CheckedWindow:
    (found,) = check([_texts(**texts)])
    return found


def _mistakes(**texts: object) -> list[str]:
    return [text for _, text in _checked(**texts).mistakes]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("count(*)", ("integer", 0)),
        ("count(price)", ("integer", 0)),
        ("count(DISTINCT who)", ("integer", 0)),
        ("count(who)", ("integer", 0)),
        ("count(DISTINCT CASE WHEN kind = 'cart' THEN who END)", ("integer", 0)),
        ("sum(CASE WHEN who IS NULL THEN 1 ELSE 0 END)", ("integer", 0)),
        ("sum(price)", ("decimal", 2)),
        ("sum(CASE WHEN kind IN ('view', 'cart') THEN price ELSE 0 END)", ("decimal", 2)),
        ("sum(price * quantity)", ("decimal", 2)),
        ("sum(price * rate)", ("decimal", 6)),
        ("sum(price * 100 + rate)", ("decimal", 4)),
        ("sum(-price)", ("decimal", 2)),
        ("max(coalesce(price, 0))", ("decimal", 2)),
        ("sum(quantity + 1)", ("integer", 0)),
        ("sum(paid_at - time)", ("integer", 0)),
        ("max(time)", ("timestamp", 0)),
        ("min(time + 60000000)", ("timestamp", 0)),
        ("max(time % 86400000000)", ("integer", 0)),
        ("min(lower(brand))", ("text", 0)),
        ("sum(CAST(new AS BIGINT))", ("integer", 0)),
        ("sum(price % 100)", ("integer", 0)),
        ("max(greatest(price, 100))", ("decimal", 2)),
    ],
)
def test_a_measure_is_read_as_its_fields_are(sql: str, expected: tuple[str, int]) -> None:
    found = _checked(measures={"m": sql})

    assert [] == found.mistakes
    meaning = found.measures["m"].meaning
    assert expected == (meaning.read_as, meaning.scale)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("brand", "text"),
        ("new", "boolean"),
        ("quantity IS NULL", "boolean"),
        ("paid_at", "timestamp"),
        ("price", "decimal"),
        ("CASE WHEN price >= 1000 THEN 'much' ELSE 'little' END", "text"),
        ("substring(brand, 1, 3) || '-' || CAST(quantity AS VARCHAR)", "text"),
    ],
)
def test_a_key_is_read_as_its_sql_says(sql: str, expected: str) -> None:
    found = _checked(keys={"k": sql}, measures={"m": "count(*)"}, where="NOT (price < 0)")

    assert [] == found.mistakes
    assert expected == found.keys["k"].read_as


def test_columns_may_divide_what_was_measured() -> None:
    found = _checked(
        keys={"brand": "brand"},
        measures={"total": "sum(price)", "n": "count(*)"},
        columns={"mean": "round(total / nullif(n, 0) / 100.0, 2)", "name": "upper(brand)"},
    )

    assert [] == found.mistakes


@pytest.mark.parametrize("sql", ["n / n", "n / 0", "n // 0.00", "n / nullif(n, 1)"])
def test_a_column_divides_by_nothing_that_may_be_0(sql: str) -> None:
    told = _mistakes(measures={"n": "count(*)"}, columns={"c": sql})

    assert ["what divides may be 0: write a / nullif(b, 0)"] == told


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("sum(price) / 2", "cannot be merged"),
        ("sum(price / 2)", "a partial sum cannot be divided"),
        ("sum(price // 2)", "a partial sum cannot be divided"),
        ("avg(price)", "cannot be merged"),
        ("median(price)", "cannot be merged"),
        ("approx_count_distinct(brand)", "cannot be merged"),
        ("sum(1.5)", "write whole numbers of 64 bits"),
        ("sum(9223372036854775808)", "write whole numbers of 64 bits"),
        ("sum(CAST(price AS DOUBLE))", "CAST to DOUBLE is not allowed"),
        ("sum(CAST(brand AS BIGINT))", "an event could fail it"),
        ("sum(TRY_CAST(brand AS BIGINT))", "TRY_CAST is not the same everywhere"),
        ("count(*) FILTER (WHERE new)", "cannot be merged"),
        ("sum(DISTINCT price)", "DISTINCT stands only in count"),
        ("sum(price ORDER BY time)", "cannot be merged"),
        ("first(price)", "cannot be merged"),
        ("arg_max(price, time)", "cannot be merged"),
        ("sum(sum(price))", "stands only at the start of a measure"),
        ("sum(prise)", "no field 'prise'; did you mean 'price'?"),
        ("sum(sales.price)", "write price, without what stands before the dot"),
        ("sum(price + rate)", "decimals of 2 and 4 places"),
        ("sum(time)", "a sum of times means nothing"),
        ("sum(brand)", "sum of VARCHAR"),
        ("max(new)", "max of BOOLEAN"),
        ("max(who)", "'who' names a person"),
        ("sum(who)", "'who' names a person"),
        ("count(DISTINCT who % 10)", "'who' names a person"),
        ("count(DISTINCT coalesce(who, 0))", "'who' names a person"),
        ("count(DISTINCT CASE WHEN new THEN who ELSE quantity END)", "'who' names a person"),
        ("sum(CASE WHEN who = 5 THEN 1 ELSE 0 END)", "'who' names a person"),
        ("sum(CASE WHEN kind = 'views' THEN 1 ELSE 0 END)", "did you mean 'view'?"),
        ("sum(CASE WHEN brand = 1 THEN 1 ELSE 0 END)", "comparison of BIGINT and VARCHAR"),
        ("sum(CASE WHEN price THEN 1 ELSE 0 END)", "WHEN of BIGINT and BOOLEAN"),
        ("sum(price % quantity)", "after % stands a whole number that is not 0"),
        ("sum(price % 0)", "after % stands a whole number that is not 0"),
        ("max(now())", "it is another one each time"),
        ("max(current_timestamp)", "it is another one each time"),
        ("max(random())", "it is another one each time"),
        ("count(*), count(*)", "write one expression"),
        ("count(*) AS n", "syntax error"),
        ("count(*) FROM sales", "write one expression"),
        ("count(*); DROP TABLE sales", "write one expression"),
        ("count(*) -- all", "syntax error"),
        ("sum(price) + (price)", "cannot be merged"),
        ("count(*) OVER ()", "cannot be merged"),
        ('sum("price")', "write names without quotes"),
        ("max(e'\\n')", "a text has no backslash"),
        ("max('it''s')", "no quote in it"),
        ("max($$a$$)", "with nothing before the quote"),
        ("max(brand COLLATE nocase)", "COLLATE is not allowed"),
        ("sum([1][1])", "not allowed"),
        ("max(?)", "a parameter has no value"),
        ("sum(" + "(" * 300 + "price" + " + 1)" * 300 + ")", "nested deeper"),
        ("sum(" + "-(" * 1_200 + "price" + ")" * 1_200 + ")", "expression depth"),
        ("sum(" + "1+" * 3_000 + "1)", "longer than 4,000 characters"),
    ],
)
def test_what_is_not_of_the_dialect_is_told(sql: str, expected: str) -> None:
    told = _mistakes(measures={"m": sql})

    assert 1 == len(told)
    assert expected in told[0]


@pytest.mark.parametrize(
    "sql",
    [
        "(SELECT count(*) FROM read_csv('/etc/passwd'))",
        "(SELECT content FROM read_text('/etc/passwd'))",
        "(SELECT 1 FROM '/etc/passwd')",
        "getenv('HOME')",
        "current_setting('home_directory')",
        "(SELECT value FROM duckdb_settings() LIMIT 1)",
        "(FROM glob('/*'))",
        "query('SELECT 1')",
        "brand) FROM sales; COPY sales TO '/tmp/stolen'; SELECT (brand",
        "brand) FROM sales; ATTACH '/tmp/x.db'; SELECT (brand",
        "brand) FROM sales; SET enable_external_access = true; SELECT (brand",
        "brand) FROM sales; INSTALL httpfs; SELECT (brand",
        "(SELECT 1 FROM read_parquet('https://example.org/x.parquet'))",
        "nextval('x')",
        "write_log('x')",
        "pg_read_file('/etc/passwd')",
    ],
)
def test_sql_reaches_no_file_network_or_setting(sql: str) -> None:
    places: list[dict[str, object]] = [
        {"keys": {"k": sql}, "measures": {"m": "count(*)"}},
        {"measures": {"m": f"max({sql})"}},
        {"measures": {"m": "count(*)"}, "columns": {"c": sql}},
        {"measures": {"m": "count(*)"}, "where": sql},
        {"measures": {"m": "count(*)"}, "time": sql},
    ]

    assert [True] * 5 == [bool(_mistakes(**place)) for place in places]


def test_a_time_that_may_be_null_is_told() -> None:
    assert ["it may be null; use required fields, or coalesce(..., received)"] == _mistakes(
        time="paid_at", measures={"m": "count(*)"}
    )
    assert [] == _mistakes(time="coalesce(paid_at, time)", measures={"m": "count(*)"})


def test_a_key_of_a_person_or_of_nothing_is_told() -> None:
    assert [
        "'1' names no field, so it tells no rows apart",
        "'who' names a person, so a key of it could not be erased;"
        " write count(DISTINCT who), or take it from `persons`",
    ] == _mistakes(keys={"one": "1", "two": "who % 10"}, measures={"m": "count(*)"})


def test_a_condition_on_a_person_is_told() -> None:
    (told,) = _mistakes(where="who > 5 AND who IS NOT NULL", measures={"m": "count(*)"})

    assert told.startswith("'who' names a person, so a condition or time of it could not be erased")


def test_a_process_of_its_own_finds_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [_texts(measures={"m": "sum(price)", "n": "sum(prise)"}, keys={"k": "brand"})]
    expected = check(texts)
    monkeypatch.delitem(__import__("sys").modules, "_duckdb")

    assert expected == check_all(texts).windows


def test_what_is_broken_elsewhere_hides_no_mistake_and_makes_none() -> None:
    fields = {"time": Meaning("BIGINT", required=True), "odd": Meaning(None, neutral=True)}
    texts = WindowTexts(
        stream="sales", size_us=1, fields=fields, time="time", measures={"m": "sum(odd + od)"}
    )
    unknown = WindowTexts(
        stream="sales", size_us=1, fields=None, time="t", measures={"m": "sum(x / y)"}
    )

    told = [[text for _, text in each.mistakes] for each in check([texts, unknown])]
    assert "no field 'od'; did you mean 'odd'?" == told[0][0]
    assert 1 == len(told[0])
    assert 1 == len(told[1])
    assert "a partial sum cannot be divided" in told[1][0]


def test_no_file_is_written_by_a_check(tmp_path: Path) -> None:
    target = tmp_path / "stolen"
    _mistakes(where=f"brand) FROM sales; COPY sales TO '{target}'; SELECT (brand")

    assert not target.exists()
