"""The page Jobs: what runs by the clock, when next, how the last runs ended, and their logs."""

from typing import Any

import dash_mantine_components as dmc
from dash import html

from dashboard.pages import parts


def page() -> Any:
    """The page without its header; its script asks for what it shows."""
    return html.Main(
        [
            html.Div(
                [html.H2("Jobs"), html.Span(id="jobs-fresh", className="fresh")],
                className="page-title replay-title",
            ),
            html.P(id="jobs-message", className="message", role="status"),
            dmc.Paper(
                className="card list jobs",
                withBorder=True,
                children=[
                    html.Table(
                        [
                            parts.heads(("Job", "Schedule", "Next run", "State", "Last runs")),
                            html.Tbody(id="jobs-rows"),
                        ],
                        id="jobs",
                        className="rows",
                        **parts.named("Jobs"),
                    ),
                    html.P(
                        "The newest run is at the right; its height is how long it took."
                        " Choose one to see what it wrote.",
                        className="lag-line",
                    ),
                ],
            ),
            _log(),
        ],
        id="jobs-page",
        className="content",
        **parts.attributes(state="waiting"),
    )


def _log() -> Any:
    return html.Section(
        [
            html.Div(
                [
                    html.Div([html.H2(id="job-log-title"), html.Span(id="job-log-state")]),
                    html.Div(className="spring"),
                    html.Button("Close", id="job-log-close", className="control"),
                ],
                className="plot-head",
            ),
            html.P(id="job-log-about", className="lag-line"),
            html.Pre(
                id="job-log-lines",
                tabIndex="0",
                role="region",
                **parts.named("Log of the run"),
            ),
        ],
        id="job-log",
        className="card list job-log",
        hidden=True,
    )
