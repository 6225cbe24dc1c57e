"""The report of a window: what is there before, then what comes, also after a lost connection."""

import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

from pika.adapters.blocking_connection import BlockingConnection
from pymongo import MongoClient
from structlog.testing import capture_logs

from events.report import command
from events.report.follower import Follower
from events.report.lines import Lines
from tests.support.waiting import wait_until
from tests.support.window_archive import START, WindowArchive, declared, figures
from tillstream import topology
from tillstream.runtime import broker as amqp
from tillstream.streams.window_rows import WindowsSnapshot, json_value


def snapshot(product: str, revision: int, window: str = "order_hours") -> WindowsSnapshot:
    row = {
        "window": {"start": START},
        "product": product,
        "pieces": 1,
        "revision": revision,
        "late": 0,
        "final": False,
    }
    return WindowsSnapshot(
        window=window, stream="orders", rows=[json_value(row)], complete_until=None, as_of=0.0
    )


def test_a_report_tells_what_was_there_and_what_comes_each_once(
    amqp_url: str,
    mongo_url: str,
    mongo_database: str,
    broker: BlockingConnection,
    tmp_path: Path,
) -> None:
    window = declared(tmp_path)
    settings = command.ReportSettings(
        amqp_url=amqp_url, mongo_url=mongo_url, mongo_database=mongo_database
    )
    with MongoClient[dict[str, Any]](mongo_url) as client:
        archive = WindowArchive(client, mongo_database, window)
        archive.write(
            (START + timedelta(hours=hour), ("Pain", 1), figures(1)) for hour in (-2, -1, 0)
        )
    stop = threading.Event()
    lines = Lines(window)
    told_before = threading.Event()

    def before() -> None:
        if not told_before.is_set():
            command.tell_before(settings, window, lines, 2)
            told_before.set()

    follower = Follower(window.name, lines, before, stop)
    lost: list[BlockingConnection] = []

    def session(connection: BlockingConnection) -> None:
        lost.append(connection)
        follower.run(connection)

    thread = threading.Thread(target=amqp.keep_connected, args=(amqp_url, "report", session, stop))
    with capture_logs() as told, broker.channel() as channel:
        thread.start()
        try:
            wait_until(told_before.is_set, 20, "what is there")
            for each in (snapshot("Pain", 1), snapshot("Pain", 2), snapshot("Pain", 3, "other")):
                amqp.publish_snapshot(channel, topology.WINDOWS, each)
            wait_until(lambda: any(line.get("revision") == 2 for line in told), 20, "a revision")
            lost[0].add_callback_threadsafe(lost[0].close)
            wait_until(lambda: len(lost) == 2, 20, "another connection")
            wait_until(
                lambda: [line["event"] for line in told].count("following") == 2, 20, "it follows"
            )
            amqp.publish_snapshot(channel, topology.WINDOWS, snapshot("Menu", 1))
            wait_until(lambda: any(line.get("product") == "Menu" for line in told), 20, "the row")
        finally:
            stop.set()
            thread.join(20)

    assert [
        ("new window", "2026-11-21T07:00:00Z", "Pain", 1),
        ("new window", "2026-11-21T08:00:00Z", "Pain", 1),
        ("window revised", "2026-11-21T08:00:00Z", "Pain", 2),
        ("new window", "2026-11-21T08:00:00Z", "Menu", 1),
    ] == [
        (line["event"], line["window.start"], line["product"], line["revision"])
        for line in told
        if "window.start" in line
    ]
