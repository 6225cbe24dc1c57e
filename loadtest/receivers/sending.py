"""Sends deliveries to the door as a vendor does: signed at once, again after a failure."""

import http.client
import random
import time
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import urlsplit

from loadtest.receivers.delivery import Request, Vendor
from loadtest.receivers.order import Sending
from loadtest.receivers.order_api import OrderApi

_SECONDS = 10
#: Tries of one delivery, and the longest pause between two: a door that was killed is back by then.
_TRIES, _MOST_PAUSE = 20, 5.0


class Sent(NamedTuple):
    """What came of it."""

    deliveries: int
    retries: int
    #: Of deliveries that were not taken in the end: status, and the answer's beginning.
    refused: list[str]


class Sender:
    """One vendor's connection to one receiver."""

    def __init__(self, vendor: Vendor, door: str, secret: str, signed_url: str) -> None:
        """`signed_url` is the address that the vendor was given, which some sign."""
        self._vendor = vendor
        self._host = urlsplit(door).netloc
        self._path = f"/receivers/{vendor.name}{vendor.query(secret)}"
        self._secret = secret
        self._signed_url = signed_url
        self._connection = http.client.HTTPConnection(self._host, timeout=_SECONDS)

    def send_all(
        self, sendings: Iterable[Sending], api: OrderApi | None, rng: random.Random
    ) -> Sent:
        """One after the other."""
        deliveries = retries = 0
        refused: list[str] = []
        for sending in sendings:
            if api is not None:
                api.learn(sending.sale)
            deliveries += 1
            again, answer = self._deliver(sending, rng)
            retries += again
            if answer is not None:
                refused.append(answer)
        self._connection.close()
        return Sent(deliveries, retries, refused)

    def _deliver(self, sending: Sending, rng: random.Random) -> tuple[int, str | None]:
        answer = ""
        for place in range(_TRIES):
            if place:
                time.sleep(rng.uniform(0.5, 1) * min(_MOST_PAUSE, 0.1 * 2**place))
            try:
                status, answer = self._post(
                    sending.request, lost=sending.loses_answer and not place
                )
            except OSError as error:
                answer = str(error)
                self._connection.close()
                continue
            if status // 100 == 2:
                return place, None
            answer = f"{status} {answer}"
            if status in (401, 404, 413, 415):
                break
        return place, answer

    def _post(self, request: Request, *, lost: bool) -> tuple[int, str]:
        request = _now(request)
        headers = {
            **request.headers,
            **self._vendor.sign(request, self._secret, self._signed_url),
        }
        self._connection.request("POST", self._path, request.body, headers)
        answer = self._connection.getresponse()
        told = answer.read(2_000).decode(errors="replace")
        if lost:
            # It was taken, and the vendor does not know.
            raise ConnectionResetError("the answer is lost")
        return answer.status, told[:300]


def _now(request: Request) -> Request:
    if "webhook-timestamp" not in request.headers:
        return request
    headers = {**request.headers, "webhook-timestamp": str(int(time.time()))}
    return request._replace(headers=headers)
