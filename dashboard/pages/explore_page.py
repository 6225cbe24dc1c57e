"""The page Explore: every stream and window that is declared, and one window's rows.

The browser asks for the rows; `data-window` of the page says what they are.
"""

from datetime import UTC, datetime
from typing import Any

import dash_mantine_components as dmc
import msgspec
from dash import html

from dashboard.archive.windows import figures
from dashboard.pages import parts, plots
from dashboard.pages.addresses import explore_path
from dashboard.pages.explore_example import command
from dashboard.pages.formatting import Verbatim, of_data
from tillstream.streams.definition import MICROSECONDS, Definitions, Stream, Window

#: Seconds that the page may be narrowed to, of the newest; 0 is all that there is.
RANGES = {3600: "Last hour", 86_400: "Last day", 0: "All"}

_CURRENT: Any = {"aria-current": "page"}
_UNITS = ((86_400, "d"), (3600, "h"), (60, "min"))


def overview(definitions: Definitions) -> Any:
    """Every stream with its windows."""
    streams = [
        _stream(definitions, definitions.streams[name]) for name in sorted(definitions.streams)
    ]
    empty = html.P("No stream is declared: STREAMS_DIR names the folder.", className="message")
    return html.Main(
        [
            html.Div(html.H2("Explore"), className="page-title"),
            html.P(id="explore-message", className="message", role="status"),
            html.Div(streams or empty, className="more"),
        ],
        id="explore-list",
        className="content",
        **parts.attributes(state="waiting"),
    )


def _stream(definitions: Definitions, stream: Stream) -> Any:
    windows = definitions.windows_of(stream.name)
    columns = ("Window", "Size", "By", "Events", "Late events", "Set aside", "As of")
    # On a phone it scrolls aside; without a window it has no link that a keyboard would reach.
    reached: Any = {} if windows else {"tabIndex": 0}
    return dmc.Paper(
        className="card list",
        withBorder=True,
        **reached,
        children=[
            html.Div(
                html.Div(
                    [
                        html.H2(of_data(stream.title or stream.name)),
                        html.Span(of_data(stream.name)),
                    ]
                ),
                className="plot-head",
            ),
            html.Table(
                [parts.heads(columns), html.Tbody([_row(window) for window in windows])],
                className="rows explore-list",
                id=f"explore-{stream.name}",
                **parts.named(of_data(stream.title or stream.name)),
            ),
            *([] if windows else [html.P("This stream has no window yet.", className="message")]),
        ],
    )


def _row(window: Window) -> Any:
    link = html.A(of_data(window.title or window.name), href=explore_path(window.name))
    keys = ", ".join(key.name for key in window.keys)
    figures_heard = ("events", "late", "setAside", "asOf")
    return html.Tr(
        [
            html.Th(link, scope="row", className="name"),
            html.Td(Verbatim(size(window)), className="number"),
            html.Td(of_data(keys or "–"), className="number"),  # noqa: RUF001 - no key
            *(
                html.Td("–", className="number", id=f"explore-{window.name}-{name}")  # noqa: RUF001
                for name in figures_heard
            ),
        ]
    )


def size(window: Window) -> str:
    """`4 h`, `1 min`, `2.5 s`."""
    seconds = window.size_us / MICROSECONDS
    for unit, name in _UNITS:
        if seconds >= unit and seconds % unit == 0:
            return f"{seconds / unit:g} {name}"
    return f"{seconds:g} s"


def page(definitions: Definitions, name: str) -> Any:
    """One window's page without its header."""
    window = definitions.windows[name]
    stream = definitions.streams[window.stream]
    return html.Main(
        [
            _title(definitions, window),
            _controls(),
            html.P(id="explore-message", className="message", role="status"),
            html.Section(
                [
                    parts.still_tile(f"explore-{each}", label, "count")
                    for each, label in (
                        ("events", "Events"),
                        ("late", "Late events"),
                        ("setAside", "Set aside"),
                        ("expired", "Too old"),
                    )
                ],
                className="tiles replay-tiles",
                **parts.named("What was counted"),
            ),
            parts.still_plot(
                "explore-chart",
                of_data(window.title or name),
                plots.explored(),
                html.Div(id="explore-legend", className="legend"),
            ),
            _table(),
            _first(stream),
        ],
        id="explore-page",
        className="content",
        **parts.attributes(state="waiting", window=_described(window)),
    )


def _title(definitions: Definitions, window: Window) -> Any:
    others = [
        html.A(
            of_data(each.title or each.name),
            href=explore_path(each.name),
            className="way",
            **(_CURRENT if each.name == window.name else {}),
        )
        for each in definitions.windows_of(window.stream)
    ]
    return html.Div(
        [
            html.H2([html.A("Explore", href="/explore"), of_data(f" {window.stream}")]),
            html.Nav(others, className="ways", **parts.named("Windows of the stream")),
            html.Span(id="explore-fresh", className="fresh", **parts.attributes(state="waiting")),
        ],
        className="page-title replay-title",
    )


def _controls() -> Any:
    def button(id: str, text: str, **more: Any) -> Any:  # noqa: A002 - HTML's word
        return html.Button(text, id=id, className="control speed", **more)

    pressed = {"aria-pressed": "false"}
    return html.Section(
        [
            html.Div(
                [
                    button(
                        f"explore-last-{seconds}",
                        text,
                        **pressed,
                        **parts.attributes(last=str(seconds)),
                    )
                    for seconds, text in RANGES.items()
                ],
                className="speeds",
                role="group",
                **parts.named("Time window"),
            ),
            html.Div(
                [
                    button("explore-earlier", "Earlier"),
                    button("explore-later", "Later"),
                    button("explore-closer", "Zoom in"),
                    button("explore-wider", "Zoom out"),
                ],
                className="speeds",
                role="group",
                **parts.named("Zoom"),
            ),
            button("explore-lines", "Lines", **pressed),
            # Filled by the browser's own script: choices that no callback follows.
            html.Div(id="explore-choices", className="explore-choices"),
        ],
        className="card replay-controls",
        **parts.named("What is shown"),
    )


def _table() -> Any:
    return dmc.Paper(
        className="card list explore-table",
        withBorder=True,
        children=[
            html.Div(
                [
                    html.Div(
                        [
                            html.H2("Rows", id="explore-rows-title"),
                            html.Span(id="explore-rows-count"),
                        ]
                    ),
                    html.Div(className="spring"),
                    html.Div(
                        [
                            html.Button("Newer", id="explore-newer", className="control"),
                            html.Span(id="explore-page-number"),
                            html.Button("Older", id="explore-older", className="control"),
                        ],
                        className="speeds",
                        role="group",
                        **parts.named("Page of the table"),
                    ),
                ],
                className="plot-head",
            ),
            html.Table(
                [html.Thead(id="explore-head"), html.Tbody(id="explore-rows")],
                id="explore-table",
                className="rows",
                **parts.named_by("explore-rows-title"),
            ),
        ],
    )


def _first(stream: Stream) -> Any:
    """What to do while there is no row."""
    if stream.source == "senders":
        said = [
            html.P("No event has been counted yet. Send a first one:"),
            html.Pre(of_data(command(stream, datetime.now(UTC))), id="explore-command"),
        ]
    else:
        said = [html.P("Nothing yet: the door writes to this stream what it refuses.")]
    return dmc.Paper(said, id="explore-first", className="card list", withBorder=True)


def _described(window: Window) -> str:
    """What the browser has to know of the rows, as JSON."""
    measures = {measure.name: measure for measure in window.measures}
    units = {column.name: column.unit for column in window.columns}
    described = []
    for name in figures(window):
        measure = measures.get(name)
        described.append(
            {
                "name": name,
                "unit": units[name] if measure is None else measure.unit,
                "readAs": None if measure is None else measure.read_as,
                # How rows of several keys are put together; null is not at all.
                "merged": None if measure is None or measure.kind == "distinct" else measure.kind,
            }
        )
    content = {
        "name": window.name,
        "seconds": window.size_us / MICROSECONDS,
        "keys": [key.name for key in window.keys],
        "figures": described,
        "chart": [each for each in window.chart if each in figures(window)],
    }
    return msgspec.json.encode(content).decode()
