"""The tables of a store's page, which the server writes."""

from datetime import datetime
from typing import Any, NamedTuple

import dash_mantine_components as dmc
from dash import html

from dashboard.archive.receipts import Document
from dashboard.pages.addresses import View, receipt_path, store_path
from dashboard.pages.formatting import Verbatim, Writer, of_data
from dashboard.pages.parts import named
from tillstream.clock import utc
from tillstream.snapshots import TillsSnapshot


class Tables(NamedTuple):
    """The tables of one store, read at `read_at`; `fresh` says in each until when it is so."""

    store: str
    write: Writer
    read_at: datetime
    fresh: list[Any]

    def hours(self, rows: list[Document], week_before: list[Document]) -> Any:
        """Gross of each hour, and of the same hour a week before."""
        today = {str(row["_id"]): int(row["gross"]) for row in rows}
        before = {str(row["_id"]): int(row["gross"]) for row in week_before}

        def money(gross: int | None) -> Any:
            return "–" if gross is None else self.write.money(gross)  # noqa: RUF001

        return self._listing(
            "store-hours",
            "Hours",
            ("Hour", "Gross", "Last week"),
            [
                (Verbatim(hour), money(today.get(hour)), money(before.get(hour)))
                for hour in sorted(today.keys() | before.keys())
            ],
        )

    def vat(self, rows: list[Document]) -> Any:
        """Net and tax by rate."""

        def rate(basis_points: int | None) -> Any:
            return "not known" if basis_points is None else self.write.percentage(basis_points)

        return self._listing(
            "store-vat",
            "VAT",
            ("Rate", "Net", "Tax"),
            [
                (
                    rate(row["_id"]),
                    self.write.money(int(row["net"])),
                    self.write.money(int(row["gross"]) - int(row["net"])),
                )
                for row in rows
            ],
        )

    def tenders(self, rows: list[Document]) -> Any:
        """What was paid by each means."""
        shares = [(of_data(row["_id"]), int(row["gross"])) for row in rows]
        return self._shares("store-tenders", "Tender mix", "Tender", shares)

    def categories(self, rows: list[Document], view: View) -> Any:
        """Gross by category, each a link to the store's page of it."""
        shares = []
        for row in rows:
            path = store_path(self.store, view.window, row["_id"])
            shares.append((html.A(of_data(row["_id"]), href=path), int(row["gross"])))
        return self._shares("store-categories", "Categories", "Category", shares)

    def tills(self, rows: list[Document], known: TillsSnapshot | None) -> Any:
        """Each till with its last receipt, its gaps and its silence."""
        silent = (
            {t.till: t.since for t in known.silent_tills if t.store == self.store} if known else {}
        )
        missing: dict[str, int] = {}
        listed = 0
        for gap in known.gaps if known else ():
            numbers = gap.last - gap.first + 1
            listed += numbers
            if gap.store == self.store:
                missing[gap.till] = missing.get(gap.till, 0) + numbers
        # Of very many silent tills and gaps the ledger names the oldest only.
        all_silent = known is not None and known.silent == len(known.silent_tills)
        all_gaps = known is not None and known.missing == listed
        sold = {str(row["_id"]): row for row in rows}

        def state(till: str) -> Any:
            if till in silent:
                return [
                    html.Span("silent since"),
                    Verbatim(f" {self.write.clock(utc(silent[till]), self.read_at)}"),
                ]
            return "selling" if all_silent else "not known"

        def gaps(till: str) -> Any:
            if till in missing or all_gaps:
                return self.write.number(missing.get(till, 0))
            return "not known"

        def line(till: str) -> tuple[Any, ...]:
            row = sold.get(till, {})
            last = row.get("last")
            return (
                of_data(till),
                self.write.number(int(row.get("receipts", 0))),
                self.write.money(int(row.get("gross", 0))),
                self.write.clock(last, self.read_at) if last else "none today",
                gaps(till),
                state(till),
            )

        # A till that is silent since yesterday has sold nothing today.
        names = [*sold, *sorted((silent.keys() | missing.keys()) - sold.keys())]
        return self._listing(
            "store-tills",
            "Tills",
            ("Till", "Receipts", "Gross", "Last receipt", "Missing", "State"),
            [line(till) for till in names],
        )

    def latest(self, rows: list[Document]) -> Any:
        """The newest receipts, each a link."""
        return self._listing(
            "store-latest",
            "Latest receipts",
            ("Time", "Till", "Number", "Gross"),
            [
                (
                    html.A(
                        self.write.clock(row["date"], self.read_at), href=receipt_path(row["_id"])
                    ),
                    of_data(row["till"]),
                    of_data(row["number"]),
                    self.write.money(int(row["grossMinor"])),
                )
                for row in rows
            ],
        )

    def _shares(self, id: str, title: str, head: str, rows: list[tuple[Any, int]]) -> Any:  # noqa: A002
        largest = max((gross for _, gross in rows), default=0) or 1
        return self._listing(
            id,
            title,
            (head, "Gross", ""),
            [
                (
                    name,
                    self.write.money(gross),
                    html.Span(
                        className="meter", style={"--part": f"{max(0, 100 * gross / largest):.1f}%"}
                    ),
                )
                for name, gross in rows
            ],
        )

    def _listing(
        self,
        id: str,  # noqa: A002 - HTML's word
        title: str,
        heads: tuple[str, ...],
        rows: list[tuple[Any, ...]],
    ) -> Any:
        """A card with a table; the first column names the row."""
        drawn = [html.Tr([_cell(place, cell) for place, cell in enumerate(row)]) for row in rows]
        empty = html.Tr(html.Td("none", colSpan=len(heads), className="empty"))
        return dmc.Paper(
            className="card list",
            withBorder=True,
            children=[
                html.Div(html.Div([html.H2(title), html.Span(self.fresh)]), className="plot-head"),
                html.Table(
                    [
                        html.Thead(
                            html.Tr([_head(place, head) for place, head in enumerate(heads)])
                        ),
                        html.Tbody(drawn or [empty]),
                    ],
                    id=id,
                    className="rows",
                    **named(title),
                ),
            ],
        )


def _kind(place: int) -> str:
    return "name" if place == 0 else "number"


def _head(place: int, head: str) -> Any:
    return html.Th(head, scope="col", className=_kind(place)) if head else html.Td()


def _cell(place: int, cell: Any) -> Any:
    if place == 0:
        return html.Th(cell, scope="row", className="name")
    return html.Td(cell, className="number")
