"""What the door does with a request: read, validate, publish with a confirm, answer."""

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from entrypoint import problems
from entrypoint.broker_link import BrokerLink
from entrypoint.publisher import Parcel, Publisher
from entrypoint.settings import EntrypointSettings
from entrypoint.validation import InvalidReceiptError, NotJsonError, stamp, validate
from tillstream.clock import Clock
from tillstream.codec import JSON
from tillstream.errors import NotConfirmed


class Accepted(msgspec.Struct, frozen=True):
    """The answer 202: the broker has confirmed the receipt; it is counted and stored once."""

    key: str


class Endpoints:
    """The door's endpoints and what they share."""

    def __init__(
        self, settings: EntrypointSettings, publisher: Publisher, link: BrokerLink, clock: Clock
    ) -> None:
        self._settings = settings
        self._publisher = publisher
        self._link = link
        self._clock = clock

    async def post_receipt(self, request: Request) -> Response:
        """`POST /receipt`: 202 once the receipt is durable, a problem document otherwise."""
        _require_type(request, JSON)
        body = await _read(request, self._settings.max_receipt_bytes)
        try:
            receipt = validate(body)
        except NotJsonError as error:
            raise problems.not_json(str(error)) from error
        except InvalidReceiptError as error:
            raise problems.invalid_receipt(error.violations) from error
        try:
            await self._publisher.publish(Parcel(stamp(receipt, self._clock()), 1))
        except NotConfirmed as error:
            raise problems.not_confirmed(error) from error
        return _json(Accepted(receipt.key), 202)

    async def live(self, _: Request) -> Response:
        """`GET /health/live`: this process answers."""
        return _json({"status": "live"}, 200)

    async def ready(self, _: Request) -> Response:
        """`GET /health/ready`: 200 when a receipt would be taken now, 503 otherwise."""
        broker = await self._link.state()
        return _json({"status": broker}, 200 if broker == "ready" else 503)


def _json(content: object, status: int) -> Response:
    return Response(msgspec.json.encode(content), status_code=status, media_type=JSON)


def _require_type(request: Request, accepted: str) -> None:
    found = request.headers.get("content-type")
    if found is None or found.partition(";")[0].strip().lower() != accepted:
        raise problems.wrong_type(found, [accepted])


async def _read(request: Request, limit: int) -> bytes:
    """The whole body; 413 as soon as it is known to be larger than `limit` bytes."""
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise problems.too_large(limit, "MAX_RECEIPT_BYTES")
    chunks: list[bytes] = []
    size = 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > limit:
                raise problems.too_large(limit, "MAX_RECEIPT_BYTES")
            chunks.append(chunk)
    except ClientDisconnect as error:
        # Nobody is left to read this answer; nothing was accepted.
        raise problems.not_json("it ended before it was whole") from error
    return b"".join(chunks)
