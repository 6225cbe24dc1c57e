"""Which names streams, fields, windows and what they count may have."""

import re

from tillstream.streams import names
from tillstream.streams.declared_table import DeclaredTable

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
#: Words that stand for themselves in the SQL of DuckDB 2 or Spark 4, so no name without quotes.
_SQL_WORDS = """
anti asof at binary by unpack
all analyse analyze and any array as asc asymmetric authorization between both case cast check
collate collation column concurrently constraint create cross current_date current_time
current_timestamp current_user default deferrable delete desc describe distinct do drop else end
escape except exists false fetch filter for foreign freeze from full function glob grant group
having if ilike in initially inner insert intersect interval into is isnull join lambda lateral
leading left like limit natural not notnull null offset on only or order outer overlaps pivot
pivot_longer pivot_wider placing positional primary qualify references returning right select
semi session_user set show similar some sql summarize symmetric table tablesample then to
trailing true try_cast union unique unknown unpivot update user using values variadic verbose
when where window with
"""
SQL_WORDS = frozenset(_SQL_WORDS.split())
#: Views of `persistence sql` beside those of streams.
_VIEWS = ("receipts", "lines", "payments")
_PREFIXES = ("duckdb_", "pragma_", "sqlite_", "pg_")


def tell_name(table: DeclaredTable, name: str, *keys: str) -> bool:
    """Whether the name is one; what is wrong with it is told."""
    if not _NAME.fullmatch(name):
        lower = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:63]
        near = f", such as {lower!r}" if _NAME.fullmatch(lower) else ""
        table.tell(f"{name!r} is no name; write a-z, 0-9 and _, at most 63{near}", *keys)
    elif name in SQL_WORDS:
        table.tell(f"{name!r} is a word of SQL; take another name, such as '{name}_'", *keys)
    else:
        return True
    return False


def tell_column_name(table: DeclaredTable, name: str, *keys: str) -> bool:
    """As `tell_name`, of a field, key, measure or column."""
    if name in names.RESERVED:
        table.tell(f"{name!r} is made beside what is declared; take another name", *keys)
        return False
    return tell_name(table, name, *keys)


def tell_table_name(table: DeclaredTable, name: str, *keys: str) -> bool:
    """As `tell_name`, of a stream."""
    if name in _VIEWS or name.startswith(_PREFIXES):
        table.tell(f"{name!r} is a table of SQL; take another name", *keys)
        return False
    return tell_name(table, name, *keys)
