"""The tables of the worker's state, and how a file of before gets them."""

VERSION = 2
#: The oldest version that UPGRADE brings to today's.
OLDEST = 1

#: A commit is on disk before the broker is told; the log waits up to then.
PRAGMAS = """
PRAGMA synchronous=FULL;
-- A backup holds it while it looks for the ends of the log.
PRAGMA busy_timeout=60000;
PRAGMA foreign_keys=OFF;
"""

#: What vendors' APIs answered, in the order in which it was applied.
_ANSWERS = (
    """CREATE TABLE answers (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    -- Of the delivery that it was asked for; NULL where that came by a log that was replaced.
    log_offset INTEGER,
    -- The log was taken up to here when it was applied.
    next_offset INTEGER NOT NULL,
    receiver TEXT NOT NULL,
    -- Packed by zstd.
    body BLOB NOT NULL
)""",
    "CREATE INDEX answers_by_offset ON answers (log_offset)",
)

#: Version 2 keeps what vendors answered.
UPGRADE = (*_ANSWERS, f"PRAGMA user_version={VERSION}")

CREATE = f"""
BEGIN;
CREATE TABLE progress (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    next_offset INTEGER,
    last_digest BLOB,
    -- The newest delivery that was taken, Unix microseconds: the clock of the retention.
    received_us INTEGER NOT NULL
);
CREATE TABLE sales (
    receiver TEXT NOT NULL,
    sale TEXT NOT NULL,
    -- The newest day of its documents and deliveries, as `date.toordinal` counts.
    day INTEGER NOT NULL,
    -- A KeptSale as MessagePack, packed by zstd.
    body BLOB NOT NULL,
    PRIMARY KEY (receiver, sale)
);
CREATE INDEX sales_by_day ON sales (day);
CREATE TABLE counters (
    receiver TEXT NOT NULL,
    name TEXT NOT NULL,
    value INTEGER NOT NULL,
    PRIMARY KEY (receiver, name)
) WITHOUT ROWID;
-- Deliveries that wait: set aside with a reason, or for an answer of the vendor's API.
CREATE TABLE waiting (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL CHECK (kind IN ('aside', 'fetch')),
    -- NULL once the log was replaced.
    log_offset INTEGER,
    receiver TEXT NOT NULL,
    -- Where the delivery says one sale alone: which, and its version.
    sale TEXT,
    version INTEGER,
    topic TEXT NOT NULL,
    delivery TEXT NOT NULL,
    source TEXT NOT NULL,
    received_us INTEGER NOT NULL,
    rule TEXT NOT NULL,
    path TEXT NOT NULL,
    found TEXT NOT NULL,
    mend TEXT NOT NULL,
    retry INTEGER NOT NULL DEFAULT 0,
    -- Packed by zstd; NULL where the bound is reached: the log has it.
    body BLOB
);
CREATE INDEX waiting_by_sale ON waiting (receiver, sale) WHERE sale IS NOT NULL;
CREATE INDEX waiting_by_retry ON waiting (retry) WHERE retry > 0;
CREATE INDEX waiting_by_kind ON waiting (kind, number);
CREATE TABLE outbox (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    store TEXT NOT NULL,
    day INTEGER NOT NULL,
    currency TEXT NOT NULL,
    gross_minor INTEGER NOT NULL,
    -- The receipt's stamped JSON on one line.
    line BLOB NOT NULL
);
{";".join(_ANSWERS)};
PRAGMA user_version={VERSION};
COMMIT;
"""
