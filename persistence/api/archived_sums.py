"""Sums over days that MongoDB dropped: the files, and what MongoDB has of those days after all."""

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Any

from persistence.api import archived_sql
from persistence.api.parameters import SalesQuestion
from persistence.api.queries import Query, oldest_first
from persistence.api.sales import SalesQuery
from tillstream.archive import Document
from tillstream.stores import StoreTable

if TYPE_CHECKING:
    import duckdb

#: What is read of a document of MongoDB, and with its key what a sum reads of a row.
FIELDS = ("store", "date", "businessDay", "netMinor", "grossMinor", "lines", "payments")

_LINE = ("taxBasisPoints", "unitsMilli", "netMinor", "grossMinor")


def parted(
    query: SalesQuery, question: SalesQuestion, days: Iterable[date]
) -> tuple[SalesQuery, Query]:
    """A sum without some days, and the documents of those."""
    match, *stages = query.pipeline
    named = [day.isoformat() for day in days]
    of_days: Document = match["$match"]
    rest = of_days | {"businessDay": {**of_days["businessDay"], "$nin": named}}
    dropped = of_days | {"businessDay": {"$in": named}}
    return (
        query._replace(pipeline=[{"$match": rest}, *stages]),
        oldest_first(dropped, question.stores),
    )


def hear(connection: "duckdb.DuckDBPyConnection", documents: Iterable[Document]) -> None:
    """Let documents of MongoDB count, and not the rows with their keys."""
    import pyarrow as pa

    connection.register("batch", pa.Table.from_pylist(list(map(_row, documents)), _schema()))
    connection.execute("CREATE TABLE IF NOT EXISTS heard AS FROM batch WITH NO DATA")
    connection.execute("INSERT INTO heard BY NAME FROM batch")
    connection.unregister("batch")


def sums_sql(question: SalesQuestion, match: Document, files: str, table: StoreTable) -> str:
    """The rows of a sum: over files, and over what was heard."""
    columns = ", ".join(("key", *FIELDS))
    relation = f"""(
        SELECT {columns} FROM (
            SELECT {archived_sql.SUMMED} FROM {files} ANTI JOIN heard USING (key)
            WHERE {archived_sql.condition(match)}
        )
        UNION ALL SELECT {columns} FROM heard
    )"""  # noqa: S608 - ours
    return archived_sql.sums(
        question.by, relation, archived_sql.hour(question.first, question.end, table)
    )


def rows(connection: "duckdb.DuckDBPyConnection", sql: str) -> list[dict[str, Any]]:
    """The rows of a sum as MongoDB gives them."""
    names = ("_id", "receipts", "unitsMilli", "grossMinor", "netMinor")
    return [dict(zip(names, row, strict=True)) for row in connection.execute(sql).fetchall()]


def currencies(connection: "duckdb.DuckDBPyConnection", files: str, match: Document) -> set[str]:
    """The currencies of the rows of files that a filter finds."""
    sql = f"SELECT DISTINCT currency FROM {files} WHERE {archived_sql.condition(match)}"  # noqa: S608 - ours
    return {currency for (currency,) in connection.execute(sql).fetchall()}


def added(one: Iterable[dict[str, Any]], other: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows of a sum of both, by key."""
    found: dict[Any, dict[str, Any]] = {}
    for row in (*one, *other):
        before = found.setdefault(row["_id"], dict.fromkeys(row, 0) | {"_id": row["_id"]})
        for name in row.keys() - {"_id"}:
            before[name] += int(row[name])
    return [found[key] for key in sorted(found)]


def _schema() -> Any:
    import pyarrow as pa

    texts = dict.fromkeys(("category", "product"), pa.string())
    line = pa.struct(texts | dict.fromkeys(_LINE, pa.int64()))
    payment = pa.struct({"mechanism": pa.string(), "amountMinor": pa.int64()})
    return pa.schema(
        {
            "key": pa.string(),
            "store": pa.string(),
            "date": pa.timestamp("ms", tz="UTC"),
            "businessDay": pa.string(),
            "netMinor": pa.int64(),
            "grossMinor": pa.int64(),
            "lines": pa.list_(line),
            "payments": pa.list_(payment),
        }
    )


def _row(document: Document) -> dict[str, Any]:
    parts = {
        "lines": [
            {"category": line["category"], "product": line["product"]}
            | {name: int(line[name]) for name in _LINE}
            for line in document["lines"]
        ],
        "payments": [
            {"mechanism": each["mechanism"], "amountMinor": int(each["amountMinor"])}
            for each in document["payments"]
        ],
    }
    return {"key": document["_id"]} | {name: document[name] for name in FIELDS} | parts
