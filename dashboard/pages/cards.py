"""Cards that more than one page shows."""

from typing import Any

from dash import html

from dashboard.pages import plots
from dashboard.pages.parts import data, plot, table
from tillstream import topology


def categories_plot() -> Any:
    """Today's categories; `categories` has their exact figures."""
    return plot(
        "categories-plot",
        "Sales by category",
        "today, largest first",
        topology.CATEGORIES,
        plots.categories(),
        html.Span(id="categories", className="unseen", **data(topology.CATEGORIES)),
    )


def store_tables() -> list[Any]:
    """The cards of the stores with the largest and the smallest revenue."""
    return [
        table(name, title, "gross, today", topology.BREAKDOWNS, ("Store", "Gross", "Receipts"))
        for name, title in (("top", "Largest stores"), ("bottom", "Smallest stores"))
    ]


def till_tables() -> list[Any]:
    """The cards of tills that are silent and of receipts that are missing."""
    return [
        table(
            "silent",
            "Silent tills",
            "longer than their own rhythm",
            topology.TILLS,
            ("Till", "Last receipt"),
        ),
        table(
            "gaps",
            "Missing receipts",
            "numbers that a till passed over",
            topology.TILLS,
            ("Till", "Numbers", "Since"),
        ),
    ]
