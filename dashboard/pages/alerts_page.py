"""The page Alerts: what is wrong now, who looks after it, and what was."""

from typing import Any

import dash_mantine_components as dmc
from dash import html

from dashboard.pages import parts
from tillstream.alert_records import NAME_CHARACTERS, SEVERITIES


def page() -> Any:
    """The page without its header; its script asks for what it shows."""
    return html.Main(
        [
            html.Div(
                [html.H2("Alerts"), html.Span(id="alerts-fresh", className="fresh")],
                className="page-title replay-title",
            ),
            html.P(id="alerts-message", className="message", role="status"),
            html.P(id="alerts-targets", className="message", role="status"),
            html.Div(_controls(), className="alerts-controls"),
            _table("open", "Open alerts", ("Alert", "Severity", "Since", "Looked after by")),
            _table("ended", "Alerts that ended", ("Alert", "Severity", "Since", "Until")),
        ],
        id="alerts-page",
        className="content",
        **parts.attributes(state="waiting"),
    )


def _controls() -> list[Any]:
    return [
        html.Div(
            [
                html.Button("All", className="control severity", **parts.attributes(severity="")),
                *(
                    html.Button(
                        each, className="control severity", **parts.attributes(severity=each)
                    )
                    for each in reversed(SEVERITIES)
                ),
            ],
            className="severities",
            role="group",
            **parts.named("Severity"),
        ),
        html.Div(className="spring"),
        html.Label("Your name", htmlFor="alerts-name"),
        # Dash has no plain input: its script makes it.
        html.Span(id="alerts-name-place", **parts.attributes(most=str(NAME_CHARACTERS))),
        html.Button("Acknowledge all", id="alerts-all", className="control"),
    ]


def _table(name: str, title: str, columns: tuple[str, ...]) -> Any:
    return dmc.Paper(
        className="card list alerts",
        withBorder=True,
        children=[
            html.Div(
                html.Div([html.H2(title), html.Span(id=f"alerts-{name}-number")]),
                className="plot-head",
            ),
            html.Table(
                [parts.heads(columns), html.Tbody(id=f"alerts-{name}-rows")],
                id=f"alerts-{name}",
                className="rows",
                **parts.named(title),
            ),
        ],
    )
