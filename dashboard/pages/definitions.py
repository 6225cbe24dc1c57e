"""What each figure means, in a sentence: a table for tiles, and one for columns of tables."""

from typing import Any

from dash import html

_REVENUE = "Gross: what customers paid, tax included. Returns and voids are taken off."
_RECEIPTS = "Receipts of the business day by the time of sale, each counted once."
_BASKET = "Gross by the number of receipts, returns among them."
_NET = "Gross without value added tax."
_PURCHASES = "Purchases of the online shop whose payment succeeded."
_ONLINE = "What purchases with a successful payment cost, shipping included."
_UNITS = "Pieces and weights as the tills wrote them, added up."
_RATE = "Receipts that came in within the last 60 seconds."

#: By the label of a tile, or by its element id where the label means something else there.
DEFINITIONS = {
    "Revenue today": _REVENUE,
    "Revenue": _REVENUE,
    "Revenue so far": _REVENUE,
    "Revenue then": _REVENUE,
    "Revenue of a day": "Gross of the range by the number of its days with receipts.",
    "Revenue of products": _REVENUE,
    "Expected today": "Where the day is likely to end: what was sold so far, and what such a"
    " weekday usually brings in the hours left. Eight in ten past days ended within the band.",
    "Receipts today": _RECEIPTS,
    "Receipts": _RECEIPTS,
    "Receipts then": _RECEIPTS,
    "Receipts / minute": _RATE,
    "Average basket": _BASKET,
    "Net revenue": _NET,
    "Units per basket": "Pieces and weights by the number of receipts.",
    "Units": _UNITS,
    "Pieces sold": _UNITS,
    "Returns": "Gross of the receipts that are negative; it is within the revenue.",
    "Stores selling": "Stores with a receipt of today, of those that are known.",
    "Against the usual": "What was sold in the hours that are over, less the mean of the last four"
    " same weekdays in the same hours.",
    "At zero": "Stores that are open for half an hour or more and have no receipt of today.",
    "Far behind the usual": "Stores that sold 20% or more below the mean of their last four same"
    " weekdays, in the hours that are over.",
    "Products sold": "Different product codes on the receipts of today.",
    "Best product": "The one with the largest gross of today.",
    "Falling most": "The one that is furthest below its usual: the mean of the last four same"
    " weekdays in the hours that are over.",
    "Perhaps sold out": "Products that usually would have been sold again since their last sale,"
    " with 99% likelihood.",
    "Profit": "The shop's commission on what was sold, without shipping.",
    "online-revenue": _ONLINE,
    "channels-both": "The tills' gross of today and the online shop's revenue.",
    "Purchases": _PURCHASES,
    "Purchases today": _PURCHASES,
    "Failed payments": "Purchases whose payment failed; they are no revenue.",
    "Best source": "The source that the chosen model credits with the most purchases.",
    "Tills": "Gross of the stores' receipts, tax included.",
    "Online shop": _ONLINE,
    "Share of the shop": "Its part of the revenue of both together.",
    "Time to store, 95 of 100": "From being received to being kept, for 95 of 100 receipts of"
    " today.",
    "Last receipt": "The newest sale by the till's clock.",
    "Received to counted": "From the door to the day's totals, mean of the last interval.",
    "Received to stored": "From the door to the archive, mean of the last interval.",
    "Delay of the tills": "From the till's clock to the archive, for 95 of 100 receipts.",
    "Stored": "Receipts that were written to the archive.",
    "Dead letters": "Messages that could not be read; they are kept and can be sent again.",
    "Conflicts kept": "Receipts under a number that was taken, with another content: kept aside.",
    "Tills heard": "Tills that have sent a receipt.",
    "Silent tills": "Tills of open stores that are quiet for longer than their own rhythm.",
    "Duplicates": "Receipts that came again with the same content; each counts once.",
    "Conflicts": "Receipts under a number that was taken, with another content: not counted.",
    "Undecodable": "Receipts in the log that could not be read; they do not count.",
    "Missing receipts": "Numbers that a till passed over and that did not come for two minutes.",
    "Tills renumbered": "Tills whose numbers began anew.",
    "Events": "Events of the window's rows, each counted once.",
    "Late events": "Events that came when their row was final; they are counted all the same.",
    "Set aside": "Events that cannot be counted; they are kept with their reason.",
    "Too old": "Events of rows that were removed already; the archive has them.",
}

_USUAL = "The mean of the last four same weekdays, by the same hours."

#: By the head of a column, or by the table's id and the head where it means something else there;
#: a column that says all by its head, such as a name or a time, has none.
COLUMNS = {
    "Gross": _REVENUE,
    "Net": _NET,
    "Tax": "Value added tax: gross less net.",
    "Receipts": _RECEIPTS,
    "Basket": _BASKET,
    "Units": _UNITS,
    "Pieces": _UNITS,
    "Share": "Its part of the whole that this table is of.",
    "Last week": "The same hours of the same weekday a week before.",
    "Missing": DEFINITIONS["Missing receipts"],
    "Usual": _USUAL,
    "Against usual": "What was sold by the same hours, less the usual: an amount and a percentage.",
    "Usual by now": "Receipts with the product that the store usually has by this hour.",
    "Sold": "Today's receipts of the store that have the product.",
    "Missed": "Sales that were to be expected since the last one.",
    "products-pairs/Receipts": "Receipts that have both products.",
    "products-pairs/Share": "Of the receipts with the first product, those with the second too.",
    "Than by chance": "How many times more often both are together than if one said nothing of the"
    " other.",
    "Change": "What was sold less what was sold before, in as many days.",
    "%": "The change as a part of what was sold before.",
    "Before": "Gross of the days that are compared with.",
    "Revenue so far": _REVENUE,
    "Deviation": DEFINITIONS["Against the usual"],
    "Until the full hour": "Gross of the hours that are over.",
    "Usual until the full hour": _USUAL,
    "stores-grid/Share": "The store's part of the revenue of all stores.",
    "Purchases": _PURCHASES,
    "Of the one before": "The part of the step above that came to this one.",
    "Tills": DEFINITIONS["Tills"],
    "Online shop": _ONLINE,
    "Together": DEFINITIONS["channels-both"],
    "Waiting": "Messages in the queue that nobody has taken yet.",
    "Consumers": "Programs that read the queue now.",
    "In / s": "Receipts a second that come into the queue.",
    "Out / s": "Receipts a second that are taken and done.",
    "Behind the door": "How much of what the door accepted is not in these figures yet.",
    "Late": "Receipts that came after the day had closed; they are counted in it.",
    "Late gross": "What the late receipts are worth, tax included.",
    "Numbers": DEFINITIONS["Missing receipts"],
}


_NAMED: Any = {"aria-label": "What it means"}


def definition(id: str, label: str) -> Any:  # noqa: A002 - Dash's word
    """A sign that unfolds what a figure means; by pointer, keyboard and touch, without a script.

    Raises KeyError for a figure that nobody has defined.
    """
    return _unfolding(html.P(DEFINITIONS.get(id) or DEFINITIONS[label]))


def column_definitions(id: str, columns: tuple[str, ...]) -> list[Any]:  # noqa: A002
    """The same sign for those columns of a table that have a definition; nothing if none has.

    It stands in the head of the table's card: a file of the table has the bare heads.
    """
    known = {each: COLUMNS.get(f"{id}/{each}") or COLUMNS.get(each) for each in columns}
    terms = [
        part
        for column, sentence in known.items()
        if sentence
        for part in (html.Dt(column), html.Dd(sentence))
    ]
    return [_unfolding(html.Dl(terms))] if terms else []


def _unfolding(meaning: Any) -> Any:
    return html.Details(
        [html.Summary("?", title="What it means", **_NAMED), meaning],
        className="menu definition",
    )
