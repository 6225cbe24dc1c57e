"""A receipt as its paper slip, and its life: sold, received, stored, with times. No I/O."""

from datetime import datetime
from typing import Any

import dash_mantine_components as dmc
from dash import html

from dashboard.archive.receipts import ReceiptLife
from dashboard.pages.addresses import store_path
from dashboard.pages.formatting import Verbatim, Writer, of_data
from dashboard.pages.parts import attributes
from dashboard.pages.store_titles import numbered
from tillstream.archive import Document, raw_bytes
from tillstream.clock import utc
from tillstream.codec import decode_receipt
from tillstream.currencies import CURRENCY, exponent_of
from tillstream.money import milli_units, minor_units
from tillstream.receipt import StampedReceipt
from tillstream.stores import StoreTable
from tillstream.trace_stamp import trace_id_of

#: The archive may have a receipt so much before the log's reader; seconds.
SETTLED_SECONDS = 2.0


def unreadable(reason: str) -> list[Any]:
    """Of a receipt that was stored before today's contract, and is not within it."""
    return [
        html.P("This receipt cannot be read.", id="unreadable", className="message"),
        html.P(of_data(reason), className="message"),
    ]


def body(
    key: str, life: ReceiptLife, table: StoreTable, counted_to: float | None, write: Writer
) -> list[Any]:
    """Slip and life side by side.

    `counted_to`: when the ledger had last read the whole log, Unix seconds; None if unknown.
    """
    receipt = decode_receipt(raw_bytes(life.document))
    return [
        html.Div(
            [
                html.Div(_slip(key, receipt, table, write), className="paper"),
                _life(life, counted_to, write),
            ],
            className="receipt-page",
        )
    ]


def _slip(key: str, receipt: StampedReceipt, table: StoreTable, write: Writer) -> Any:
    total = receipt.document_total
    currency = receipt.currency or CURRENCY
    exponent = exponent_of(currency)

    def written(amount: float) -> Verbatim:
        return write.money(minor_units(amount, exponent), currency)

    return html.Article(
        id="slip",
        className="slip",
        **attributes(
            key=key, value=str(minor_units(total.gross_total, exponent)), currency=currency
        ),
        children=[
            html.H2(
                [
                    html.Span("Store"),
                    Verbatim(" "),
                    html.A(
                        numbered(table.store(receipt.store_id)),
                        href=store_path(str(receipt.store_id)),
                    ),
                ]
            ),
            html.P(
                [
                    html.Span("Till"),
                    of_data(f" {receipt.terminal_id} · "),
                    html.Span("Receipt"),
                    of_data(f" {receipt.cash_receipt_id}"),
                ]
            ),
            html.P(of_data(receipt.date)),
            html.Table(
                html.Tbody(
                    [
                        html.Tr(
                            [
                                html.Td(write.quantity(milli_units(line.quantity))),
                                html.Td(of_data(line.product_description)),
                                html.Td(
                                    written(line.settlement_amount),
                                    className="number",
                                ),
                            ]
                        )
                        for line in receipt.lines
                    ]
                ),
                className="lines",
            ),
            html.Table(
                html.Tbody(
                    [
                        _amount("Net", written(total.net_total)),
                        _amount("Tax", written(total.tax_payable)),
                        _amount("Total", written(total.gross_total), "total"),
                        *(
                            _amount(
                                of_data(each.payment_mechanism), written(each.settlement_amount)
                            )
                            for each in receipt.settlements
                        ),
                    ]
                ),
                className="sums",
            ),
        ],
    )


def _amount(label: str, money: Verbatim, name: str = "") -> Any:
    return html.Tr(
        [html.Th(label, scope="row"), html.Td(money, className="number")], className=name
    )


def _life(life: ReceiptLife, counted_to: float | None, write: Writer) -> Any:
    document = life.document
    sold, received, stored = (document[name] for name in ("date", "receivedAt", "storedAt"))
    steps = [
        _step("Sold", "till's clock", sold, None, write),
        _step("Received", "the door's stamp", received, sold, write),
        # The broker keeps no time; but nothing reaches the archive before its confirm is due.
        _told("Confirmed", "by the broker, before the till had its answer; no time is kept"),
        _step("Stored", "sent to the archive", stored, received, write),
        _counted(stored, counted_to, write),
    ]
    return dmc.Paper(
        className="card list life",
        withBorder=True,
        children=[
            html.Div(html.H2("Its life"), className="plot-head"),
            html.Ol(steps),
            html.Dl(
                [
                    html.Dt("Identity"),
                    html.Dd(of_data(document["_id"])),
                    html.Dt("Business day"),
                    html.Dd(write.date(document["businessDay"])),
                    *_trace(raw_bytes(document)),
                ]
            ),
            *_conflicts(life.conflicts, write),
        ],
    )


def _trace(raw: bytes) -> list[Any]:
    """What to look for among the traces, of a receipt that came with one."""
    found = trace_id_of(raw)
    return [] if found is None else [html.Dt("Trace"), html.Dd(of_data(found), id="trace")]


def _step(
    name: str,
    note: str,
    at: datetime,
    before: datetime | None,
    write: Writer,
    bound: str = "",
) -> Any:
    after = [] if before is None else [html.Span(_after(before, at, write), className="after")]
    return html.Li(
        [
            html.Strong(name),
            html.Span(note, className="note"),
            html.Time(
                [html.Span(bound), write.moment(at)] if bound else write.moment(at),
                id=f"life-{name.lower()}",
                dateTime=at.isoformat(),
            ),
            *after,
        ]
    )


def _counted(stored: datetime, counted_to: float | None, write: Writer) -> Any:
    """The archive and the log are fed by one exchange: what the archive has, the log had."""
    if counted_to is None:
        return _told("Counted", "not known: the ledger is not heard of")
    if counted_to < stored.timestamp() + SETTLED_SECONDS:
        return _told("Counted", "not known yet: the ledger has not read so far")
    note = "the ledger had read the whole log by then; it keeps no time of a receipt"
    return _step("Counted", note, utc(counted_to), None, write, "no later than ")


def _told(name: str, note: str) -> Any:
    told = html.Span(note, id=f"life-{name.lower()}", className="note told")
    return html.Li([html.Strong(name), told])


def _after(before: datetime, at: datetime, write: Writer) -> Verbatim:
    seconds = (at - before).total_seconds()
    if abs(seconds) < 1:
        return Verbatim(f"{round(seconds * 1000):+d} ms")
    if abs(seconds) < 10:
        return Verbatim(f"{'+' if seconds > 0 else ''}{write.decimal(f'{seconds:.1f}')} s")
    return Verbatim(
        f"{round(seconds):+d} s" if abs(seconds) < 600 else f"{round(seconds / 60):+d} min"
    )


def _conflicts(conflicts: list[Document], write: Writer) -> list[Any]:
    if not conflicts:
        return []
    return [
        html.H2("Came again with other content"),
        html.Ul([html.Li(write.moment(each["receivedAt"])) for each in conflicts]),
    ]
