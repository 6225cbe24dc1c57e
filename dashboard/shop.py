"""One store's day, from the archive: figures, hours, categories, tenders, tills, receipts."""

from typing import Any
from urllib.parse import quote

import dash_mantine_components as dmc
from dash import html

from dashboard.archive import Document, StoreDay
from dashboard.panels import mean
from dashboard.parts import attributes, named
from dashboard.written import Verbatim, Writer
from tillstream.money import decimal_text
from tillstream.snapshots import TillsSnapshot


def body(store: str, found: StoreDay, tills: TillsSnapshot | None, write: Writer) -> list[Any]:
    """The page below its title. `tills` tells of silence and gaps, where it is known."""
    whole = found.totals[0] if found.totals else {}
    return [
        html.Section(_tiles(whole, write), className="tiles", **named("Figures of the store")),
        html.Div(
            [
                _shares("store-hours", "Today by hour", "Hour", found.hours, write),
                _shares(
                    "store-categories", "Sales by category", "Category", found.categories, write
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


def _shares(id: str, title: str, head: str, rows: list[Document], write: Writer) -> Any:  # noqa: A002
    largest = max((int(row["gross"]) for row in rows), default=0)
    return listing(
        id,
        title,
        (head, "Gross", ""),
        [
            (
                Verbatim(row["_id"]),
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
    silent = {till.till for till in known.silent_tills if till.store == store} if known else set()
    missing: dict[str, int] = {}
    for gap in known.gaps if known else ():
        if gap.store == store:
            missing[gap.till] = missing.get(gap.till, 0) + gap.last - gap.first + 1
    return listing(
        "store-tills",
        "Tills",
        ("Till", "Receipts", "Gross", "Last receipt", "Missing", "State"),
        [
            (
                Verbatim(row["_id"]),
                write.number(int(row["receipts"])),
                write.money(int(row["gross"])),
                write.clock(row["last"]),
                write.number(missing.get(row["_id"], 0)),
                "silent" if row["_id"] in silent else "selling",
            )
            for row in rows
        ],
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


def store_path(store: str) -> str:
    """Where a store is shown."""
    return "/store/" + quote(store, safe="")
