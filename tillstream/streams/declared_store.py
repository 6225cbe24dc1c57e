"""Reads where MongoDB has the rows of a window or of an attribution."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from tillstream.streams.changes import credits_collection
from tillstream.streams.declared_table import DeclaredTable
from tillstream.streams.definition import Attribution, Window

_DATABASE = re.compile(r"[A-Za-z0-9_-]{1,38}")
_COLLECTION = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,100}")
_OTHERS = ("admin", "config", "local", "tillstream")


class Store(NamedTuple):
    """ "" is what stands for it where the file says nothing."""

    database: str
    collection: str


def read_store(table: DeclaredTable, prefix: str) -> Store:
    """`database` and `collection`; in the archive's database the latter begins with `prefix`."""
    database = _name(table, "database", _DATABASE)
    collection = _name(table, "collection", _COLLECTION)
    if database in _OTHERS:
        table.tell(f"database {database!r} is of others; take another one", "database")
    if collection and not database and not collection.startswith(prefix):
        table.tell(
            f"collection {collection!r} is in the archive's database, where it has to begin"
            f" with {prefix}; or name a `database`",
            "collection",
        )
    return Store(database, collection)


def tell_shared(stores: Iterable[tuple[DeclaredTable, str, Window | Attribution]]) -> None:
    """Tell of two whose rows would be in the same collection; each has its name beside it."""
    owners: dict[tuple[str, str], str] = {}
    every = list(stores)
    for _, name, one in every:
        if isinstance(one, Attribution):
            owners[one.database, credits_collection(one)] = f"the credits of {name}"
    for table, name, one in every:
        place = (one.database, one.collection_name)
        first = owners.setdefault(place, name)
        if first != name:
            table.tell(f"its rows would be in the collection {place[1]!r} of {first}", "collection")


def _name(table: DeclaredTable, key: str, allowed: re.Pattern[str]) -> str:
    found = table.text(key)
    if found is not None and (not allowed.fullmatch(found) or found.startswith("system.")):
        table.tell(f"{key} = {found!r} is no name for MongoDB; write letters, digits and _", key)
    return found or ""
