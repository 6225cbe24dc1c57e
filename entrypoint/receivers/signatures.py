"""Whether a delivery is its vendor's: signatures over its raw bytes, before anything is parsed.

How each vendor signs is in its definition; docs/receivers.md cites their documentation.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple
from urllib.parse import parse_qs

from starlette.types import Scope

from tillstream.errors import TillstreamError
from tillstream.http.asgi import header
from tillstream.receivers.definition import Receiver, Signature

#: Most signatures of one header that are tried: a vendor that rotates its secret sends two.
MOST_SIGNATURES = 8
#: Longest header of a signature that is looked into, characters.
MOST_CHARACTERS = 2_000

TOKEN = "token"  # noqa: S105 - a scheme's name
_SECOND = 1_000_000
_TIME_SCALE = {"seconds": _SECOND, "milliseconds": 1_000}


class UnsignedError(TillstreamError):
    """A delivery that is not known to be the vendor's. The text says what is wrong with it.

    `reason` is one of few: `unsigned`, `signature`, `timestamp`.
    """

    def __init__(self, reason: str, detail: str) -> None:
        self.reason = reason
        super().__init__(detail)


class Claim(NamedTuple):
    """What the headers of a request say of its signature; nothing of it is proven."""

    signatures: Sequence[bytes]
    #: Text of the timestamp, as it is signed.
    timestamp: str
    id: str


class SignatureCheck:
    """The signatures of one receiver."""

    def __init__(self, receiver: Receiver, url: str) -> None:
        """`url`: where the vendor sends to, as it was typed there; "" where none is signed."""
        self._signature = signature = receiver.signature
        self._header = _encoded(signature.header)
        self._id_header = _encoded(receiver.delivery.id_header)
        self._timestamp_header = _encoded(signature.timestamp_header)
        self._pattern = _compiled(signature.pattern)
        self._timestamp_pattern = _compiled(signature.timestamp_pattern)
        self._url = url
        self.is_token = signature.scheme == TOKEN
        self._digest = "" if self.is_token else signature.scheme.removeprefix("hmac-")
        #: Bytes of a signature.
        self._size = 0 if self.is_token else hashlib.new(self._digest).digest_size

    def token(self, scope: Scope) -> str:
        """The secret that a request carries; raises UnsignedError where there is none."""
        query = self._signature.query
        if query is not None:
            text: str = scope.get("query_string", b"").decode("latin-1")
            found = parse_qs(text).get(query, [""])[0]
            where = f"the query has no {query!r}"
        else:
            found = header(scope, self._header or b"") or ""
            where = f"the header {self._signature.header} is missing"
        if not found:
            raise UnsignedError("unsigned", f"This receiver wants a token, and {where}.")
        return found

    def has_signature(self, scope: Scope) -> bool:
        """Whether the header of the signature is there at all."""
        return header(scope, self._header or b"") is not None

    def claim(self, scope: Scope, now_us: int) -> Claim:
        """What is claimed by the headers; raises UnsignedError where that cannot hold."""
        name = self._signature.header
        text = header(scope, self._header or b"")
        if text is None:
            raise UnsignedError("unsigned", f"The header {name} is missing: nothing is signed.")
        claimed = self._signatures(text.strip()[:MOST_CHARACTERS])
        if not claimed:
            raise UnsignedError(
                "signature",
                f"The header {name} has no signature of {self._size} bytes in"
                f" {self._signature.encoding}.",
            )
        timestamp = self._timestamp(scope, now_us)
        delivery_id = "" if self._id_header is None else header(scope, self._id_header) or ""
        return Claim(claimed, timestamp, delivery_id)

    def holds(self, claim: Claim, body: bytes, secrets: Sequence[bytes]) -> bool:
        """Whether one of the secrets gives one of the signatures; takes as long for each."""
        parts = {
            "body": body,
            "url": self._url.encode(),
            "id": claim.id.encode("latin-1"),
            "timestamp": claim.timestamp.encode("latin-1"),
        }
        signed = [parts.get(part, part.encode()) for part in self._signature.over]
        found = False
        for secret in secrets:
            made = hmac.new(secret, digestmod=self._digest)
            for part in signed:
                made.update(part)
            digest = made.digest()
            for one in claim.signatures:
                found |= hmac.compare_digest(digest, one)
        return found

    def is_ping(self, body: bytes) -> bool:
        """Whether it is what the vendor sends unsigned when somebody sets it up."""
        ping = self._signature.ping
        return ping is not None and re.fullmatch(ping.encode(), body) is not None

    def _signatures(self, text: str) -> list[bytes]:
        found = [text] if self._pattern is None else self._pattern.findall(text)
        decode = _hex if self._signature.encoding == "hex" else _base64
        decoded = [decode(one) for one in found[:MOST_SIGNATURES]]
        return [one for one in decoded if len(one) == self._size]

    def _timestamp(self, scope: Scope, now_us: int) -> str:
        signature = self._signature
        if self._timestamp_header is None or signature.window is None:
            return ""
        name = signature.timestamp_header
        text = (header(scope, self._timestamp_header) or "").strip()[:MOST_CHARACTERS]
        if self._timestamp_pattern is not None:
            match = self._timestamp_pattern.search(text)
            text = "" if match is None else match[1]
        if not text:
            raise UnsignedError("timestamp", f"The header {name} says no time.")
        try:
            sent_us = _microseconds(text, signature)
        except (ValueError, OverflowError) as error:
            raise UnsignedError(
                "timestamp", f"The time in {name} is not of the form {signature.timestamp_format}."
            ) from error
        late = now_us - sent_us
        if abs(late) > signature.window:
            away = f"{abs(late) / _SECOND:.0f} s {'old' if late > 0 else 'ahead of our clock'}"
            raise UnsignedError(
                "timestamp",
                f"The time in {name} is {away}; it may be {signature.window / _SECOND:.0f} s.",
            )
        return text


def is_token_of(secrets: Sequence[bytes], token: str) -> bool:
    """Whether the token is one of the secrets; takes as long for each."""
    given = hashlib.sha256(token.encode("latin-1", "replace")).digest()
    found = False
    for secret in secrets:
        found |= hmac.compare_digest(hashlib.sha256(secret).digest(), given)
    return found


def key_of(signature: Signature) -> Callable[[str], bytes]:
    """How a secret that was typed becomes a key; raises ValueError."""
    return _base64_key if signature.secret == "base64" else str.encode  # noqa: S105


def _base64_key(secret: str) -> bytes:
    return base64.b64decode(secret.removeprefix("whsec_"), validate=True)


def _microseconds(text: str, signature: Signature) -> int:
    if signature.timestamp_format == "iso":
        when = datetime.fromisoformat(text)
        if when.tzinfo is None:
            raise ValueError("no offset")
        return round(when.timestamp() * _SECOND)
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise ValueError("no number")
    return int(text) * _TIME_SCALE[signature.timestamp_format]


def _hex(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _encoded(name: str | None) -> bytes | None:
    return None if name is None else name.lower().encode()


def _compiled(pattern: str | None) -> "re.Pattern[str] | None":
    return None if pattern is None else re.compile(pattern)
