"""What the fields of a receipt may hold: sizes, patterns, and whether a text keeps them.

Every store, file and sum behind the door carries what is within these bounds
(docs/decisions/0018-bounds-of-the-contract.md).
"""

import re
from datetime import datetime
from functools import lru_cache

#: Longest text of an identifier or a code, in characters.
IDENTIFIER_LENGTH = 64

#: Largest magnitude of one amount, and of a quantity: 2 million receipts with 1,000 lines
#: of them each add up to less than a quarter of 2**63 cents or thousandths, which every store takes
#: (docs/decisions/0018-bounds-of-the-contract.md).
AMOUNT_LIMIT = 10_000_000
#: The same in a currency whose minor unit is a thousandth.
THOUSANDTHS_LIMIT = 1_000_000
QUANTITY_LIMIT = 1_000_000

#: Levels of lists and objects in a receipt, itself the first; every reader takes some 900.
MAX_DEPTH = 64
#: The most that MAX_RECEIPT_BYTES may be set to: with our own fields it fits MongoDB's 16 MiB.
MOST_RECEIPT_BYTES = 4 * 1024 * 1024

# A `$` would let a line break follow; this means the end in JavaScript and in Python.
_END = r"(?![\s\S])"
# What breaks a line of a log or a terminal: controls of ASCII and Latin-1, Unicode's separators.
_CONTROLS = r"\u0000-\u001f\u007f-\u009f\u2028\u2029"

#: `YYYY-MM-DD HH:MM:SS` or ISO 8601, of the years 1900 to 2999; fractions and an offset are
#: allowed. No calendar, file format or client library of ours has an end within these years.
DATE_PATTERN = (
    r"^(19|2[0-9])[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
    r"[ T]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,9})?"
    r"(Z|[+-]([01][0-9]|2[0-3]):?[0-5][0-9])?" + _END
)
#: RFC 9562, with or without its dashes. Nil is what a till sends that has no UUID.
UUID_PATTERN = (
    r"^(?![0-]+" + _END + r")[0-9A-Fa-f]{8}(-?)[0-9A-Fa-f]{4}\1[0-9A-Fa-f]{4}\1[0-9A-Fa-f]{4}\1"
    r"[0-9A-Fa-f]{12}" + _END
)
#: No white space around it and no control character.
IDENTIFIER_PATTERN = rf"^[^\s{_CONTROLS}]([^{_CONTROLS}]*[^\s{_CONTROLS}])?{_END}"
#: No control character.
NAME_PATTERN = rf"^[^{_CONTROLS}]*{_END}"

#: What the patterns demand of a text, in words.
PATTERNS_IN_WORDS = {
    DATE_PATTERN: "like 2026-11-21 08:00:00 or 2026-11-21T08:00:00.123+01:00, of the years 1900"
    " to 2999 and with at most nine decimals",
    UUID_PATTERN: "that is a UUID, with or without dashes, and not nil",
    IDENTIFIER_PATTERN: "without control characters and white space around it",
    NAME_PATTERN: "without control characters",
}

DATE_LENGTH = 64
#: A date begins with its day, `YYYY-MM-DD`.
DAY_LENGTH = 10
UUID_LENGTH = 36
TYPE_LENGTH = 40
#: Most lines and tenders of a receipt.
LINES = 1000
TENDERS = 100

is_uuid = re.compile(UUID_PATTERN).match
is_identifier = lru_cache(maxsize=16_384)(re.compile(IDENTIFIER_PATTERN).match)
is_name = re.compile(NAME_PATTERN).match
#: What a store is, in words: who may send for one, or look at it, is said by a receipt's storeID.
STORE_IN_WORDS = (
    f"a receipt's storeID has 1 to {IDENTIFIER_LENGTH} characters, none of them a control"
    " character, and no white space around it"
)
_is_date_text = re.compile(DATE_PATTERN).match


def is_store(text: str) -> bool:
    """Whether a receipt's storeID can be this text."""
    return len(text) <= IDENTIFIER_LENGTH and is_identifier(text) is not None


# Dates repeat, and a look-up costs a fifth of the pattern.
@lru_cache(maxsize=16_384)
def is_time(text: str) -> bool:
    """Whether a receipt's date keeps DATE_PATTERN and is a time of the calendar."""
    try:
        return _is_date_text(text) is not None and bool(datetime.fromisoformat(text))
    except ValueError:
        return False
