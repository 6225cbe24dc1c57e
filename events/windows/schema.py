"""The tables of the state's file; those of a window are made by `window_table`."""

#: Raised when the tables change: an older state is rebuilt by `recount`.
VERSION = 3

#: What a recount does not make anew.
ATTRIBUTION_TABLES = (
    *("joined", "waiting", "waiting_for", "attributions", "attribution_progress", "outbox"),
)

#: Pages of the write-ahead log (32 MB) before they go to their places.
CHECKPOINT_PAGES = 8_000

PRAGMAS = f"""
PRAGMA synchronous=FULL;
PRAGMA cache_size=-32768;
PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES};
"""

CREATE = f"""
BEGIN IMMEDIATE;
CREATE TABLE progress (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    next_offset INTEGER,
    last_digest BLOB,
    begin_digest BLOB,
    base INTEGER NOT NULL,
    archive_from INTEGER,
    change INTEGER NOT NULL,
    log_clock_us INTEGER NOT NULL
) STRICT;
CREATE TABLE streams (
    name TEXT PRIMARY KEY,
    greatest_time_us INTEGER,
    heard_us INTEGER,
    watermark_us INTEGER,
    events INTEGER NOT NULL,
    duplicates INTEGER NOT NULL,
    set_aside INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE windows (
    name TEXT PRIMARY KEY,
    stream TEXT NOT NULL,
    signature TEXT NOT NULL,
    stale TEXT NOT NULL,
    floor INTEGER NOT NULL,
    events INTEGER NOT NULL,
    late INTEGER NOT NULL,
    expired INTEGER NOT NULL,
    pruned_before_us INTEGER,
    pruned_change INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE identities (
    key BLOB PRIMARY KEY,
    log_offset INTEGER NOT NULL,
    log_row INTEGER NOT NULL,
    seen_day INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE aside (
    log_offset INTEGER NOT NULL,
    log_row INTEGER NOT NULL,
    stream TEXT NOT NULL,
    reason TEXT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (log_offset, log_row)
) STRICT, WITHOUT ROWID;
CREATE TABLE erasures (
    stream TEXT NOT NULL,
    record TEXT NOT NULL,
    in_state INTEGER NOT NULL,
    field TEXT NOT NULL,
    digest TEXT NOT NULL,
    before_offset INTEGER NOT NULL,
    characters INTEGER NOT NULL,
    of_stream TEXT NOT NULL,
    to_version INTEGER,
    PRIMARY KEY (record, stream, field, digest, of_stream)
) STRICT, WITHOUT ROWID;
CREATE TABLE joined (
    stream TEXT NOT NULL,
    key ANY NOT NULL,
    event BLOB NOT NULL,
    PRIMARY KEY (stream, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE waiting (
    number INTEGER PRIMARY KEY,
    attribution TEXT NOT NULL,
    conversion BLOB NOT NULL
) STRICT;
CREATE TABLE waiting_for (
    attribution TEXT NOT NULL,
    stream TEXT NOT NULL,
    key ANY NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (attribution, stream, key, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE attributions (
    name TEXT PRIMARY KEY,
    open INTEGER NOT NULL,
    final INTEGER NOT NULL,
    attributed INTEGER NOT NULL,
    waiting INTEGER NOT NULL,
    late_touches INTEGER NOT NULL,
    late_conversions INTEGER NOT NULL,
    final_before_us INTEGER,
    row_version INTEGER NOT NULL,
    nulled INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE attribution_progress (
    name TEXT PRIMARY KEY,
    next_offset INTEGER NOT NULL,
    attribution_from INTEGER,
    heard_first_us INTEGER,
    signature TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE outbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    name BLOB NOT NULL UNIQUE,
    stream TEXT NOT NULL,
    body BLOB NOT NULL,
    content_encoding TEXT,
    published INTEGER NOT NULL,
    stored INTEGER NOT NULL
) STRICT;
CREATE INDEX outbox_unpublished ON outbox (seq) WHERE NOT published;
CREATE INDEX outbox_unstored ON outbox (seq) WHERE NOT stored;
PRAGMA user_version={VERSION};
COMMIT;
"""
