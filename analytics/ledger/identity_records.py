"""Identities as records of one blob, which SQLite cuts up by itself."""

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
KNOWN = f"""{_PLACES}
    SELECT key, content FROM place
    JOIN identities ON key = substr(?1, at, {KEY_BYTES})
"""
#: Keeps every record of a blob; fails for one whose key is kept already.
KEEP = f"""{_PLACES}
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
