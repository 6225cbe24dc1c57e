"""The day of one store, of one category or all, from its receipts: what its page shows. Pure.

One aggregation over a store's business day, some 2,000 receipts, by the index of store and date.
"""

from dashboard.archive import pipelines
from dashboard.archive.history import running_totals
from dashboard.archive.pipelines import unix
from dashboard.state.filtered import Filter, FilteredDay
from dashboard.state.frames import Bar, ranked_bars
from dashboard.state.panels import UNNAMED, Row, mean, mean_amount
from dashboard.state.store_days import Today
from tillstream.archive import Document, in_currency
from tillstream.clock import utc
from tillstream.currencies import CURRENCY, exponent_of
from tillstream.money import MILLI, decimal_text, rate_text
from tillstream.snapshots import CategoryTotal

#: Rows of a panel that are read at most, and receipts that a store's page lists.
MAX_ROWS = 50
MAX_RECEIPTS = 12


def pipeline(chosen: Filter, zone: str, currency: str = CURRENCY) -> list[Document]:
    """One document with the rows of every facet."""
    of_category = pipelines.of_category(chosen.category)
    count = pipelines.COUNT
    minutes = pipelines.by_minute(
        net={"$sum": "$netMinor"},
        units={"$sum": {"$sum": "$lines.unitsMilli"}},
        returns={"$sum": {"$min": ["$grossMinor", 0]}},
        last={"$max": "$date"},
    )
    rates = pipelines.by_line("$lines.taxBasisPoints", net={"$sum": "$lines.netMinor"}, count=count)
    largest = pipelines.largest(MAX_ROWS)
    till = {"_id": "$till", "gross": pipelines.GROSS, "count": count, "last": {"$max": "$date"}}
    shown = {"date": 1, "till": 1, "number": 1, "grossMinor": 1}
    facets = {
        "minutes": [*of_category, *minutes],
        "hours": [*of_category, *pipelines.by_hour(zone)],
        "vat": [*of_category, *rates, *largest],
        # A payment is of all lines of its receipt: of a category, of the receipts that have it.
        "tenders": [*of_category, *pipelines.by_tender(), *largest],
        # Of every category, whichever is chosen: its bar stands among the others.
        "categories": pipelines.by_line("$lines.category"),
        "delays": [*of_category, *pipelines.delay_percentiles(None)],
        "tills": [*of_category, {"$group": till}, {"$sort": {"_id": 1}}, {"$limit": MAX_ROWS}],
        "latest": [
            *of_category,
            {"$sort": {"date": -1}},
            {"$limit": MAX_RECEIPTS},
            {"$project": shown},
        ],
    }
    return [_of_day(chosen, currency), {"$facet": facets}]


def hours(chosen: Filter, zone: str, currency: str = CURRENCY) -> list[Document]:
    """The hours of a day alone."""
    stages = [*pipelines.of_category(chosen.category), *pipelines.by_hour(zone)]
    return [_of_day(chosen, currency), *stages]


def _of_day(chosen: Filter, currency: str) -> Document:
    return {"$match": pipelines.within_day(chosen.day, chosen.store) | in_currency(currency)}


def answer(
    chosen: Filter,
    found: dict[str, list[Document]],
    today: Today,
    read_at: float,
    week_before: list[Row],
    known: bool = True,
    currency: str = CURRENCY,
) -> FilteredDay:
    """The figures under a filter from the rows of its facets, read at `read_at`."""
    exponent = exponent_of(currency)
    minutes = found["minutes"]

    def total(name: str) -> int:
        return sum(int(row[name]) for row in minutes)

    gross, receipts = total("gross"), total("count")
    last = max((row["last"] for row in minutes), default=None)
    delay = found["delays"][0]["p95"] if found["delays"] else None
    values = {
        "store-revenue": decimal_text(gross, exponent),
        "store-receipts": str(receipts),
        "store-basket": mean_amount(gross, receipts, exponent),
        "store-units": mean(total("units"), receipts, MILLI),
        "store-net": decimal_text(total("net"), exponent),
        "store-returns": decimal_text(total("returns"), exponent),
        "store-delay": None if delay is None else str(delay),
        "store-last": None if last is None else last.isoformat(),
    }
    running = running_totals(minutes, until=read_at)
    return FilteredDay(
        day=chosen.day,
        store=chosen.store,
        region="",
        category=chosen.category,
        zone=today.zone.key,
        abbreviation=utc(read_at).astimezone(today.zone).tzname() or today.zone.key,
        starts=today.starts,
        source="receipts",
        read_at=read_at,
        known=known,
        values=values,
        minutes=[(minute, *sums) for minute, sums in running.items()],
        panels=_panels(found, week_before, chosen.category),
        bars=_bars(found["categories"], exponent),
    )


def _panels(
    found: dict[str, list[Document]], week_before: list[Row], category: str
) -> dict[str, list[Row]]:
    """The tables of a store's page by their element ids; `store_tills` completes the tills."""
    hours: list[Row] = [
        (str(row["_id"]), int(row["gross"]), int(row["count"])) for row in found["hours"]
    ]
    vat: list[Row] = [
        (_rate(row["_id"]), int(row["gross"]), int(row["net"]), int(row["count"]))
        for row in found["vat"]
    ]
    tenders: list[Row] = [
        (str(row["_id"]), int(row["gross"]), 0, int(row["count"])) for row in found["tenders"]
    ]
    today = {hour: gross for hour, gross, _ in hours}
    before: dict[str, int] = dict(week_before)
    categories = sorted(
        (-int(row["gross"]), str(row["_id"]))
        for row in found["categories"]
        if not category or row["_id"] == category
    )
    return {
        "hours": hours,
        "before-week": week_before,
        "store-hours": [
            (hour, today.get(hour), before.get(hour)) for hour in sorted(today.keys() | before)
        ],
        "store-vat": vat,
        "store-tenders": tenders,
        "store-categories": [(name, -gross) for gross, name in categories[:MAX_ROWS]],
        "store-tills": [
            (str(row["_id"]), int(row["count"]), int(row["gross"]), unix(row["last"]))
            for row in found["tills"]
        ],
        "store-latest": [
            (
                *(str(row["_id"]), unix(row["date"])),
                *(row.get("till", ""), row.get("number", ""), int(row["grossMinor"])),
            )
            for row in found["latest"]
        ],
    }


def _rate(basis_points: int | None) -> str:
    return UNNAMED if basis_points is None else rate_text(basis_points)


def _bars(rows: list[Document], exponent: int) -> list[Bar]:
    totals = [
        CategoryTotal(
            name=str(row["_id"]),
            revenue_minor=int(row["gross"]),
            revenue=decimal_text(int(row["gross"]), exponent),
            units_milli=0,
        )
        for row in rows
    ]
    return ranked_bars(totals, exponent)
