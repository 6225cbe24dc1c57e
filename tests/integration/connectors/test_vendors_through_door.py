"""A day of every vendor through a real door and worker: late, doubled, its answers lost."""

import os
import random
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen
from zoneinfo import ZoneInfo

import msgspec
import pytest

from connectors.verifying.verifying import verify
from connectors.worker.definitions import DefinitionsMapper
from loadtest.receivers.history import day
from loadtest.receivers.order import sendings
from loadtest.receivers.order_api import OrderApi
from loadtest.receivers.plain_sum import Key, differences, plain_sum
from loadtest.receivers.registry import VENDORS
from loadtest.receivers.sales import EXPONENTS
from loadtest.receivers.samples import SECRET, SECRETS
from loadtest.receivers.sending import Sender
from local.ports import free_port
from tests.integration.connectors.conftest import Shop
from tests.support.processes import answers, ended
from tests.support.waiting import wait_until
from tillstream import topology
from tillstream.receivers.snapshots import ReceiversSnapshot, RefusedSnapshot, Snapshot
from tillstream.runtime import broker, subscription

PARIS = ZoneInfo("Europe/Paris")
ORDERS = 12
SQUARE_URL = "https://tills.example.com/receivers/square"


@contextmanager
def door(shop: Shop, log: Path) -> Iterator[str]:
    """Its address."""
    port = free_port()
    secrets = {f"RECEIVER_{name.upper()}_SECRET": SECRETS.get(name, SECRET) for name in VENDORS}
    settings = secrets | {
        "AMQP_URL": shop.settings.amqp_url,
        "DATA_DIR": str(log.parent / "door"),
        "ENTRYPOINT_PORT": str(port),
        "RECEIVER_SQUARE_URL": SQUARE_URL,
    }
    command = [sys.executable, "-m", "entrypoint"]
    url = f"http://127.0.0.1:{port}"
    with (
        log.open("wb") as file,
        ended(subprocess.Popen(command, env=os.environ | settings, stderr=file)),
    ):
        wait_until(lambda: answers(f"{url}/health/ready"), 60, "the door")
        yield url


class Telling:
    """What the exchange `receivers` says, from now on."""

    def __init__(self, shop: Shop) -> None:
        self._broker = broker.connect(shop.settings.amqp_url, "test")
        self._channel = self._broker.channel()
        self._queue = subscription.subscribe(self._channel, [topology.RECEIVERS], 100, 1_000_000)
        self._heard: list[Snapshot] = []

    def newest(self, kind: type[Snapshot]) -> Snapshot | None:
        """The newest of that kind."""
        while (body := self._channel.basic_get(self._queue, auto_ack=True)[2]) is not None:
            self._heard.append(msgspec.json.decode(body, type=Snapshot))
        return next((one for one in reversed(self._heard) if isinstance(one, kind)), None)

    def close(self) -> None:
        """End the connection."""
        self._broker.close()


def told(telling: Telling, accepted: int) -> bool:
    """Whether the worker has told of all deliveries, and the door of the one that it refused."""
    worker, refused = telling.newest(ReceiversSnapshot), telling.newest(RefusedSnapshot)
    return (
        isinstance(worker, ReceiversSnapshot)
        and sum(one.taken for one in worker.receivers) >= accepted
        and not any(one.set_aside or one.fetching for one in worker.receivers)
        and not worker.outbox
        and isinstance(refused, RefusedSnapshot)
        and refused.refused == {"odoo": {"signature": 1}}
    )


def test_figures_are_those_of_the_newest_versions_to_the_minor_unit(
    shop: Shop, tmp_path: Path
) -> None:
    expected: Counter[Key] = Counter()
    accepted = 0
    with (
        OrderApi(VENDORS["square"].vendor, 0) as api,
        door(shop, tmp_path / "log") as url,
        closing(Telling(shop)) as telling,
    ):
        with pytest.raises(HTTPError, match="401"):
            urlopen(f"{url}/receivers/odoo?token=another", b"{}", timeout=10)  # noqa: S310 - ours
        environ = {
            "RECEIVER_SQUARE_BASE": f"http://127.0.0.1:{api.port}",
            "RECEIVER_SQUARE_TOKEN": "token",
        }
        for place, (name, known) in enumerate(VENDORS.items()):
            currency = ("EUR", "EUR", "KWD", "JPY", "EUR", "KWD")[place]
            rng = random.Random(place)
            # Numbers of its own: stores of two vendors have the same name.
            shape = known.shape._replace(currency=currency)
            date = datetime(2026, 11, 21, tzinfo=PARIS)
            sales = list(day(shape, ORDERS, date, place, 1001 + 1000 * place))
            expected.update(plain_sum([versions[-1] for versions in sales], PARIS))
            sender = Sender(known.vendor, url, SECRETS.get(name, SECRET), SQUARE_URL)
            sent = sender.send_all(sendings(known.vendor, sales, rng), api, rng)
            accepted += sent.deliveries + sent.retries

            assert sent.refused == []
        with shop.working(DefinitionsMapper(shop.settings, environ)):
            wait_until(lambda: told(telling, accepted), 90, f"{accepted} deliveries")
    # Whoever looks has no token.
    proof = verify(shop.settings, DefinitionsMapper(shop.settings, {}), threading.Event())

    # Square's orders too: what its API answered is merged again.
    assert ([], 0) == (proof["differences"], proof["unanswered"])
    assert proof["fetched"]

    found: Counter[Key] = Counter()
    for receipt in shop.receipts():
        at = datetime.fromisoformat(receipt["date"]).astimezone(PARIS)
        currency = receipt.get("currency", "EUR")
        gross = Decimal(str(receipt["documentTotal"]["grossTotal"]))
        key = Key(f"{at:%Y-%m-%d}", receipt["storeID"], currency)
        found[key] += int(gross.scaleb(EXPONENTS[currency]).to_integral_value())

    assert differences(expected, found) == []
