"""`python -m generator clicks`: clicks and purchases whose true attribution is known."""

import argparse
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from generator import argument_types as types
from generator import live, streams_run
from generator.clicks import rows, tables, truth
from generator.clicks.rows import Parcels, Rows
from generator.clicks.world import SECOND, SOURCES, Clicks, Plan, Purchases, World, made
from generator.pools import Pools
from generator.shop.parcels import Parcel
from generator.shop.senders import CSV
from generator.streams_run import StreamsRunSettings
from tillstream.runtime import logs, process

MODE = "clicks"
TRUTH, SUMMARY = "truth.csv", "summary.json"

#: Of files, where nobody says when: the same bytes each time.
_START = datetime(2026, 3, 10, 8, tzinfo=UTC)
#: Of events that happen now: what is late in a shop that is well.
_LIVE_LATENESS_US = 60 * SECOND


class Summary(msgspec.Struct):
    """What a world has, beside its truth."""

    clicks: int
    purchases: int
    attributed: int
    #: Events that are heard after a newer one, as a share of all.
    out_of_order: float
    late_clicks: int
    late_purchases: int
    #: Purchases that are late, or have a touch that is: these may come out otherwise.
    affected: int


def main(argv: Sequence[str]) -> int:
    """Write or send them; 0 when all is written, or sent and accepted."""
    settings = process.load_settings(StreamsRunSettings)
    options = _options(list(argv), settings)
    logs.configure(settings, "generator")
    stop = process.stop_on_signals()
    plan = _plan(options, time.time())
    pools = Pools(plan.seed)
    users, products = tables.users_table(plan, pools), tables.products_table(plan, pools)
    empty = rows.rows(
        plan._replace(clicks=0, purchases=0), made(plan._replace(clicks=0, purchases=0))
    )
    headers = rows.headers(empty, users, products)
    parcels = Parcels()

    def sent() -> Iterator[Parcel]:
        at = plan.start_us / SECOND
        yield parcels.of(rows.USERS, users, at, at)
        yield parcels.of(rows.PRODUCTS, products, at, at)
        slices = _whole(options, plan) if options.rate is None else _live(options, settings, plan)
        for each in slices:
            yield from parcels.of_rows(each)

    if options.out is not None:
        for parcel in sent():
            path = options.out / f"{parcel.number:06d}-{parcel.stream}.csv"
            path.write_bytes(headers[parcel.stream] + parcel.lines)
        return 0
    return streams_run.send(sent(), headers, options, settings, stop, CSV)


def _whole(options: argparse.Namespace, plan: Plan) -> Iterator[Rows]:
    """The slices of a world of that many events; its truth is written on the way."""
    world = made(plan)
    if options.out is not None:
        _write_truth(plan, world, options.out / TRUTH, options.out / SUMMARY, options.slice)
    elif options.truth is not None:
        _write_truth(plan, world, options.truth, None, options.slice)
    yield from rows.slices_by_count(rows.rows(plan, world), options.slice)
    if options.closing:
        yield rows.rows(plan, _closing(plan, world))


def _live(options: argparse.Namespace, settings: StreamsRunSettings, plan: Plan) -> Iterator[Rows]:
    """What is heard in each second from the start on."""
    share = options.purchases / (options.clicks + options.purchases)
    waiting: Rows | None = None
    start = plan.start_us / SECOND
    for block in live.blocks(options.rate, settings.zone(), plan.seed, start, options.seconds):
        bought = round(block.events * share)
        happening = plan._replace(
            start_us=block.start_us,
            span_us=block.span_us,
            clicks=block.events - bought,
            purchases=bought,
            lateness_us=_LIVE_LATENESS_US,
        )
        heard = rows.rows(happening, made(happening))
        ends = block.start_us + block.span_us
        now, waiting = rows.until(heard if waiting is None else rows.joined(waiting, heard), ends)
        yield from rows.slices_by_time(now, block.start_us, ends, SECOND)


def _write_truth(
    plan: Plan, world: World, path: Path, summary: Path | None, slice_rows: int
) -> None:
    late = truth.late_events(world, plan.lateness_us, slice_rows)
    attributed = affected = 0
    with path.open("wb", buffering=1 << 20) as file:
        file.write(",".join(truth.HEADER).encode() + b"\n")
        for one in truth.truth(plan, world, late):
            attributed += one.touches > 0
            affected += one.is_late or one.late_touches > 0
            file.write(truth.line(one))
    if summary is not None:
        said = Summary(
            clicks=plan.clicks,
            purchases=plan.purchases,
            attributed=attributed,
            out_of_order=round(truth.out_of_order(world), 4),
            late_clicks=int(late.clicks.sum()),
            late_purchases=int(late.purchases.sum()),
            affected=affected,
        )
        summary.write_bytes(msgspec.json.format(msgspec.json.encode(said)) + b"\n")


def _closing(plan: Plan, world: World) -> World:
    """A click and a purchase of user 0, so much later that everything before them is final."""
    newest = max(
        [plan.start_us + plan.span_us, *(int(one.time.max()) for one in world if len(one.time))]
    )
    after = newest + plan.window_us + 4 * plan.lateness_us
    one = made(
        plan._replace(start_us=after, span_us=1, clicks=1, purchases=1, late=0.0, out_of_order=0.0)
    )
    clicks = one.clicks._replace(user=one.clicks.user * 0)
    purchases = one.purchases._replace(user=one.purchases.user * 0, time=one.clicks.time)
    return World(Clicks(*clicks), Purchases(*purchases))


def _plan(options: argparse.Namespace, now: float) -> Plan:
    span_us = int(options.span * SECOND)
    if options.start is not None:
        given = options.start
        start = (given if given.tzinfo else given.replace(tzinfo=UTC)).timestamp()
    elif options.rate is not None:
        start = now
    else:
        start = _START.timestamp() if options.out is not None else now - options.span
    return Plan(
        seed=options.seed,
        start_us=int(start * SECOND),
        span_us=span_us,
        window_us=int(options.window * SECOND),
        lateness_us=int(options.lateness * SECOND),
        **{
            name: getattr(options, name)
            for name in (
                *("clicks", "purchases", "users", "products", "sources"),
                *("out_of_order", "late", "unattributed", "failures"),
            )
        },
    )


def _options(argv: list[str], settings: StreamsRunSettings) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog=f"python -m generator {MODE}",
        description="Clicks and purchases of an online shop, and which click led to which.",
    )
    streams_run.add_options(parser, settings)
    add = parser.add_argument
    numbers = {
        "clicks": (100_000, None, "how many"),
        "purchases": (10_000, None, "how many; with --rate as many to the clicks"),
        "users": (10_000, None, "who may click and buy"),
        "products": (500, None, "that are bought"),
        "sources": (7, len(SOURCES), "of clicks, with Unknown"),
        "slice": (1_000, 1_000_000, "events that travel together"),
    }
    for name, (default, most, text) in numbers.items():
        kind = types.whole(name, f"--{name} {default}", most)
        add(f"--{name}", type=kind, default=default, metavar="N", help=f"{text} (%(default)s)")
    lengths = {
        "span": (7_200.0, "from the first click to the last"),
        "window": (600.0, "for so long a click counts"),
        "lateness": (600.0, "what is heard later than that is late"),
    }
    for name, (seconds, text) in lengths.items():
        length = types.number("seconds", f"--{name} {seconds:g}")
        add(f"--{name}", type=length, default=seconds, metavar="S", help=f"{text} (%(default)s)")
    shares = {
        "out-of-order": (0.9, "events that are delayed within the lateness"),
        "late": (0.01, "events that are delayed beyond it"),
        "unattributed": (0.3, "purchases of users who never click"),
        "failures": (0.07, "purchases that are not paid"),
    }
    for name, (share, text) in shares.items():
        add(
            f"--{name}",
            type=types.share,
            default=share,
            metavar="SHARE",
            help=f"{text} (%(default)s)",
        )
    closing = "a click and a purchase of user 0 after the end, so that all before them is final"
    add("--closing", action="store_true", help=closing)
    truths = "where the truth goes of what is sent; with --out it is truth.csv there"
    add("--truth", type=types.writable_file, metavar="FILE", help=truths)
    options = streams_run.parse(parser, argv)
    if options.users < 2:
        parser.error("--users has to be 2 at least: one who clicks, one who does not")
    return options
