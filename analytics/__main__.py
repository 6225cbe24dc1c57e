"""`python -m analytics totals|rate`: the two workers that read the receipts log."""

import argparse
import time

from analytics.ledger import Ledger
from analytics.rate import RateWorker
from analytics.settings import AnalyticsSettings
from analytics.totals import TotalsWorker
from tillstream import broker, logs, process
from tillstream.clock import BusinessDay


def main() -> None:
    """Run the named worker until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m analytics", description=__doc__)
    parser.add_argument("worker", choices=("totals", "rate"))
    worker = parser.parse_args().worker
    settings = process.load_settings(AnalyticsSettings)
    logs.configure(settings, worker)
    if worker == "totals":
        run_totals(settings)
    else:
        run_rate(settings)


def run_totals(settings: AnalyticsSettings) -> None:
    """Count receipts into the ledger and publish `count` and `categories`."""
    stop = process.stop_on_signals()
    ledger = Ledger(settings.data_dir / "analytics" / "totals.sqlite3")
    calendar = BusinessDay(settings.zone(), settings.business_day_cutoff_hour)
    totals = TotalsWorker(ledger, calendar, time.time)
    try:
        broker.keep_connected(
            settings.amqp_url, "totals", lambda connection: totals.run(connection, stop), stop
        )
    finally:
        ledger.close()


def run_rate(settings: AnalyticsSettings) -> None:
    """Publish `metrics-storm`."""
    stop = process.stop_on_signals()
    rate = RateWorker(time.time)
    broker.keep_connected(
        settings.amqp_url, "rate", lambda connection: rate.run(connection, stop), stop
    )


if __name__ == "__main__":
    main()
