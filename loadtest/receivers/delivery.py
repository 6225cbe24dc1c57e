"""One HTTP request of a vendor before it is signed, and the ways in which vendors sign."""

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from loadtest.receivers.sales import Sale


class Request(NamedTuple):
    """Headers and body as sent; the signature is added by `Vendor.sign`."""

    headers: Mapping[str, str]
    body: bytes
    #: The id of the order that it names, where it has no order in it.
    order: str = ""


class Vendor(NamedTuple):
    """A vendor's way."""

    name: str
    #: The requests that tell of one version of a sale, in the vendor's order.
    requests: Callable[[Sale], list[Request]]
    #: Further headers: of a request, the secret and the address that it is sent to.
    sign: Callable[[Request, str, str], dict[str, str]]
    #: What the address is followed by, with the secret: for who cannot sign.
    query: Callable[[str], str] = lambda _secret: ""
    #: What the vendor's API answers, by the orders' ids, where the requests name an id alone.
    orders: Callable[[Sale], dict[str, dict[str, Any]]] | None = None


def hmac_base64(secret: str, signed: bytes) -> str:
    """HMAC-SHA256 of `signed`, base64."""
    return base64.b64encode(_digest(secret, signed)).decode()


def hmac_hex(secret: str, signed: bytes) -> str:
    """HMAC-SHA256 of `signed`, hexadecimal."""
    return _digest(secret, signed).hex()


def _digest(secret: str, signed: bytes) -> bytes:
    return hmac.new(secret.encode(), signed, hashlib.sha256).digest()
