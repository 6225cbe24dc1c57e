"""`python -m events report NAME`: follow a window's rows, each new and each revised one a line."""

import argparse
import difflib
import threading
from dataclasses import dataclass

import structlog
from pymongo.errors import PyMongoError

from events.report.follower import Follower
from events.report.lines import Lines
from tillstream import archive
from tillstream.archive import Document
from tillstream.errors import TillstreamError
from tillstream.runtime import broker, logs, process
from tillstream.runtime.settings import BrokerSettings, MongoSettings, StreamsSettings
from tillstream.streams import definitions_file, window_documents
from tillstream.streams.definition import Definitions, Window

log = structlog.get_logger()

#: Longest wait for MongoDB, ms.
SERVER_MS, SOCKET_MS = 5_000, 20_000
MOST_BEFORE = 100_000


@dataclass(frozen=True, kw_only=True)
class ReportSettings(StreamsSettings, MongoSettings, BrokerSettings):
    """Where rows are heard, and where those of before are read."""


class NoWindowError(TillstreamError):
    """No window of this name is declared."""

    def __init__(self, name: str, definitions: Definitions) -> None:
        self.name = name
        near = difflib.get_close_matches(name, definitions.windows, 1)
        meant = f"did you mean {near[0]!r}? " if near else ""
        there_are = ", ".join(sorted(definitions.windows))
        super().__init__(f"no window {name!r} is declared; {meant}there is {there_are}")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which window, and how much of what is there already."""
    parser.add_argument("name", help="the window, such as shop_metrics")
    parser.add_argument(
        "--before",
        type=_number,
        default=0,
        metavar="N",
        help=f"tell first the newest N rows that MongoDB has, at most {MOST_BEFORE:,}",
    )


def run(arguments: argparse.Namespace, stop: threading.Event) -> int:
    """Follow until `stop`; raises NoWindowError and DefinitionError."""
    settings = process.load_settings(ReportSettings)
    logs.configure(settings, "report")
    definitions = definitions_file.load_settings(settings)
    window = definitions.windows.get(arguments.name)
    if window is None:
        raise NoWindowError(arguments.name, definitions)
    lines = Lines(window)
    left = arguments.before

    def before() -> None:
        nonlocal left
        if left:
            try:
                tell_before(settings, window, lines, left)
            except PyMongoError as error:
                log.warning("MongoDB is away, rows of before are left out", error=str(error)[:200])
        left = 0

    follower = Follower(window.name, lines, before, stop)
    broker.keep_connected(settings.amqp_url, "report", follower.run, stop)
    return 0


def tell_before(settings: ReportSettings, window: Window, lines: Lines, count: int) -> None:
    """The newest rows that MongoDB has, the oldest first; raises PyMongoError."""
    with archive.connect(
        settings.mongo_url, "report", server_ms=SERVER_MS, socket_ms=SOCKET_MS, connections=1
    ) as client:
        database = client[window_documents.database_name(window, settings.mongo_database)]
        collection = database.get_collection(
            window_documents.collection_name(window), codec_options=window_documents.OPTIONS
        )
        newest: list[Document] = list(
            collection.find(sort={window.start_column: -1, "_id": -1}, limit=count)
        )
    for document in reversed(newest):
        if (line := lines.line(window_documents.row(document))) is not None:
            log.info(line.event, **line.fields)


def _number(text: str) -> int:
    number = int(text)
    if not 0 <= number <= MOST_BEFORE:
        raise argparse.ArgumentTypeError(f"it is a number from 0 to {MOST_BEFORE:,}")
    return number
