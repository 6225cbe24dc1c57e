"""The page Tills and shop: today's revenue of both channels; `assets/57-channels.js` fills it.

The tills' figures are those of the live page, by the frames of its stream; the shop's are those of
the page Online.
"""

from typing import Any

from dash import html

from dashboard.pages import currency_choice, parts, plots
from dashboard.pages.online_page import card, first, title
from dashboard.state.online_windows import CATEGORIES, REVENUE
from tillstream import topology

TILES = (
    ("channels-both", "Revenue today", "money"),
    ("channels-tills", "Tills", "money"),
    ("channels-shop", "Online shop", "money"),
    ("channels-receipts", "Receipts today", "count"),
    ("channels-purchases", "Purchases today", "count"),
    ("channels-part", "Share of the shop", "percent"),
)


def page() -> Any:
    """The page without its header."""
    return html.Main(
        [
            title("Tills and shop"),
            html.P(id="online-message", className="message", role="status"),
            currency_choice.note(),
            html.Section(
                [parts.still_tile(*tile) for tile in TILES],
                className="tiles replay-tiles online-tiles",
                **parts.named("Figures of both channels"),
            ),
            parts.still_plot(
                "channels-plot",
                "Today by hour",
                plots.channels(),
                parts.legend(p95="Tills", p50="Online shop"),
            ),
            html.Div(
                [
                    card(
                        "channels-hours",
                        "Hours",
                        REVENUE,
                        ("Hour", "Tills", "Online shop", "Together"),
                    ),
                    card(
                        "channels-till-categories",
                        "Categories of the tills",
                        topology.CATEGORIES,
                        ("Category", "Gross", "Share"),
                    ),
                    card(
                        "channels-shop-categories",
                        "Categories of the shop",
                        CATEGORIES,
                        ("Category", "Purchases", "Share"),
                    ),
                ],
                className="row three",
            ),
            first(),
        ],
        id="channels-page",
        className="content online",
        **parts.attributes(state="waiting"),
    )
