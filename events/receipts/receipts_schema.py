"""The tables of the receipts' streams in the state's file, made where a window counts one."""

CREATE = (
    """CREATE TABLE IF NOT EXISTS receipts_progress (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    next_offset INTEGER,
    last_digest BLOB,
    begin_offset INTEGER NOT NULL,
    log_number INTEGER NOT NULL,
    log_clock_us INTEGER NOT NULL,
    calendar TEXT NOT NULL,
    conflicts INTEGER NOT NULL,
    log_day INTEGER,
    log_day_seen INTEGER
) STRICT""",
    """CREATE TABLE IF NOT EXISTS receipts_partitions (
    partition INTEGER PRIMARY KEY CHECK (partition > 0),
    next_offset INTEGER,
    last_digest BLOB,
    begin_offset INTEGER NOT NULL
) STRICT""",
    """CREATE TABLE IF NOT EXISTS receipt_identities (
    key BLOB PRIMARY KEY,
    content BLOB NOT NULL
) STRICT, WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS receipt_days (
    day INTEGER PRIMARY KEY,
    seen_day INTEGER NOT NULL,
    dropped INTEGER NOT NULL
) STRICT""",
    """CREATE TABLE IF NOT EXISTS receipts_aside (
    log_number INTEGER NOT NULL,
    log_offset INTEGER NOT NULL,
    log_row INTEGER NOT NULL,
    stream TEXT NOT NULL,
    reason TEXT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (log_number, log_offset, log_row, stream)
) STRICT, WITHOUT ROWID""",
)
