"""What tripped a room once: an input, its answer, and what every output must have afterwards."""

from collections.abc import Mapping
from typing import NamedTuple

#: Receipts and gross cents by business day.
Days = Mapping[str, tuple[int, int]]


class Post(NamedTuple):
    """One input, posted as its name's ending says; `at` is where the refusal points."""

    file: str
    status: int
    #: JSON path of a broken rule, or a word of the explanation.
    at: str = ""
    #: Position of the refused receipt of a batch.
    position: int | None = None


class Case(NamedTuple):
    """Inputs that belong together, and what counts of each store afterwards."""

    name: str
    posts: tuple[Post, ...]
    counted: Mapping[str, Days] = {}
    #: Stores of which nothing may be anywhere.
    nothing_of: tuple[str, ...] = ()
    #: Receipts that were accepted and set aside as conflicts.
    conflicts: int = 0


def _today(receipts: int = 1, cents: int = 264) -> Days:
    return {"2026-11-28": (receipts, cents)}


CASES = (
    Case("an ordinary receipt", (Post("ordinary.json", 202),), {"ordinary": _today()}),
    Case(
        "a number beyond 64 bits counts and is no number of a sequence",
        (Post("number-of-20-digits.json", 202),),
        {"long-number": _today()},
    ),
    Case(
        "a date that no calendar of ours has is refused",
        (
            Post("year-1.json", 422, "$.date"),
            Post("year-9999.json", 422, "$.date"),
            Post("year-1-with-offset.json", 422, "$.date"),
        ),
        nothing_of=("dates",),
    ),
    Case(
        "what is nested too deeply is refused",
        (Post("nested-981-deep.json", 400, "nested"),),
        nothing_of=("deep",),
    ),
    Case(
        "a line number of more than 32 bits is refused",
        (Post("line-number-beyond-32-bits.json", 422, "$.lines[0].lineNumber"),),
        nothing_of=("line-numbers",),
    ),
    Case(
        "a receipt of an old day counts on that day",
        (Post("one-receipt-of-an-old-day.json", 202),),
        {"old-day": {"2026-11-21": (1, 264)}},
    ),
    Case(
        "a void does not pass for its sale",
        (Post("sale.json", 202), Post("void-of-the-same-identity.json", 409)),
        {"voids": _today()},
    ),
    Case(
        "a void of a sale that the door has forgotten is set aside as a conflict",
        (
            Post("forgotten-sale.json", 202),
            Post("ordinary.json", 202),
            Post("void-of-a-forgotten-sale.json", 202),
        ),
        {"forgotten": _today()},
        conflicts=1,
    ),
    Case(
        "returns of 1.00 and 2.00 are two contents",
        (Post("return-of-1.json", 202), Post("return-of-2.json", 409)),
        {"returns": _today(1, -100)},
    ),
    Case(
        "a conflict within one batch is refused, and the first may be sent again",
        (
            Post("same-identity-in-one-batch.ndjson", 207, position=2),
            Post("same-identity-in-one-batch.ndjson", 207, position=2),
        ),
        {"one-batch": _today()},
    ),
    Case(
        "XML that has no place in the contract is named",
        (
            Post("fields-of-a-line-without-it.xml", 422, "$.lines"),
            Post("lines-of-another-name.xml", 422, "$.lines"),
            Post("two-stores.xml", 422, "storeID"),
        ),
        nothing_of=("xml-bare", "xml-items", "twice", "twice-other"),
    ),
    Case(
        "CSV that says two things is refused",
        (
            Post("column-twice.csv", 400, "storeID"),
            Post("rows-that-contradict.csv", 422, "3"),
            Post("french-spreadsheet.csv", 400, ";"),
            Post("number-with-underscore.csv", 422, "quantity"),
        ),
        nothing_of=("column", "column-other", "rows", "french", "underscore"),
    ),
    Case(
        "an empty cell of an optional field is no value",
        (Post("empty-uuid.csv", 202),),
        {"no-uuid": _today(2, 528)},
    ),
    Case(
        "a row's position does not count the line breaks in cells",
        (Post("line-breaks-in-cells.csv", 207, position=3),),
        {"positions": _today()},
    ),
    Case(
        "a form that is no UTF-8 is refused",
        (Post("latin-1.form", 400, "UTF-8"),),
        nothing_of=("form",),
    ),
    Case(
        "an hour that clocks pass over is the next one",
        (Post("hour-that-never-was.json", 202),),
        {"gap": {"2026-03-28": (1, 264)}},
    ),
    Case(
        "the first moment of 1900 is of the business day before, with a cutoff",
        (Post("first-of-1900.json", 202),),
        {"1900": {"1899-12-31": (1, 264)}},
    ),
    Case("a VAT rate of 1.05%", (Post("vat-rate-of-1.05.json", 202),), {"vat": _today(1, 253)}),
    Case(
        "stores of other zones have their own days",
        (Post("stores-of-other-zones.ndjson", 202),),
        {
            "NY": {"2026-11-26": (1, 264)},
            "KI": {"2026-11-25": (1, 264)},
            "1": {"2026-11-26": (1, 264)},
        },
    ),
    Case(
        "names with slashes are told apart",
        (Post("slashes-in-names.ndjson", 202),),
        {"A/B": {"2026-11-20": (1, 264)}, "A": {"2026-11-20": (1, 264)}},
    ),
    Case(
        "gzip of two members is one body",
        (Post("two-members.ndjson.gz", 202),),
        {"members": _today(2, 528)},
    ),
    Case(
        "seven digits of a second",
        (Post("seven-digits-of-a-second.json", 202),),
        {"digits": _today()},
    ),
    Case(
        "a UUID of dashes is none",
        (Post("uuid-of-dashes.ndjson", 422, "$.receiptUUID"),),
        nothing_of=("dashes",),
    ),
    Case(
        "no customer is not the customer None",
        (Post("customer-named-none.ndjson", 207, position=2),),
        {"customers": _today()},
    ),
    Case(
        "zero with a sign is zero, when the door has forgotten the first one too",
        (
            Post("tax-of-zero.json", 202),
            Post("tax-of-minus-zero.json", 202),
            Post("ordinary.json", 202),
            Post("tax-of-minus-zero.json", 202),
        ),
        {"zeros": _today(1, 250)},
    ),
    Case("a padded cell is trimmed", (Post("padded-store.csv", 202),), {"padded": _today()}),
    Case(
        "a byte order mark is passed over, and what is no UTF-8 is refused",
        (Post("byte-order-mark.json", 202), Post("latin-1.json", 400, "UTF-8")),
        {"encodings": _today()},
    ),
    Case(
        "a name with a line break is refused beside formulas that are text",
        (Post("formulas.ndjson", 207, "$.storeID", position=1),),
        {"\uff1d1+1": _today(), "formulas": _today(), "formulasé": _today()},
    ),
    Case(
        "dots are names",
        (Post("dots-as-names.ndjson", 202),),
        {"..": _today(), "dots": _today()},
    ),
)
