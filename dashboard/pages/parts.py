"""Parts that the pages are put together from: tiles, cards, plots, tables.

For tests and screen readers each figure has a stable element id and attributes: `data-value`,
its exact value (empty while there is none), `data-state`, one of `waiting`, `live` and
`stale`, and `data-feed`, the exchange it comes from.
"""

from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html

from dashboard.pages import plots
from dashboard.pages.definitions import column_definitions, definition
from dashboard.pages.plots import Figure
from dashboard.pages.tiles import NARROWS, Tile


def tiles(chosen: tuple[Tile, ...], name: str) -> Any:
    """A row of figures."""
    return html.Section([_tile(tile) for tile in chosen], className="tiles", **named(name))


def _tile(tile: Tile) -> Any:
    return dmc.Paper(
        className="card tile",
        withBorder=True,
        **scope(tile.id),
        children=html.Div(
            role="group",
            className="tile-body",
            **named_by(f"{tile.id}-label"),
            children=[
                html.Div(tile.label, id=f"{tile.id}-label", className="label"),
                html.Span(
                    "–",  # noqa: RUF001 - a dash where no figure is known
                    id=tile.id,
                    className="figure",
                    **attributes(value="", state="waiting", feed=tile.feed, format=tile.format),
                ),
                html.Span(id=f"{tile.id}-change", className="change"),
                html.Span(
                    "waiting for data",
                    id=f"{tile.id}-note",
                    className="note",
                    **attributes(live=tile.note),
                ),
                html.Img(id=f"{tile.id}-spark", className="spark", alt=""),
                definition(tile.id, tile.label),
            ],
        ),
    )


def still_tile(id: str, label: str, format: str) -> Any:  # noqa: A002 - HTML's and the tiles' words
    """A figure that a page's own script writes; it follows no feed."""
    return dmc.Paper(
        className="card tile",
        withBorder=True,
        children=html.Div(
            [
                html.Div(label, className="label"),
                html.Span(
                    "–",  # noqa: RUF001 - a dash where no figure is known
                    id=id,
                    className="figure",
                    **attributes(value="", format=format),
                ),
                html.Span(id=f"{id}-note", className="note"),
                definition(id, label),
            ],
            className="tile-body",
        ),
    )


def plot(id: str, title: str, subtitle: str, feed: str, figure: Figure, *extra: Any) -> Any:  # noqa: A002 - Dash's word for it
    """A card with a figure; `extra` stands at the right of its title."""
    return dmc.Paper(
        className=f"card plot {id}",
        withBorder=True,
        **scope(id),
        children=[
            _head(id, title, subtitle, *extra),
            html.Div(
                dcc.Graph(id=id, figure=figure, config=plots.CONFIG, className="graph"),
                id=f"{id}-frame",
                className="graph-frame",
                role="img",
                **named_by(f"{id}-title {id}-subtitle"),
                **data(feed),
                **attributes(waiting="waiting for data"),
            ),
        ],
    )


def still_plot(id: str, title: str, figure: Figure, *extra: Any) -> Any:  # noqa: A002
    """A card with a figure that a page's own script draws; it follows no feed.

    `extra` stands at the right of its title.
    """
    return dmc.Paper(
        className=f"card plot {id}",
        withBorder=True,
        children=[
            still_head(id, title, *extra),
            html.Div(
                dcc.Graph(id=id, figure=figure, config=plots.CONFIG, className="graph"),
                id=f"{id}-drawing",
                className="still-frame",
                role="img",
                **named(title),
            ),
        ],
    )


def still_head(id: str, title: str, *extra: Any) -> Any:  # noqa: A002
    """The head of a card that a page's own script fills: its title, and until when it is."""
    return html.Div(
        [
            html.Div([html.H2(title, id=f"{id}-title"), html.Span(id=f"{id}-until")]),
            *([html.Div(className="spring"), *extra] if extra else []),
        ],
        className="plot-head",
    )


def still_rows(id: str, columns: tuple[str, ...], names: int = 1, **about: str) -> Any:  # noqa: A002
    """A table that a page's own script fills, named by the head of its card.

    `about` are `data-` attributes beside its value.
    """
    return html.Table(
        [heads(columns, names), html.Tbody(id=f"{id}-rows")],
        id=id,
        className="rows",
        **named_by(f"{id}-title"),
        **attributes(value="", **about),
    )


def table(id: str, title: str, subtitle: str, feed: str, columns: tuple[str, ...]) -> Any:  # noqa: A002
    """A card with a table whose rows the browser draws; the first column names the row."""
    return dmc.Paper(
        className=f"card list {id}",
        withBorder=True,
        **scope(id),
        children=[
            _head(id, title, subtitle, *column_definitions(id, columns)),
            html.Table(
                [heads(columns), html.Tbody(id=f"{id}-rows")],
                id=id,
                className="rows",
                **named(title),
                **data(feed),
            ),
        ],
    )


def heads(columns: tuple[str, ...], names: int = 1) -> Any:
    """The heads of a table; the first `names` columns hold words, the others numbers."""
    return html.Thead(
        html.Tr(
            [
                html.Th(column, scope="col", className="name" if place < names else "number")
                for place, column in enumerate(columns)
            ]
        )
    )


def revenue_view() -> Any:
    """How the revenue over the day is drawn."""
    return dmc.SegmentedControl(
        id="revenue-view",
        size="xs",
        value="total",
        data=[
            {"value": "total", "label": "Running total"},
            {"value": "minute", "label": "Per minute"},
        ],
    )


def _head(id: str, title: str, subtitle: str, *extra: Any) -> Any:  # noqa: A002
    return html.Div(
        [
            html.Div(
                [
                    html.H2(title, id=f"{id}-title"),
                    html.Span(subtitle, id=f"{id}-subtitle"),
                    html.Span(id=f"{id}-fresh", className="fresh"),
                ]
            ),
            html.Div(className="spring"),
            *extra,
        ],
        className="plot-head",
    )


def legend(before: str = "", **keys: str) -> Any:
    """Coloured keys: class name and text; `before`: the id of p50, whose text may change."""
    ids: dict[str, Any] = {"p50": {"id": before}} if before else {}
    return html.Div(
        [
            html.Span(text, className=f"key {name}", **ids.get(name, {}))
            for name, text in keys.items()
        ],
        className="legend",
    )


def data(feed: str) -> Any:
    """The attributes of what shows a feed's data."""
    return attributes(value="", state="waiting", feed=feed)


def scope(id: str) -> Any:  # noqa: A002
    """Which filters a card follows."""
    # The style sheet shows `data-whole` while a filter is set that the card does not follow.
    return attributes(narrows=NARROWS.get(id, ""), whole="whole chain")


def attributes(**values: str) -> Any:
    return {f"data-{name}": value for name, value in values.items()}


def named(name: str) -> Any:
    return {"aria-label": name}


def named_by(id: str) -> Any:  # noqa: A002 - HTML's word for it
    return {"aria-labelledby": id}
