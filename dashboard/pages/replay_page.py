"""The page of a replayed day: its clock and controls, its figures beside today's, its plots."""

from datetime import date, timedelta
from typing import Any

from dash import html

from dashboard.pages import parts, plots
from dashboard.pages.formatting import Verbatim
from dashboard.pages.tiles import REPLAY_TILES

#: How many times faster than it was; `?speed=` in the address.
SPEEDS = (1, 10, 60, 300, 600)


def page(day: date, beside_today: bool = True) -> Any:
    """The page without its header; the browser asks for the day once and plays it.

    `beside_today`: with the chain's figures of today.
    """
    return html.Main(
        [
            html.Div(
                [
                    html.H2(
                        [
                            html.Span("Replay of"),
                            " ",
                            html.Span(Verbatim(day.isoformat()), id="replay-day"),
                        ]
                    ),
                    html.Nav(
                        [
                            _to(day - timedelta(days=1), "Day before"),
                            _to(day + timedelta(days=1), "Day after"),
                        ],
                        className="ways",
                        **parts.named("Other days"),
                    ),
                ],
                className="page-title replay-title",
            ),
            _controls(),
            html.P(id="replay-message", className="message", role="status"),
            html.Section(
                [parts.still_tile(*tile) for tile in _TILES],
                className="tiles replay-tiles",
                **parts.named("Figures of the replayed day"),
            ),
            *([_today()] if beside_today else []),
            html.Div(
                [
                    parts.still_plot(
                        "replay-revenue",
                        "Revenue over the day",
                        plots.revenue(),
                        parts.legend(p95="This day", p50="Today"),
                    ),
                    parts.still_plot("replay-categories", "Sales by category", plots.categories()),
                    parts.still_plot(
                        "replay-rate", "Receipts sold per minute", plots.receipts_per_minute()
                    ),
                ],
                className="replay-plots",
            ),
        ],
        id="replay-page",
        className="content",
        **parts.attributes(day=day.isoformat(), state="waiting"),
    )


def _today() -> Any:
    return html.Section(
        [
            html.H2("Today, live", className="section-title"),
            parts.tiles(REPLAY_TILES, "Figures of the day"),
        ],
        className="more",
    )


_TILES = (
    ("replay-revenue-now", "Revenue then", "money"),
    ("replay-receipts-now", "Receipts then", "count"),
    ("replay-per-minute", "Receipts / minute", "count"),
    ("replay-basket", "Average basket", "money"),
)


def _controls() -> Any:
    return html.Section(
        [
            html.Button(
                "Play",
                id="replay-play",
                className="control",
                title="Space: play or pause; arrows: five minutes",
            ),
            # Chosen by the browser's own script; no callback.
            html.Div(
                [
                    html.Button(
                        Verbatim(f"{speed}x"),
                        id=f"replay-speed-{speed}",
                        className="control speed",
                        **parts.attributes(speed=str(speed)),
                        **_pressed(),
                    )
                    for speed in SPEEDS
                ],
                className="speeds",
                role="group",
                **parts.named("Speed"),
            ),
            html.Div(
                id="replay-seek",
                className="seek",
                **parts.attributes(label="Time of the replay"),
                **parts.named("Time of the replay"),
                role="group",
            ),
            html.Span("--:--:--", id="replay-clock", className="replay-clock"),
        ],
        className="card replay-controls",
        **parts.named("Replay"),
    )


def _pressed() -> Any:
    return {"aria-pressed": "false"}


def _to(day: date, text: str) -> Any:
    return html.A(text, href=f"/replay/{day.isoformat()}", className="way")
