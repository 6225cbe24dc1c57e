"""`python -m loadtest.receivers`: a vendor's day to a running door; 0 when the sums agree."""

import argparse
import os
import random
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from loadtest.receivers.archive_sums import archive_sums
from loadtest.receivers.history import day
from loadtest.receivers.order import sendings
from loadtest.receivers.order_api import OrderApi
from loadtest.receivers.plain_sum import Key, differences, plain_sum
from loadtest.receivers.registry import VENDORS
from loadtest.receivers.sales import EXPONENTS
from loadtest.receivers.sending import Sender
from tillstream.receivers.variables import SECRET, variable

_PAUSE = 2


def main() -> int:
    """Send, wait, compare; 1 when a delivery was refused or a sum differs, 2 without a secret."""
    arguments = _parser().parse_args()
    secret = arguments.secret or os.environ.get(variable(arguments.vendor, SECRET), "")
    if not secret:
        print("set RECEIVER_<NAME>_SECRET as the door has it, or --secret", file=sys.stderr)
        return 2
    # Several are separated by white space or commas: the newest stands first.
    secret = secret.replace(",", " ").split()[0]
    known, zone = VENDORS[arguments.vendor], ZoneInfo(arguments.zone)
    shape = known.shape._replace(currency=arguments.currency)
    date = datetime.fromisoformat(arguments.date).replace(tzinfo=zone)
    first = 1_000_001 + arguments.seed % 100_000 * 10_000
    sales = list(day(shape, arguments.orders, date, arguments.seed, first))
    expected = plain_sum([versions[-1] for versions in sales], zone)
    days = sorted({f"{date + timedelta(days=after):%Y-%m-%d}" for after in (0, 1)})

    def figures() -> dict[Key, int]:
        return archive_sums(arguments.archive, days, arguments.currency, arguments.main_currency)

    before = figures()
    signed_url = arguments.signed_url or f"{arguments.door}/receivers/{arguments.vendor}"
    sender = Sender(known.vendor, arguments.door, secret, signed_url)
    rng = random.Random(arguments.seed)
    with ExitStack() as stack:
        api = None
        if known.vendor.orders is not None:
            api = stack.enter_context(OrderApi(known.vendor, arguments.order_api_port))
            print(f"orders are answered at http://127.0.0.1:{api.port}")
        sent = sender.send_all(sendings(known.vendor, sales, rng), api, rng)
        print(f"{sent.deliveries:,} deliveries, {sent.retries:,} of them again")
        told = _differences(expected, before, figures, arguments.catch_up)
    for line in (*sent.refused[:20], *told[:20]):
        print(line)
    total = sum(expected.values())
    agree = "agree" if not told else f"{len(told)} sums differ"
    print(f"{len(expected)} sums, {total:,} minor units of {arguments.currency} in all: {agree}")
    return 1 if sent.refused or told else 0


def _differences(
    expected: dict[Key, int],
    before: dict[Key, int],
    figures: Callable[[], dict[Key, int]],
    catch_up: int,
) -> list[str]:
    """None as soon as the sums agree; else those after `catch_up` seconds."""
    deadline = time.monotonic() + catch_up
    while True:
        now = figures()
        found = {key: now.get(key, 0) - before.get(key, 0) for key in now.keys() | before.keys()}
        told = differences(expected, found)
        if not told or time.monotonic() > deadline:
            return told
        time.sleep(_PAUSE)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m loadtest.receivers", description=__doc__)
    parser.add_argument("--vendor", required=True, choices=sorted(VENDORS))
    parser.add_argument("--orders", type=int, default=1_000)
    parser.add_argument("--currency", default="EUR", choices=sorted(EXPONENTS))
    parser.add_argument("--main-currency", default="EUR", help="CURRENCY of the system")
    parser.add_argument("--date", default=f"{datetime.now(tz=ZoneInfo('Europe/Paris')):%Y-%m-%d}")
    parser.add_argument("--zone", default="Europe/Paris", help="STORE_TIMEZONE of the system")
    parser.add_argument("--door", default=os.environ.get("ENTRYPOINT_URL", "http://localhost:3000"))
    parser.add_argument("--archive", default="http://localhost:3001", help="the archive's service")
    parser.add_argument("--secret", help="as the door has it (default: RECEIVER_<NAME>_SECRET)")
    parser.add_argument("--signed-url", help="RECEIVER_<NAME>_URL, where the vendor signs it")
    parser.add_argument(
        "--order-api-port", type=int, default=8123, help="RECEIVER_SQUARE_BASE is on it"
    )
    parser.add_argument("--seed", type=int, default=int(time.time()), help="of the day")
    parser.add_argument("--catch-up", type=int, default=120, help="seconds to wait for the sums")
    return parser


if __name__ == "__main__":
    sys.exit(main())
