"""What came of an import, in words: by day and till, beside the file's own closings."""

from collections import Counter

from connectors.files.amounts import exponent_of
from connectors.files.found import Account, Closing
from connectors.files.sending import Delivered
from tillstream.runtime.text_table import text_table

#: Refused receipts that are named; the number of all is told.
NAMED = 50
#: Rows of the table; a year of a till has 300.
ROWS = 1_000


def summary(name: str, account: Account, done: Delivered, *, is_sent: bool) -> str:
    """The text for the terminal."""
    refused = [*account.refused, *done.refused]
    number = account.refused.number + len(done.refused) + done.more
    parts = [
        *_table(account.closings),
        *(f"differs: {_named(closing)}: {text}" for closing in account.closings
          for text in closing.differences),
        *(f"problem: {text}" for text in account.problems),
        *(f"refused: {place}: {reason}" for place, reason in refused[:NAMED]),
    ]  # fmt: skip
    if number > NAMED:
        parts.append(f"refused: and {number - min(len(refused), NAMED):,} more")
    if account.problems.more:
        parts.append(f"problem: and {account.problems.more:,} more")
    parts += [f"apart, not imported: {kind}: {n:,}" for kind, n in sorted(account.apart.items())]
    parts += [f"store: {text}" for text in account.stores]
    parts += [f"not checked: {text}" for text in account.unchecked]
    parts += [f"not used: {text}" for text in account.unused]
    differing = sum(1 for closing in account.closings if closing.differences)
    verb = "accepted" if is_sent else "read"
    closings = f"{len(account.closings):,} closings"
    agree = "all agree" if not differing else f"{differing:,} differ"
    parts.append(
        f"{name}: {done.accepted:,} receipts {verb}, {number:,} refused; {closings}, {agree}"
    )
    return "\n".join(parts)


def _table(closings: list[Closing]) -> list[str]:
    if not closings:
        return []
    days: Counter[tuple[str, str, str, str]] = Counter()
    receipts: Counter[tuple[str, str, str, str]] = Counter()
    differ = set()
    for closing in closings:
        key = (closing.day, closing.till, closing.number, closing.currency)
        days[key] += closing.gross
        receipts[key] += closing.receipts
        if closing.differences:
            differ.add(key)
    rows = [
        (day, till, number, f"{receipts[key]:,}", _amount(days[key], currency),
         "differs" if key in differ else "agrees")
        for key in sorted(days)
        for day, till, number, currency in [key]
    ]  # fmt: skip
    heads = ("day", "till", "closing", "receipts", "gross", "closing says")
    text = [text_table(heads, rows[:ROWS])]
    if len(rows) > ROWS:
        text.append(f"and {len(rows) - ROWS:,} more")
    return text


def _amount(minor: int, currency: str) -> str:
    exponent = exponent_of(currency)
    return f"{minor / 10**exponent:,.{exponent}f} {currency}"


def _named(closing: Closing) -> str:
    return " ".join(filter(None, (closing.day, closing.till, closing.number)))
