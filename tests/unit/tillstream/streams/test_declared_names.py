"""Names are names in SQL too."""

import json
from typing import Any

import duckdb

from tillstream.streams.declared_names import SQL_WORDS


def test_every_word_that_sql_keeps_for_itself_is_refused() -> None:
    """Whatever DuckDB calls a keyword and is no name where windows have names."""
    with duckdb.connect() as connection:
        rows = connection.execute("SELECT DISTINCT keyword_name FROM duckdb_keywords()").fetchall()
        kept = {word for (word,) in rows if not _is_name(connection, word)}

    assert set() == kept - SQL_WORDS


def _is_name(connection: duckdb.DuckDBPyConnection, word: str) -> bool:
    text = (
        f"SELECT {word}, sum({word}), {word} - {word} % 5 AS {word} FROM {word}"  # noqa: S608
        f" WHERE ({word}) AND {word} IN (1) GROUP BY {word}, {word} - {word} % 5"
    )
    row = connection.execute("SELECT json_serialize_sql(?)", [text]).fetchone()
    answer: dict[str, Any] = json.loads(row[0]) if row else {"error": True}
    if answer["error"]:
        return False
    found = answer["statements"][0]["node"]["select_list"][0]["class"]
    return bool(found == "COLUMN_REF")


def test_a_stream_may_be_called_system_logs() -> None:
    """Tables of DuckDB itself begin otherwise."""
    with duckdb.connect() as connection:
        connection.execute("CREATE VIEW system_logs AS SELECT 1 AS level")
        names = [
            row[0] for row in connection.execute("SELECT view_name FROM duckdb_views()").fetchall()
        ]

        assert [(1,)] == connection.execute("SELECT level FROM system_logs").fetchall()
    assert ["system_logs"] == [name for name in names if name.startswith("system_")]
