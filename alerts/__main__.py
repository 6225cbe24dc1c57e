"""`python -m alerts`: the watcher, the check of its rules, yesterday's mail."""

import argparse
import os
import threading
import time
from datetime import date

from alerts import looks, morning, rules_file, targets
from alerts.connection import connected
from alerts.heard import DECODERS, Heard
from alerts.rule import Rule
from alerts.sender import Sender
from alerts.settings import AlertsSettings
from alerts.targets import Target
from alerts.unstored import Unstored
from alerts.watcher import Archive, Watcher
from tillstream import stores
from tillstream.errors import TillstreamError
from tillstream.figures_reader import FiguresReader
from tillstream.runtime import essential, logs, process
from tillstream.runtime.feed import Feed
from tillstream.runtime.holder import holder_name
from tillstream.runtime.typed_as import program_name
from tillstream.runtime.watching.figures import disk_figures
from tillstream.runtime.watching.watched import watched

#: Longest wait for a message that is being sent when the process ends, seconds.
DRAIN_SECONDS = 5.0


def main() -> None:
    """Watch until SIGTERM or SIGINT, or run a command."""
    arguments = _parser().parse_args()
    settings = process.load_settings(AlertsSettings)
    logs.configure(settings, "alerts")
    stop = process.stop_on_signals()
    try:
        known = targets.load(settings, os.environ)
        rules = rules_file.load(settings.alerts_file, known)
        match arguments.command:
            case "check":
                said = f"{settings.alerts_file}: {len(rules)} rules; targets: "
                said += ", ".join(sorted(known)) or "none, alerts are only shown"
            case "morning":
                said = morning.send(settings, known, arguments.day, time.time)
            case _:
                watch(settings, rules, known, stop)
                return
    except TillstreamError as error:
        process.fail(error)
    with process.reader_may_leave():
        print(said)


def watch(
    settings: AlertsSettings,
    rules: list[Rule],
    known: dict[str, Target],
    stop: threading.Event,
) -> None:
    """Evaluate and send until `stop`; raises SettingsError."""
    table = stores.load(settings)
    heard, unstored, holder = Heard(time.time(), table.currency), Unstored(), holder_name()
    feed = Feed(settings.amqp_url, heard.take, time.time, stop, DECODERS, "alerts")
    with watched(settings, "alerts") as watching, connected(settings) as database:
        archive = Archive(database, time.time)
        disk_figures(watching.registry, settings.data_dir)
        world = looks.World(
            heard,
            table,
            database,
            FiguresReader(database, currency=table.currency),
            lambda: archive.away_since,
            settings.data_dir,
            settings.min_free_disk_bytes,
        )
        lookers = {rule: looks.looker(rule, world) for rule in rules}
        watcher = Watcher(lookers, list(known), database, archive, unstored, time.time, watching)
        threads = [essential.start_thread("feed", feed.run)]
        for target in known.values():
            sender = Sender(
                target,
                database,
                unstored,
                holder,
                settings.alert_language,
                settings.alert_pace_seconds,
                time.time,
            )
            threads.append(essential.start_thread(target.name, sender.run, stop))
        watcher.run(stop)
        for thread in threads:
            thread.join(DRAIN_SECONDS)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=program_name("alerts"), description=__doc__)
    called = parser.add_subparsers(dest="command", required=True)
    called.add_parser("watch", help="evaluate the rules and send alerts, until it is ended")
    called.add_parser("check", help="every mistake of ALERTS_FILE and of the targets")
    sending = called.add_parser("morning", help="yesterday's figures, once to the morning's target")
    sending.add_argument("--day", type=date.fromisoformat, help="of another business day")
    return parser


if __name__ == "__main__":
    with process.output_told():
        main()
