"""One store's day, from the archive: figures, plots and tables, read again every 5 s."""

from datetime import datetime
from typing import Any

import dash_mantine_components as dmc
from dash import html

from dashboard.archive.receipts import Document, StoreDay
from dashboard.pages import parts, plots, store_tables
from dashboard.pages.addresses import WINDOWS, View, store_path
from dashboard.pages.formatting import Verbatim, Writer, of_data
from dashboard.pages.parts import attributes, named
from dashboard.state.panels import mean
from dashboard.state.store_days import Today
from tillstream.clock import utc
from tillstream.money import MILLI, decimal_text
from tillstream.snapshots import TillsSnapshot

_CURRENT: Any = {"aria-current": "true"}


def title(store: str, view: View) -> Any:
    """The store, its time windows, and its category, which a link takes away."""
    windows = [
        html.A(
            label,
            href=store_path(store, name, view.category),
            className="way",
            **(_CURRENT if name == view.window else {}),
        )
        for name, label in WINDOWS.items()
    ]
    chosen = [
        html.A(
            [of_data(f"{view.category} "), html.Span("all categories")],
            href=store_path(store, view.window),
            id="store-category",
            className="way",
        )
    ]
    return html.Div(
        [
            html.H2([html.Span("Store"), of_data(f" {store}")]),
            html.Nav(windows, className="ways", **named("Time window")),
            *(chosen if view.category else []),
            html.Span(id="store-fresh", className="fresh"),
        ],
        className="page-title replay-title",
    )


def plot_cards() -> Any:
    """The day's plots, which the browser draws from the archive's minutes."""
    return html.Div(
        [
            parts.still_plot("store-revenue-plot", "Revenue over the day", plots.revenue()),
            parts.still_plot("store-bars", "Sales by category", plots.categories()),
            parts.still_plot("store-rate", "Receipts sold per minute", plots.receipts_per_minute()),
            parts.still_plot(
                "store-hours-plot",
                "Today by hour",
                plots.hours(),
                parts.legend(p95="Today", p50="Last week"),
            ),
        ],
        className="replay-plots store-plots",
    )


def unknown(store: str) -> list[Any]:
    """What is said of a store that never sold."""
    said: list[Any] = [
        html.Span("No receipt of this store is in the archive:"),
        of_data(f" {store}. "),
        html.A("To all stores", href="/"),
    ]
    return [html.P(said, className="message", role="status")]


def body(
    store: str,
    today: Today,
    found: StoreDay,
    tills: TillsSnapshot | None,
    write: Writer,
    view: View,
) -> list[Any]:
    """The page below its title. `tills` tells of silence and gaps, where it is known."""
    whole = found.totals[0] if found.totals else {}
    read_at = utc(found.read_at)
    tables = store_tables.Tables(
        store, write, read_at, [html.Span("to"), " ", write.minute(read_at)]
    )
    return [
        html.Section(
            _tiles(whole, found.delays, read_at, write),
            className="tiles",
            **named("Figures of the store"),
            **attributes(
                read=str(found.read_at),
                day=today.day,
                zone=today.zone.key,
                abbreviation=read_at.astimezone(today.zone).tzname() or today.zone.key,
            ),
        ),
        html.Div(
            [
                tables.hours(found.hours, found.week_before),
                tables.vat(found.vat),
                tables.tenders(found.tenders),
                tables.categories(found.categories, view),
            ],
            className="row four",
        ),
        html.Div(
            [tables.tills(found.tills, tills), tables.latest(found.latest)], className="row two"
        ),
    ]


def _tiles(whole: Document, delays: list[Document], read_at: datetime, write: Writer) -> list[Any]:
    gross, net, returns, receipts, units = (
        int(whole.get(name, 0)) for name in ("gross", "net", "returns", "receipts", "units")
    )
    basket, in_basket = mean(gross, receipts), mean(units, receipts, MILLI)
    last = whole.get("last")
    delay = delays[0]["p95"] if delays else None

    def money(minor: int) -> tuple[str, str]:
        return decimal_text(minor), write.money(minor)

    rows: list[tuple[str, str, str, tuple[str | None, str | None]]] = [
        ("store-revenue", "Revenue today", "gross", money(gross)),
        ("store-receipts", "Receipts today", "today", (str(receipts), write.number(receipts))),
        (
            "store-basket",
            "Average basket",
            "per receipt",
            (basket, basket and write.decimal_money(basket)),
        ),
        (
            "store-units",
            "Units per basket",
            "mean of today",
            (in_basket, in_basket and write.decimal(in_basket)),
        ),
        ("store-net", "Net revenue", "without tax", money(net)),
        ("store-returns", "Returns", "gross, today", money(returns)),
        (
            "store-delay",
            "Network delay p95",
            "today",
            (None, None) if delay is None else (str(delay), write.milliseconds(int(delay))),
        ),
        (
            "store-last",
            "Last receipt",
            "till's clock",
            (last and last.isoformat(), last and write.clock(last, read_at)),
        ),
    ]
    until = write.minute(read_at)
    return [_tile(name, label, note, until, *texts) for name, label, note, texts in rows]


def _tile(
    id: str,  # noqa: A002 - HTML's word
    label: str,
    note: str,
    until: str,
    value: str | None,
    text: str | None,
) -> Any:
    return dmc.Paper(
        className="card tile",
        withBorder=True,
        children=html.Div(
            [
                html.Div(label, id=f"{id}-label", className="label"),
                html.Span(text or "–", id=id, className="figure", **attributes(value=value or "")),  # noqa: RUF001
                html.Span([html.Span(note), Verbatim(f" · {until}")], className="note"),
            ],
            role="group",
            className="tile-body",
            **parts.named_by(f"{id}-label"),
        ),
    )
