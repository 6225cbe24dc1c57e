"""What stands on the page: tiles, plots and the sources of the figures.

For tests and screen readers each figure has a stable element id and attributes:
`data-value`, its exact value (see `tiles`; empty while there is none), `data-state`, one of
`waiting`, `live` and `stale`, and `data-feed`, the exchange it comes from. `categories` has
as `data-value` a JSON object of category and exact revenue; `feed-<exchange>` the time of the
feed's newest data, Unix seconds; `data-time` when the day's figures were read; `status` the
state of the whole page, which may also be `reconnecting`.
"""

from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html

from dashboard import figures
from dashboard.figures import Figure
from dashboard.tiles import SOURCES, TILES, Tile
from tillstream import topology

#: The page around the application; nothing in it is fetched from elsewhere.
INDEX = """<!DOCTYPE html>
<html lang="en">
<head>
{%metas%}
<title>{%title%}</title>
<link rel="icon" type="image/svg+xml" href="/assets/mark.svg">
{%css%}
</head>
<body>
{%app_entry%}
<footer>{%config%}{%scripts%}{%renderer%}</footer>
</body>
</html>"""

_THEME = {
    "fontFamily": "Inter, system-ui, sans-serif",
    "primaryColor": "orange",
    "defaultRadius": "md",
}


def page() -> Any:
    """The live page, dark until its reader chooses otherwise."""
    return dmc.MantineProvider(
        id="theme",
        forceColorScheme="dark",
        theme=_THEME,
        children=html.Div(
            className="page",
            children=[
                dcc.Store(id="theme-choice", storage_type="local", data="dark"),
                _header(),
                html.Main(
                    className="board",
                    children=[
                        html.Section(
                            [_tile(tile) for tile in TILES],
                            className="tiles",
                            **_named("Figures of the day"),
                        ),
                        *_plots(),
                        _sources(),
                    ],
                ),
                html.Footer(
                    [
                        html.Span(id="data-time-long", children="No figures yet"),
                        html.Span("Every figure is a view of the receipt log"),
                    ],
                    className="footer",
                ),
            ],
        ),
    )


def _header() -> Any:
    return html.Header(
        className="header",
        children=[
            html.Img(src="/assets/mark.svg", className="mark", alt=""),
            html.Div([html.H1("Tillstream"), html.Span("Live sales", id="subtitle")]),
            html.Div(
                "Waiting for data",
                id="status",
                className="status",
                role="status",
                **_attributes(state="waiting"),
            ),
            html.Div(className="spring"),
            html.Span(
                "--:--:--", id="data-time", className="clock", title="Time of the newest figures"
            ),
            dmc.ActionIcon(
                html.Span(className="half-moon"),
                id="theme-toggle",
                variant="default",
                size="lg",
                **_named("Switch between dark and light"),
            ),
        ],
    )


def _tile(tile: Tile) -> Any:
    return dmc.Paper(
        className="card tile",
        withBorder=True,
        children=html.Div(
            role="group",
            className="tile-body",
            **_named_by(f"{tile.id}-label"),
            children=[
                html.Div(tile.label, id=f"{tile.id}-label", className="label"),
                html.Span(
                    "–",  # noqa: RUF001 - a dash where no figure is known
                    id=tile.id,
                    className="figure",
                    **_attributes(value="", state="waiting", feed=tile.feed, format=tile.format),
                ),
                html.Span(
                    "waiting for data",
                    id=f"{tile.id}-note",
                    className="note",
                    **_attributes(live=tile.note),
                ),
                html.Img(id=f"{tile.id}-spark", className="spark", alt=""),
            ],
        ),
    )


def _plots() -> list[Any]:
    return [
        _card(
            "revenue-plot",
            "Revenue over the day",
            "running total, store time",
            topology.COUNT,
            figures.revenue(),
            dmc.SegmentedControl(
                id="revenue-view",
                size="xs",
                value="total",
                data=[
                    {"value": "total", "label": "Running total"},
                    {"value": "minute", "label": "Per minute"},
                ],
            ),
        ),
        _card(
            "categories-plot",
            "Sales by category",
            "today, largest first",
            topology.CATEGORIES,
            figures.categories(),
            html.Span(id="categories", className="unseen", **_data(topology.CATEGORIES)),
        ),
        _card(
            "rate-plot",
            "Receipts ingested per minute",
            "in the 60 s before, last hour",
            topology.METRICS_STORM,
            figures.receipts_per_minute(),
        ),
        _card(
            "delay-plot",
            "Network delay",
            "door to archive, ms, last hour",
            topology.METRICS_DB,
            figures.network_delay(),
            html.Div(
                [html.Span(name, className=f"key {name}") for name in ("p50", "p95", "p99")],
                className="legend",
            ),
        ),
    ]


def _card(id: str, title: str, subtitle: str, feed: str, figure: Figure, *extra: Any) -> Any:  # noqa: A002 - Dash's word for it
    return dmc.Paper(
        className=f"card plot {id}",
        withBorder=True,
        children=[
            html.Div(
                [
                    html.Div([html.H2(title), html.Span(subtitle, id=f"{id}-subtitle")]),
                    html.Div(className="spring"),
                    *extra,
                ],
                className="plot-head",
            ),
            html.Div(
                dcc.Graph(id=id, figure=figure, config=figures.CONFIG, className="graph"),
                id=f"{id}-frame",
                className="graph-frame",
                role="img",
                **_named(f"{title}, {subtitle}"),
                **_data(feed),
            ),
        ],
    )


def _sources() -> Any:
    return dmc.Paper(
        className="card sources",
        withBorder=True,
        children=[
            html.H2("Sources"),
            html.Ul(
                [
                    html.Li([html.Span(label), _source(feed)], className="source")
                    for feed, label in SOURCES.items()
                ]
            ),
        ],
    )


def _source(feed: str) -> Any:
    return html.Span("waiting", id=f"feed-{feed}", className="feed", **_data(feed))


def _data(feed: str) -> Any:
    return _attributes(value="", state="waiting", feed=feed)


def _attributes(**values: str) -> Any:
    return {f"data-{name}": value for name, value in values.items()}


def _named(name: str) -> Any:
    return {"aria-label": name}


def _named_by(id: str) -> Any:  # noqa: A002 - HTML's word for it
    return {"aria-labelledby": id}
