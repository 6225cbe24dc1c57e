"""Reads a file for a dry run: a body, or a sample with the headers and the body as sent."""

from pathlib import Path

import msgspec

from tillstream.errors import TillstreamError
from tillstream.receivers.definition import Receiver
from tillstream.receivers.delivery import Delivery

_MOST_BYTES = 16 * 1024 * 1024


class SampleError(TillstreamError):
    """A file that cannot be read."""


class Sample(msgspec.Struct, forbid_unknown_fields=True):
    """A delivery as a vendor sends it."""

    body: msgspec.Raw
    headers: dict[str, str] = {}
    #: The address that it was sent to.
    url: str = ""
    #: What the vendor's API answers, where the body only names an id.
    fetched: msgspec.Raw = msgspec.Raw()


def read(path: Path, receiver: Receiver, topic: str | None) -> list[Delivery]:
    """The delivery, and the one with the API's answer where the file has it; raises SampleError.

    A body alone has no headers: `topic` says its topic, by default the first one of a sale.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SampleError(f"{path}: not readable: {error.strerror}") from error
    if len(content) > _MOST_BYTES:
        raise SampleError(f"{path}: larger than {_MOST_BYTES:,} bytes")
    try:
        sample = msgspec.json.decode(content, type=Sample)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return [_delivery(receiver, {}, content, topic or _first(receiver))]
    bodies = [sample.body, sample.fetched] if bytes(sample.fetched) else [sample.body]
    headers = {name.lower(): value for name, value in sample.headers.items()}
    return [_delivery(receiver, headers, _as_sent(body), topic) for body in bodies]


def _delivery(
    receiver: Receiver, headers: dict[str, str], body: bytes, topic: str | None
) -> Delivery:
    names = receiver.delivery

    def of(name: str | None) -> str:
        return headers.get(name.lower(), "") if name else ""

    return Delivery(
        receiver.name,
        topic or of(names.topic_header),
        of(names.id_header),
        of(names.source_header),
        0,
        body,
    )


def _first(receiver: Receiver) -> str:
    """The first topic of a sale, where the body does not say it."""
    if receiver.delivery.topic is not None or receiver.delivery.default_topic:
        return ""
    return next((name for name in receiver.topics.sale if not name.endswith("*")), "")


def _as_sent(body: msgspec.Raw) -> bytes:
    text = bytes(body)
    return msgspec.json.decode(text, type=str).encode() if text[:1] == b'"' else text
