"""What stands in the place of a page that its reader may not open."""

from typing import Any

from dash import html


def page() -> Any:
    """The page without its header."""
    return html.Main(
        [
            html.Div(html.H2("Not for you"), className="page-title"),
            html.Div(
                [
                    html.P("Your roles do not open this page.", className="message"),
                    html.P("The links above lead to all that they open."),
                ],
                className="more",
            ),
        ],
        id="refused-page",
        className="content",
    )
