"""Identities as records of one blob, which SQLite cuts up by itself."""

import sqlite3

#: An identity as one record: the digest of its key, that of its content, the day as text.
KEY_BYTES, CONTENT_BYTES, DAY_BYTES = 16, 8, 6
RECORD_BYTES = KEY_BYTES + CONTENT_BYTES + DAY_BYTES

# Many identities go to SQLite as one blob of records: bound one by one, each row cost three times
# as much (docs/decisions/0010-columns.md).
# ruff: noqa: S608 - the strings that are put together here are this module's own
_PLACES = f"""
    WITH RECURSIVE place (at) AS (
        VALUES (1) UNION ALL
        SELECT at + {RECORD_BYTES} FROM place WHERE at + {RECORD_BYTES} <= length(?1)
    )
"""
#: Keys and contents of the records of a blob that are kept already.
_KNOWN = f"""{_PLACES}
    SELECT key, content FROM place
    JOIN identities ON key = substr(?1, at, {KEY_BYTES})
"""
#: Keeps every record of a blob; fails for one whose key is kept already.
_KEEP = f"""{_PLACES}
    INSERT INTO identities SELECT
        substr(?1, at, {KEY_BYTES}),
        substr(?1, at + {KEY_BYTES}, {CONTENT_BYTES}),
        CAST(substr(?1, at + {KEY_BYTES + CONTENT_BYTES}, {DAY_BYTES}) AS INTEGER)
    FROM place
"""


def identity_records(keys: list[bytes], contents: list[bytes], seen_days: list[int]) -> list[bytes]:
    """Identities (digest of the key, of the content, ordinal of the day) as records."""
    text = {day: b"%06d" % day for day in set(seen_days)}
    return [
        key + content + text[day]
        for key, content, day in zip(keys, contents, seen_days, strict=True)
    ]


def keep(database: sqlite3.Connection, records: bytes) -> None:
    """Keep identities that are known to be new; IntegrityError, and none is kept, if one is not."""
    if records:
        database.execute(_KEEP, (records,))


def add_new(
    database: sqlite3.Connection, keys: list[bytes], contents: list[bytes], seen_days: list[int]
) -> list[bytes | None]:
    """For each in turn None when it is new, and now kept; else the content first seen."""
    records = identity_records(keys, contents, seen_days)
    try:
        # The rule: all are new. In the order of the table, neighbours are written together.
        keep(database, b"".join(sorted(records)))
    except sqlite3.IntegrityError:
        known: dict[bytes, bytes] = dict(database.execute(_KNOWN, (b"".join(records),)))
        first, new = first_contents(known, keys, contents, records)
        keep(database, b"".join(new))
        return first
    return [None] * len(keys)


def first_contents(
    known: dict[bytes, bytes], keys: list[bytes], contents: list[bytes], records: list[bytes]
) -> tuple[list[bytes | None], list[bytes]]:
    """What `add_new` returns, and the records of those that are new, which `known` gets."""
    first: list[bytes | None] = []
    new: list[bytes] = []
    for key, content, record in zip(keys, contents, records, strict=True):
        first.append(known.get(key))
        if first[-1] is None:
            known[key] = content
            new.append(record)
    return first, new
