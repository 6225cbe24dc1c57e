"""One store's day, from the archive: figures, hours, categories, tenders, tills, receipts."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode

import dash_mantine_components as dmc
from dash import html

from dashboard import figures, parts
from dashboard.archive import Document, StoreDay
from dashboard.panels import mean
from dashboard.parts import attributes, named
from dashboard.views import WINDOWS, View
from dashboard.written import Verbatim, Writer
from tillstream.clock import utc
from tillstream.money import decimal_text
from tillstream.snapshots import TillsSnapshot

_CURRENT: Any = {"aria-current": "true"}


def title(store: str, view: View) -> Any:
    """The store, its time windows, and its category, which a link takes away."""
    windows = [
        html.A(
            label,
            href=f"{store_path(store)}{query(name, view.category)}",
            className="way",
            **(_CURRENT if name == view.window else {}),
        )
        for name, label in WINDOWS.items()
    ]
    chosen = [
        html.A(
            [Verbatim(f"{view.category} "), html.Span("all categories")],
            href=f"{store_path(store)}{query(view.window, '')}",
            id="store-category",
            className="way",
        )
    ]
    return html.Div(
        [
            html.H2([html.Span("Store"), Verbatim(f" {store}")]),
            html.Nav(windows, className="ways", **named("Time window")),
            *(chosen if view.category else []),
            html.Span(id="store-fresh", className="fresh"),
        ],
        className="page-title replay-title",
    )


def plots() -> Any:
    """The day's plots, which the browser draws from the archive's minutes."""
    return html.Div(
        [
            parts.still_plot("store-revenue-plot", "Revenue over the day", figures.revenue()),
            parts.still_plot("store-bars", "Sales by category", figures.categories()),
            parts.still_plot(
                "store-rate", "Receipts sold per minute", figures.receipts_per_minute()
            ),
        ],
        className="replay-plots store-plots",
    )


def unknown(store: str) -> list[Any]:
    """What is said of a store that never sold."""
    said: list[Any] = [
        html.Span("No receipt of this store is in the archive:"),
        Verbatim(f" {store}. "),
        html.A("To all stores", href="/"),
    ]
    return [html.P(said, className="message", role="status")]


def body(
    store: str, found: StoreDay, tills: TillsSnapshot | None, write: Writer, view: View
) -> list[Any]:
    """The page below its title. `tills` tells of silence and gaps, where it is known."""
    whole = found.totals[0] if found.totals else {}
    return [
        html.Section(
            _tiles(whole, write),
            className="tiles",
            **named("Figures of the store"),
            **attributes(read=str(found.read_at)),
        ),
        html.Div(
            [
                _shares("store-hours", "Today by hour", "Hour", found.hours, write),
                _shares(
                    "store-categories",
                    "Sales by category",
                    "Category",
                    found.categories,
                    write,
                    lambda name: f"{store_path(store)}{query(view.window, name)}",
                ),
                _shares("store-tenders", "Tender mix", "Tender", found.tenders, write),
            ],
            className="row three",
        ),
        html.Div(
            [_tills(store, found.tills, tills, write), _latest(found.latest, write)],
            className="row two",
        ),
    ]


def _tiles(whole: Document, write: Writer) -> list[Any]:
    gross, receipts = int(whole.get("gross", 0)), int(whole.get("receipts", 0))
    basket = mean(gross, receipts)
    last = whole.get("last")
    units = mean(int(whole.get("units", 0)), receipts, 1000)
    rows = [
        ("store-revenue", "Revenue today", decimal_text(gross), write.money(gross)),
        ("store-receipts", "Receipts today", str(receipts), write.number(receipts)),
        ("store-basket", "Average basket", basket, basket and write.decimal_money(basket)),
        ("store-units", "Units per basket", units, units and write.decimal(units)),
        (
            "store-net",
            "Net revenue",
            decimal_text(int(whole.get("net", 0))),
            write.money(int(whole.get("net", 0))),
        ),
        ("store-last", "Last receipt", last and last.isoformat(), last and write.clock(last)),
    ]
    return [_tile(*row) for row in rows]


def _tile(id: str, label: str, value: str | None, text: str | None) -> Any:  # noqa: A002 - HTML's word
    return dmc.Paper(
        className="card tile",
        withBorder=True,
        children=html.Div(
            [
                html.Div(label, className="label"),
                html.Span(text or "–", id=id, className="figure", **attributes(value=value or "")),  # noqa: RUF001
            ],
            className="tile-body",
        ),
    )


def _shares(
    id: str,  # noqa: A002 - HTML's word
    title: str,
    head: str,
    rows: list[Document],
    write: Writer,
    to: Callable[[str], str] | None = None,
) -> Any:
    largest = max((int(row["gross"]) for row in rows), default=0)
    return listing(
        id,
        title,
        (head, "Gross", ""),
        [
            (
                html.A(Verbatim(row["_id"]), href=to(row["_id"])) if to else Verbatim(row["_id"]),
                write.money(int(row["gross"])),
                html.Span(
                    className="meter",
                    style={"--part": f"{max(0, 100 * int(row['gross']) / (largest or 1)):.1f}%"},
                ),
            )
            for row in rows
        ],
    )


def _tills(store: str, rows: list[Document], known: TillsSnapshot | None, write: Writer) -> Any:
    silent = {t.till: t.since for t in known.silent_tills if t.store == store} if known else {}
    missing: dict[str, int] = {}
    for gap in known.gaps if known else ():
        if gap.store == store:
            missing[gap.till] = missing.get(gap.till, 0) + gap.last - gap.first + 1
    sold = {str(row["_id"]): row for row in rows}

    def state(till: str) -> Any:
        if known is None:
            return "not known"
        if till not in silent:
            return "selling"
        return [html.Span("silent since"), Verbatim(f" {write.clock(utc(silent[till]))}")]

    def line(till: str) -> tuple[Any, ...]:
        row = sold.get(till, {})
        last = row.get("last")
        return (
            Verbatim(till),
            write.number(int(row.get("receipts", 0))),
            write.money(int(row.get("gross", 0))),
            write.clock(last) if last else "none today",
            write.number(missing.get(till, 0)) if known else "not known",
            state(till),
        )

    # A till that is silent since yesterday has sold nothing today.
    names = [*sold, *sorted((silent.keys() | missing.keys()) - sold.keys())]
    return listing(
        "store-tills",
        "Tills",
        ("Till", "Receipts", "Gross", "Last receipt", "Missing", "State"),
        [line(till) for till in names],
    )


def _latest(rows: list[Document], write: Writer) -> Any:
    return listing(
        "store-latest",
        "Latest receipts",
        ("Time", "Till", "Number", "Gross"),
        [
            (
                html.A(write.clock(row["date"]), href=receipt_path(row["_id"])),
                Verbatim(row["till"]),
                Verbatim(row["number"]),
                write.money(int(row["grossMinor"])),
            )
            for row in rows
        ],
    )


def listing(id: str, title: str, heads: tuple[str, ...], rows: list[tuple[Any, ...]]) -> Any:  # noqa: A002
    """A card with a table that the server fills; the first column names the row."""

    def kind(place: int) -> str:
        return "name" if place == 0 else "number"

    drawn = [
        html.Tr(
            [
                (
                    html.Th(cell, scope="row", className="name")
                    if place == 0
                    else html.Td(cell, className="number")
                )
                for place, cell in enumerate(row)
            ]
        )
        for row in rows
    ] or [html.Tr(html.Td("none", colSpan=len(heads), className="empty"))]
    return dmc.Paper(
        className="card list",
        withBorder=True,
        children=[
            html.Div(html.H2(title), className="plot-head"),
            html.Table(
                [
                    html.Thead(
                        html.Tr(
                            [
                                html.Th(head, scope="col", className=kind(place))
                                if head
                                else html.Td()
                                for place, head in enumerate(heads)
                            ]
                        )
                    ),
                    html.Tbody(drawn),
                ],
                id=id,
                className="rows",
                **named(title),
            ),
        ],
    )


def receipt_path(key: str) -> str:
    """Where a receipt is shown; its identity may hold any sign, `/`, blanks and `%` included."""
    return "/receipt/" + quote(key, safe="/:")


def query(window: str, category: str) -> str:
    """The part of an address that names a view; nothing for the usual one."""
    named = {"window": "" if window == "day" else window, "category": category}
    text = urlencode({name: value for name, value in named.items() if value})
    return f"?{text}" if text else ""


def store_path(store: str) -> str:
    """Where a store is shown."""
    return "/store/" + quote(store, safe="")
