"""The SQL of definitions on Spark: over rows that executors have made, or of none to see whether it
can be run.
"""

import re
from collections.abc import Sequence
from typing import Any

from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession

from events.windows.partials import Partials, partials_by
from spark.decoders.events import own_columns
from tillstream.streams import window_sql
from tillstream.streams.definition import Stream, Window
from tillstream.streams.names import RECEIVED

#: What has another name on Spark.
_VARCHAR = re.compile(r"\bAS\s+VARCHAR\s*\)", re.IGNORECASE)
#: What Spark answers otherwise than DuckDB for some texts: `ß` has two capitals, a space of another
#: width is trimmed or not, a substring may begin before 1, and `\` is no escape.
_OTHERWISE = re.compile(r"\b(lower|upper|trim|substring)\s*\(|\\", re.IGNORECASE)


def spark_text(sql: str) -> str:
    """A text of window_sql as Spark reads it."""
    return _VARCHAR.sub("AS STRING)", sql)


def count(rows: DataFrame, stream: Stream, windows: Sequence[Window]) -> list[Partials]:
    """The partial figures of rows with the columns that the windows ask for.

    Raises PySparkException where an event's figure cannot be computed or exceeds 64 bits.
    """
    queries = sum(1 + len(window.distinct) for window in windows)
    if queries > 1:
        rows = rows.persist()
    session = rows.sparkSession
    try:
        rows.createOrReplaceTempView(stream.name)

        def run(sql: str) -> list[tuple[Any, ...]]:
            found = session.sql(spark_text(sql)).toArrow()
            return list(zip(*(column.to_pylist() for column in found.columns), strict=True))

        return [partials_by(run, window, stream) for window in windows]
    finally:
        session.catalog.dropTempView(stream.name)
        if queries > 1:
            rows.unpersist()


def why_not(session: SparkSession, stream: Stream, window: Window) -> str:
    """Why a window is not for Spark; "" where it is."""
    texts = [
        window_sql.partial(window, stream),
        *(window_sql.distinct_values(window, stream, each) for each in window.distinct),
    ]
    if found := next((found for text in texts if (found := _OTHERWISE.search(text))), None):
        return f"{found.group().strip()} is not the same on Spark"
    columns = (each.rsplit(" ", 1) for each in [*own_columns(stream), f"{RECEIVED} bigint"])
    nulls = ", ".join(f"CAST(NULL AS {kind}) AS {name}" for name, kind in columns)
    try:
        session.sql(f"SELECT {nulls}").createOrReplaceTempView(stream.name)
        for text in texts:
            # Analysed, not run.
            session.sql(spark_text(text))
    except (PySparkException, Py4JError) as error:
        return str(error)[:300]
    finally:
        session.catalog.dropTempView(stream.name)
    return ""
