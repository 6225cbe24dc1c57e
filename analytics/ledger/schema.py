"""The tables of the ledger's file."""

from tillstream.ledger import VERSION

#: Pages of the write-ahead log (32 MB) before they go to their places. Identities are spread over
#: their day: the more of them, the more share a page. SQLite's own 1,000 are two commits of a rush.
CHECKPOINT_PAGES = 8_000

PRAGMAS = f"""
PRAGMA synchronous=FULL;
PRAGMA cache_size=-65536;
PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES};
"""

_TOTALS = """
CREATE TABLE totals (
    day INTEGER NOT NULL,
    currency TEXT NOT NULL DEFAULT 'EUR',
    breakdown TEXT NOT NULL,
    key TEXT NOT NULL,
    receipts INTEGER NOT NULL,
    units_milli INTEGER NOT NULL,
    gross_minor INTEGER NOT NULL,
    net_minor INTEGER NOT NULL,
    PRIMARY KEY (day, currency, breakdown, key)
) WITHOUT ROWID;
"""
_STORE_DAYS = """
CREATE TABLE store_days (
    day INTEGER NOT NULL,
    currency TEXT NOT NULL DEFAULT 'EUR',
    store TEXT NOT NULL,
    part TEXT NOT NULL,
    body BLOB NOT NULL,
    bound INTEGER NOT NULL,
    change INTEGER NOT NULL,
    UNIQUE (day, currency, store, part)
);
"""
_CHANGES = "CREATE UNIQUE INDEX store_days_changes ON store_days (change)"

CREATE = f"""
BEGIN IMMEDIATE;
CREATE TABLE progress (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    next_offset INTEGER,
    duplicates INTEGER NOT NULL,
    conflicts INTEGER NOT NULL,
    undecodable INTEGER NOT NULL,
    set_aside INTEGER NOT NULL,
    last_digest BLOB,
    log_epoch INTEGER NOT NULL
);
CREATE TABLE facts (
    name TEXT PRIMARY KEY,
    value NOT NULL
) WITHOUT ROWID;
CREATE TABLE aside (
    log_offset INTEGER NOT NULL,
    place INTEGER NOT NULL,
    undecodable INTEGER NOT NULL,
    key TEXT NOT NULL,
    reason TEXT NOT NULL,
    receipt BLOB NOT NULL
);
{_TOTALS}
{_STORE_DAYS}
{_CHANGES};
CREATE TABLE figures_journal (
    id INTEGER PRIMARY KEY,
    most INTEGER NOT NULL,
    sums BLOB NOT NULL
);
CREATE TABLE identities (
    key BLOB PRIMARY KEY,
    content BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE identity_blocks (
    id INTEGER PRIMARY KEY,
    records BLOB NOT NULL
);
CREATE TABLE identity_days (
    day INTEGER PRIMARY KEY,
    seen_day INTEGER NOT NULL,
    open INTEGER NOT NULL,
    closed INTEGER NOT NULL,
    dropped INTEGER NOT NULL
);
CREATE TABLE conflicts (
    log_offset INTEGER NOT NULL,
    key BLOB NOT NULL,
    receipt BLOB NOT NULL
);
CREATE TABLE tills (
    store TEXT NOT NULL,
    till TEXT NOT NULL,
    state BLOB NOT NULL,
    PRIMARY KEY (store, till)
) WITHOUT ROWID;
PRAGMA user_version={VERSION};
COMMIT;
"""

#: A ledger of version 7, before there were currencies, in a transaction that has begun.
UPGRADE = (
    "ALTER TABLE totals RENAME TO totals_before",
    _TOTALS,
    "INSERT INTO totals (day, breakdown, key, receipts, units_milli, gross_minor, net_minor)"
    " SELECT day, breakdown, key, receipts, units_milli, gross_minor, net_minor FROM totals_before",
    "DROP TABLE totals_before",
    "DROP INDEX store_days_changes",
    "ALTER TABLE store_days RENAME TO store_days_before",
    _STORE_DAYS,
    _CHANGES,
    "INSERT INTO store_days (day, store, part, body, bound, change)"
    " SELECT day, store, part, body, bound, change FROM store_days_before ORDER BY rowid",
    "DROP TABLE store_days_before",
    f"PRAGMA user_version={VERSION}",
)
