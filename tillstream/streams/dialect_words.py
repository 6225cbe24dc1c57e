"""The functions of the dialect, and what to write in the place of what it does not have."""

from collections.abc import Mapping

from tillstream.streams.meaning import NUMBER, TEXT, TRUTH, Meaning, SqlType

#: Functions: their arguments' types, how many of them may be left out, what they give.
FUNCTIONS: Mapping[str, tuple[tuple[SqlType, ...], int, Meaning]] = {
    "abs": (("BIGINT",), 0, NUMBER),
    "length": (("VARCHAR",), 0, NUMBER),
    "lower": (("VARCHAR",), 0, TEXT),
    "upper": (("VARCHAR",), 0, TEXT),
    "trim": (("VARCHAR",), 0, TEXT),
    "replace": (("VARCHAR", "VARCHAR", "VARCHAR"), 0, TEXT),
    "substring": (("VARCHAR", "BIGINT", "BIGINT"), 1, TEXT),
    "||": (("VARCHAR", "VARCHAR"), 0, TEXT),
    "~~": (("VARCHAR", "VARCHAR"), 0, TRUTH),
    "!~~": (("VARCHAR", "VARCHAR"), 0, TRUTH),
}
#: Functions of values of one type, which they give.
ALIKE = ("greatest", "least", "nullif")
AGGREGATES = ("count", "count_star", "sum", "min", "max")
_DIVISION = "a partial sum cannot be divided; keep sum and count, and divide in `columns`"
_NOT_EXACT = "not exact when partial figures are merged; write count, sum, min or max"
CLOCK = "it is another one each time; `received` is when the door took the event, microseconds"
ADVICE = {
    "/": _DIVISION,
    "//": f"{_DIVISION}; for a time write t - t % 60000000",
    **dict.fromkeys(("avg", "mean"), _DIVISION),
    **dict.fromkeys(("approx_count_distinct", "median", "stddev", "any_value"), _NOT_EXACT),
    **dict.fromkeys(("first", "last", "arg_min", "arg_max", "string_agg", "list"), _NOT_EXACT),
    **dict.fromkeys(("now", "random", "uuid", "gen_random_uuid", "nextval"), CLOCK),
    **dict.fromkeys(("get_current_timestamp", "today", "current_date"), CLOCK),
    **dict.fromkeys(("date_trunc", "time_bucket"), "a time is microseconds: t - t % 3600000000"),
    "if": "write CASE WHEN ... THEN ... ELSE ... END",
    "substr": "write substring",
    "ifnull": "write coalesce",
    "~~*": "write lower(...) LIKE '...'",
}  # fmt: skip
CLASSES = {
    "SUBQUERY": "a subquery is not allowed: a window counts the events of one stream",
    "WINDOW": "OVER is not allowed: a row of a window is made of sums",
    "STAR": "* stands only in count(*)",
    "PARAMETER": "a parameter has no value",
    "LAMBDA": "a function within an expression is not allowed",
    "COMPARISON": "write =, <>, <, <=, >, >=, IS NULL or IS NOT NULL",
    "COLLATE": "COLLATE is not allowed; texts are compared by their code points",
}
