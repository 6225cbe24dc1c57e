"""Lets in who may look: by a password, or by the name that a trusted proxy gives.

A password is hashed once: after that its header is known by a keyed digest. One is hashed at a
time, and one name is guessed at most once a second: a flood of guesses costs one core at most, and
whoever is in already stays in.
"""

import asyncio
import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from typing import NamedTuple

from cachetools import LRUCache

from dashboard.access import passwords
from dashboard.access.reader import EVERYTHING, Reader
from dashboard.access.users_file import User, Users
from tillstream.clock import Clock
from tillstream.errors import TillstreamError
from tillstream.http.rate_limit import Bucket

#: Nobody's user and password are longer; what is, is refused unread.
MAX_AUTHORIZATION_BYTES = 4096
#: Where a proxy says that it is the one that may name a user.
SECRET_HEADER = b"x-tillstream-proxy-secret"
#: Headers that are remembered, right and wrong ones apart.
REMEMBERED = 1024
#: Names share so many buckets of attempts, known and unknown ones alike; attempts a second of each.
BUCKETS, RATE = 1024, 1
#: Requests that wait for their password to be hashed; more are sent away.
MAX_WAITING = 32

Headers = Iterable[tuple[bytes, bytes]]


class NotSignedInError(TillstreamError):
    """No name and password that belong together."""


class NotLetInError(TillstreamError):
    """A proxy names somebody whom the file of users has not, or is not the one that may."""


class TooManyAttemptsError(TillstreamError):
    """Passwords come faster than they are looked at; `seconds` to wait."""

    def __init__(self, seconds: float) -> None:
        super().__init__("too many attempts to sign in")
        self.seconds = seconds


class Proxy(NamedTuple):
    """Which header has a user's name, and what proves that the proxy wrote it."""

    header: bytes
    secret: bytes


class SignIn:
    """Whoever asks. With nothing set, everybody sees everything."""

    def __init__(
        self,
        clock: Clock,
        user: str = "",
        password: str = "",
        users: Users | None = None,
        proxy: Proxy | None = None,
    ) -> None:
        """`user` and `password` of DASHBOARD_USER, who is director and operator in one."""
        # As bytes, those of the environment that are no UTF-8 too.
        self._own = f"{user}:{password}".encode("utf-8", "surrogateescape") if user else None
        self._name = user
        self._users = users
        self._proxy = proxy
        #: Of this process: what is remembered can be matched with nothing outside of it.
        self._key = secrets.token_bytes(32)
        #: By the digest of a header: its user as the file then had it.
        self._right: LRUCache[bytes, User] = LRUCache(REMEMBERED)
        self._wrong: LRUCache[bytes, User | None] = LRUCache(REMEMBERED)
        self._buckets = [Bucket(RATE, clock) for _ in range(BUCKETS)]
        self._hashing = asyncio.Lock()
        self._waiting = 0

    async def who(self, headers: Headers) -> Reader:
        """Who sends these headers. Raises NotSignedInError, NotLetInError, TooManyAttemptsError."""
        if self._own is None and self._users is None:
            return EVERYTHING
        given = list(headers)
        if self._proxy and (names := _all(given, self._proxy.header)):
            return self._named(names, _all(given, SECRET_HEADER), self._proxy)
        credentials = _credentials(next(iter(_all(given, b"authorization")), b""))
        # In constant time: how long it takes does not tell how much of it was right.
        if self._own is not None and hmac.compare_digest(credentials, self._own):
            return EVERYTHING._replace(name=self._name)
        if self._users is None or not credentials:
            raise NotSignedInError
        return await self._by_password(credentials, self._users)

    def _named(self, names: list[bytes], said: list[bytes], proxy: Proxy) -> Reader:
        trusted = len(said) == 1 and hmac.compare_digest(said[0], proxy.secret)
        if not trusted or len(names) != 1 or self._users is None:
            raise NotLetInError
        user = self._users.find(names[0].decode("utf-8", "replace"))
        if user is None:
            raise NotLetInError
        return self._users.reader(user)

    async def _by_password(self, credentials: bytes, users: Users) -> Reader:
        raw_name, _, password = credentials.partition(b":")
        user = users.find(raw_name.decode("utf-8", "replace"))
        digest = self._digest(credentials)
        if not self._known(digest, user):
            await self._look(digest, user, raw_name, password)
        # The password may have been changed, or the user removed, since it was remembered.
        if user is None or self._right.get(digest) != user:
            raise NotSignedInError
        return users.reader(user)

    def _known(self, digest: bytes, user: User | None) -> bool:
        if user is not None and self._right.get(digest) == user:
            return True
        # Wrong of the user as it is now, or of nobody.
        return digest in self._wrong and self._wrong[digest] == user

    async def _look(
        self, digest: bytes, user: User | None, raw_name: bytes, password: bytes
    ) -> None:
        if self._waiting >= MAX_WAITING:
            raise TooManyAttemptsError(1.0)
        self._waiting += 1
        try:
            async with self._hashing:
                # A page asks for several things at once: the first of them has paid.
                if self._known(digest, user):
                    return
                bucket = self._buckets[int.from_bytes(self._digest(raw_name)[:4]) % BUCKETS]
                if seconds := bucket.take(1):
                    raise TooManyAttemptsError(seconds)
                kept = (user.password if user else "") or passwords.OF_NOBODY
                right = await asyncio.to_thread(passwords.matches, password, kept)
        finally:
            self._waiting -= 1
        if right and user is not None and user.password:
            self._right[digest] = user
        else:
            self._wrong[digest] = user

    def _digest(self, value: bytes) -> bytes:
        return hashlib.blake2b(value, key=self._key, digest_size=16).digest()


def _all(headers: list[tuple[bytes, bytes]], wanted: bytes) -> list[bytes]:
    return [value for name, value in headers if name == wanted]


def _credentials(header: bytes) -> bytes:
    """User and password of a header; nothing where it holds none. Bytes: it may be no text."""
    scheme, _, encoded = header.partition(b" ")
    if scheme.lower() != b"basic" or len(header) > MAX_AUTHORIZATION_BYTES:
        return b""
    try:
        return base64.b64decode(encoded.strip(), validate=True)
    except ValueError:
        return b""
