"""The operations page: are the workers alive, and what of the receipts needs a look."""

from typing import Any

import dash_mantine_components as dmc
from dash import html

from dashboard.pages import cards, parts, plots, receivers_card
from dashboard.pages.definitions import column_definitions
from dashboard.pages.tiles import OPERATIONS_TILES, SOURCES, WORKERS
from tillstream import topology


def page() -> Any:
    """The page without its header; the browser fills it from the same frames as the live one."""
    return html.Main(
        [
            html.Section(
                [
                    parts.tiles(OPERATIONS_TILES, "Figures of the operation"),
                    html.Div([_proof(), _queues()], className="row two"),
                    html.Div([_workers(), _delays()], className="row two"),
                    html.Div([receivers_card.card()], className="row"),
                    html.Div(
                        [
                            _aside(),
                            parts.table(
                                "marks",
                                "Marked receipts",
                                "today's that were counted although they break a rule",
                                topology.BREAKDOWNS,
                                ("Rule", "Meaning", "Receipts", "Gross"),
                            ),
                        ],
                        className="row two",
                    ),
                    html.Div(
                        [
                            parts.table(
                                "closed",
                                "Closed days",
                                "what came after a day had closed is credited to it",
                                topology.COUNT,
                                ("Day", "Gross", "Receipts", "Late", "Late gross"),
                            ),
                            *cards.till_tables(),
                        ],
                        className="row three",
                    ),
                ],
                className="more",
            )
        ],
        id="operations-page",
        className="content",
    )


def _proof() -> Any:
    """`data-state`: `waiting`, `live`, `old` or `stale`; `data-value`: the exit status."""
    return dmc.Paper(
        className="card list proof",
        withBorder=True,
        children=[
            _head(
                "proof-title", "Proof", "the last verify: door, log, ledger, archive", "proof-age"
            ),
            html.Div(
                "waiting for data",
                id="proof",
                className="verdict",
                role="status",
                **parts.attributes(value="", state="waiting"),
            ),
            html.P(id="proof-line", className="proof-line"),
            html.P(id="failed-jobs", className="proof-line", hidden=True),
            html.Table(
                [
                    html.Thead(
                        html.Tr(
                            [
                                html.Th(head, scope="col", className="name")
                                for head in ("What", "Day", "Store", "Expected", "Found")
                            ]
                        )
                    ),
                    html.Tbody(id="proof-rows"),
                ],
                id="proof-differences",
                className="rows",
                hidden=True,
                **parts.named("Differences"),
            ),
        ],
    )


def _queues() -> Any:
    heads = ("Queue", "Waiting", "Consumers", "In / s", "Out / s")
    return dmc.Paper(
        className="card list queues",
        withBorder=True,
        children=[
            _head(
                *("queues-title", "Queues", "messages waiting; receipts in and out", "queues-age"),
                *column_definitions("queues", heads),
            ),
            html.Table(
                [
                    parts.heads(heads),
                    html.Tbody(id="queues-rows"),
                ],
                id="queues",
                className="rows",
                **parts.named("Queues"),
                **parts.attributes(value="", state="waiting"),
            ),
            html.P(id="ledger-lag", className="lag-line", **parts.attributes(value="")),
            html.P(id="log-epoch", className="lag-line", hidden=True, **parts.attributes(value="")),
        ],
    )


def _aside() -> Any:
    heads = ("Kept as", "Reason", "Count", "Last")
    return dmc.Paper(
        className="card list aside",
        withBorder=True,
        children=[
            _head("aside-title", "Set aside", "accepted and not counted, and kept", "aside-age"),
            html.Table(
                [
                    parts.heads(heads, names=2),
                    html.Tbody(id="aside-rows"),
                ],
                id="aside",
                className="rows",
                **parts.named("Set aside"),
                **parts.attributes(value="", state="waiting"),
            ),
        ],
    )


def _head(id: str, title: str, subtitle: str, age: str, *extra: Any) -> Any:  # noqa: A002
    return html.Div(
        [
            html.Div([html.H2(title, id=id), html.Span(subtitle)]),
            html.Div(className="spring"),
            html.Span(id=age, className="fresh"),
            *extra,
        ],
        className="plot-head",
    )


def _delays() -> Any:
    return parts.plot(
        "delay-plot",
        "Time to store",
        "received to stored",
        topology.METRICS_DB,
        plots.network_delay(),
        parts.legend(p50="half of them", p95="95 of 100", p99="99 of 100"),
    )


def _workers() -> Any:
    heads = ("Feed", "Worker", "State", "Behind the door", "Newest figures")
    return dmc.Paper(
        className="card list",
        withBorder=True,
        children=[
            html.Div(
                [
                    html.Div(
                        [
                            html.H2("Workers"),
                            html.Span(
                                "each publishes at least twice a second,"
                                " its details every two seconds"
                            ),
                        ]
                    ),
                    html.Div(className="spring"),
                    *column_definitions("workers", heads),
                ],
                className="plot-head",
            ),
            html.Table(
                [
                    html.Thead(html.Tr([html.Th(head, scope="col") for head in heads])),
                    html.Tbody([_worker(feed) for feed in SOURCES]),
                ],
                className="rows workers",
                **parts.named("Workers"),
            ),
        ],
    )


def _worker(feed: str) -> Any:
    return html.Tr(
        [
            html.Th(SOURCES[feed], scope="row", className="name"),
            html.Td(WORKERS[feed]),
            html.Td(html.Span("waiting", id=f"feed-{feed}", className="feed", **parts.data(feed))),
            html.Td(html.Span(id=f"lag-{feed}", className="lag")),
            html.Td("–", id=f"age-{feed}", className="number"),  # noqa: RUF001 - nothing known
        ]
    )
