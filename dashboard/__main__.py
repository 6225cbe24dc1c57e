"""`python -m dashboard`: the live page on DASHBOARD_PORT."""

import argparse
import socket
import sys
import time

import structlog
import uvicorn

from dashboard import (
    alerts_routes,
    app,
    days_routes,
    explore_routes,
    online_routes,
    products_routes,
    routes,
    stores_routes,
    users_command,
    workbook_routes,
)
from dashboard.access.sign_in import Proxy, SignIn
from dashboard.access.users_file import Users, UsersFile
from dashboard.archive.alerts import Alerts
from dashboard.archive.archive_watch import ArchiveWatch
from dashboard.archive.connection import connect
from dashboard.archive.days import RangeOfDays
from dashboard.archive.filtered_day import FilteredDays
from dashboard.archive.filters import Filters
from dashboard.archive.history import History
from dashboard.archive.jobs import Jobs
from dashboard.archive.known_currencies import KnownCurrencies
from dashboard.archive.online import SERVER_TIMEOUT_MS, SOCKET_TIMEOUT_MS, Online
from dashboard.archive.past_days import PastDays
from dashboard.archive.products import Products
from dashboard.archive.queue_watch import QueueWatch
from dashboard.archive.receipts import Receipts
from dashboard.archive.replay import Replays
from dashboard.archive.store_standings import StoreStandings
from dashboard.archive.windows import Windows
from dashboard.currency_views import CurrencyViews, View
from dashboard.figures import add_figures
from dashboard.pages.router import Pages
from dashboard.settings import DashboardSettings
from dashboard.state.archive_state import ArchiveState
from dashboard.state.feed import RESULTS
from dashboard.state.model import Model
from dashboard.state.store_days import StoreDays
from dashboard.state.windows_heard import DECODERS, WindowsHeard
from dashboard.stream import Broadcaster
from tillstream import archive, stores
from tillstream.errors import PortTakenError, SettingsError
from tillstream.figures_reader import FiguresReader
from tillstream.http.bounded_protocol import BoundedProtocol, within
from tillstream.runtime import essential, logs, ports, process, quiet
from tillstream.runtime.feed import Feed
from tillstream.runtime.typed_as import program_name
from tillstream.runtime.watching.watched import Watched
from tillstream.stores import StoreTable
from tillstream.streams import definitions_file

log = structlog.get_logger()

#: Longest wait for open pages and for each thread when the process ends, seconds.
DRAIN_SECONDS = 3

#: What a page sends of its state when something on it is chosen, with room.
MAX_BODY_BYTES = 1_048_576


class Server(uvicorn.Server):
    """Ends the streams first: they would keep their connections open for ever."""

    def __init__(self, config: uvicorn.Config, broadcaster: Broadcaster) -> None:
        super().__init__(config)
        self._broadcaster = broadcaster

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._broadcaster.close()
        await super().shutdown(sockets)


def main() -> None:
    """`python -m dashboard [users ...]`."""
    parser = argparse.ArgumentParser(prog=program_name("dashboard"))
    commands = parser.add_subparsers(dest="command")
    users = commands.add_parser("users", help="who may look, and at what")
    users_command.add_arguments(users)
    arguments = parser.parse_args()
    if arguments.command == "users":
        sys.exit(users_command.run(arguments))
    serve()


def _sign_in(settings: DashboardSettings, table: StoreTable) -> SignIn:
    """Raises DefinitionError."""
    users = proxy = None
    if settings.users_file is not None:
        users = Users(UsersFile(settings.users_file), table, time.time)
    if settings.user_header:
        header, secret = settings.user_header.lower(), settings.user_header_secret
        proxy = Proxy(header.encode(), secret.encode("utf-8", "surrogateescape"))
    return SignIn(time.time, settings.dashboard_user, settings.dashboard_password, users, proxy)


def serve() -> None:
    """Hear the results, read the day so far, serve the page until SIGTERM or SIGINT."""
    settings = process.load_settings(DashboardSettings)
    logs.configure(settings, "dashboard")
    try:
        table = stores.load(settings)
        definitions = definitions_file.load_settings(settings)
        sign_in = _sign_in(settings, table)
    except SettingsError as error:
        process.fail(error)
    host, port = settings.dashboard_host, settings.dashboard_port
    try:
        listener = ports.listen(host, port, "DASHBOARD_PORT")
    except PortTakenError as error:
        process.fail(error)
    except OSError as error:
        # No such host here, or a port that needs rights: no start will ever succeed.
        said = f"DASHBOARD_HOST, DASHBOARD_PORT: cannot listen on {host}:{port}: {error.strerror}"
        process.fail(SettingsError([said]), process.EX_CONFIG)
    calendar = table.default
    archive_state = ArchiveState(time.time())
    one_zone = all(each.zone.key == calendar.zone.key for each in table.exceptions.values())
    views: CurrencyViews
    broadcaster: Broadcaster

    def added(currency: str, model: Model) -> None:
        broadcaster.add(currency, model)

    def view(currency: str) -> View:
        shown_in = table.shown_in(currency)
        model = Model(calendar, time.time(), archive_state, one_zone, currency)

        days = StoreDays(shown_in, model, time.time)
        figures = FiguresReader(client[database], currency=currency)
        filtered = FilteredDays(client, database, figures, shown_in, time.time)
        others_too = currency == table.currency
        return View(
            model,
            Filters(model, days, filtered, time.time),
            RangeOfDays(client[database], figures, shown_in, time.time),
            StoreStandings(figures, shown_in, time.time, only_selling=not others_too),
            Products(client, database, figures, days, shown_in, time.time, stop),
            Replays(client, database, calendar, time.time, currency),
            History(settings.mongo_url, database, model, time.time, stop),
            PastDays(figures, model, stop),
        )

    # uvicorn raises the signal that ended it once more: ours makes that a normal end.
    stop = process.stop_on_signals()
    quiet.release_when_quiet()
    client, database = connect(settings.mongo_url), settings.mongo_database
    views = CurrencyViews(table.currency, view, added)
    model = views.main_view.model
    broadcaster = Broadcaster(model, time.time, settings.dashboard_max_viewers)
    feed = Feed(settings.amqp_url, views.take, time.time, stop, RESULTS, "dashboard")
    heard = WindowsHeard()
    events = Feed(settings.amqp_url, heard.take, time.time, stop, DECODERS, "dashboard")
    days = StoreDays(table, model, time.time)
    alerts = Alerts(client, database, calendar.zone.key, time.time)
    jobs = Jobs(client, database, calendar.zone.key, time.time)
    windows = Windows(client, database, definitions, heard, time.time)
    # A client of its own: it has to find out soon that MongoDB is away.
    shop_client = archive.connect(
        settings.mongo_url,
        "dashboard online",
        server_ms=SERVER_TIMEOUT_MS,
        socket_ms=SOCKET_TIMEOUT_MS,
        connections=1,
    )
    shop = Online(shop_client, database, definitions, heard, days, calendar, time.time, stop)
    archive_watch = ArchiveWatch(
        settings.mongo_url, settings.mongo_database, archive_state, time.time, stop
    )
    known = KnownCurrencies(client[database], lambda: calendar.on(time.time()), views.know, stop)
    watch = QueueWatch(client, database, model, time.time, stop)
    watched = Watched("dashboard")
    add_figures(watched.registry, model, broadcaster, watch, time.time)
    pages = Pages(
        model,
        days,
        Receipts(client, database),
        watch.caught_up_at,
        definitions,
        currencies=views.currencies,
    )
    config = uvicorn.Config(
        app.build(
            broadcaster,
            pages,
            lambda currency: views.of(currency).filters,
            feed.subscribed.is_set,
            time.time,
            sign_in,
            watched=watched,
            away=lambda: model.archive_away(time.time()),
            also=[
                routes.health(model, time.time),
                routes.operation(watch),
                routes.replay(lambda currency: views.of(currency).replays),
                routes.jobs(jobs),
                alerts_routes.alerts(alerts),
                explore_routes.explore(windows),
                online_routes.online(shop),
                products_routes.products(lambda currency: views.of(currency).products),
                days_routes.days(lambda currency: views.of(currency).range_of_days, table),
                stores_routes.stores(lambda currency: views.of(currency).standings),
                workbook_routes.workbook(),
            ],
        ),
        http=within(BoundedProtocol, settings, MAX_BODY_BYTES),
        timeout_keep_alive=settings.keep_alive_seconds,
        loop="uvloop",
        ws="none",
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=DRAIN_SECONDS,
        server_header=False,
    )
    threads = [
        essential.start_thread("feed", feed.run),
        essential.start_thread("events", events.run),
        essential.start_thread("online", shop.run),
        essential.start_thread("currencies", known.run),
        essential.start_thread("archive", archive_watch.run),
        essential.start_thread("watch", watch.run, settings.amqp_url),
    ]
    views.main_view.start()
    with listener:
        log.info("listening", host=host, port=port)
        Server(config, broadcaster).run(sockets=[listener])
    stop.set()
    for thread in [*threads, *views.threads]:
        thread.join(DRAIN_SECONDS)


if __name__ == "__main__":
    with process.output_told():
        main()
