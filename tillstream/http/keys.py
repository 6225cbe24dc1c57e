"""API keys: who may ask, for which stores, how fast. Kept hashed in one small file."""

import hashlib
import hmac
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Literal

import msgspec

from tillstream.clock import Clock
from tillstream.http.problems import unauthorized, wrong_scope
from tillstream.http.rate_limit import Bucket
from tillstream.runtime import files
from tillstream.runtime.file_change import FileChange

_PREFIX = "till"

#: What a key is for: sending to the door, asking the archive.
KeyScope = Literal["send", "ask"]
EVERY_SCOPE: tuple[KeyScope, ...] = ("send", "ask")


class KeyRecord(msgspec.Struct, frozen=True):
    """One key as it is kept: its SHA-256, never itself.

    A key has 256 random bits, so a fast hash is as safe as a slow one.
    """

    id: str
    name: str
    sha256: str
    #: Stores that it may send for and ask about; none named means every store.
    stores: tuple[str, ...]
    created: datetime
    #: Keys of before there were scopes have both.
    scopes: tuple[KeyScope, ...] = EVERY_SCOPE


def key_file(data_dir: Path) -> "KeyFile":
    """The keys of a data folder."""
    return KeyFile(data_dir / "entrypoint" / "keys.json")


class KeyFile:
    """The file of keys; whoever changes it holds its lock."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def records(self) -> list[KeyRecord]:
        """All keys; none when there is no file yet."""
        try:
            text = self.path.read_bytes()
        except FileNotFoundError:
            return []
        return msgspec.json.decode(text, type=list[KeyRecord])

    def add(
        self,
        name: str,
        stores: tuple[str, ...],
        now: datetime,
        scopes: tuple[KeyScope, ...] = EVERY_SCOPE,
    ) -> tuple[KeyRecord, str]:
        """A new key: its record, and the key itself, which is told only this once."""
        secret = secrets.token_urlsafe(32)
        record = KeyRecord(secrets.token_hex(6), name, _sha256(secret), stores, now, scopes)
        with self._locked():
            self._write([*self.records(), record])
        return record, f"{_PREFIX}_{record.id}_{secret}"

    def revoke(self, key_id: str) -> bool:
        """Remove a key; False when there is none of this id."""
        with self._locked():
            records = self.records()
            kept = [record for record in records if record.id != key_id]
            if len(kept) == len(records):
                return False
            self._write(kept)
        return True

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with files.locked(self.path.with_suffix(".lock")):
            yield

    def _write(self, records: list[KeyRecord]) -> None:
        files.write_durably(self.path, msgspec.json.format(msgspec.json.encode(records)), 0o600)


class Caller:
    """Whoever asks: the stores that it covers, and its rates."""

    def __init__(
        self,
        stores: tuple[str, ...],
        bucket: Bucket | None,
        events_bucket: Bucket | None = None,
        scopes: tuple[KeyScope, ...] = EVERY_SCOPE,
    ) -> None:
        #: None named means every store.
        self.stores = frozenset(stores)
        self._bucket = bucket
        self._events_bucket = events_bucket
        self._scopes = scopes

    def demand(self, scope: KeyScope) -> None:
        """Raise the ProblemError 403 unless the key is for this."""
        if scope not in self._scopes:
            raise wrong_scope(scope)

    def covers(self, store: str) -> bool:
        """Whether it may send for this store, and ask about it."""
        return not self.stores or store in self.stores

    def wait_before(self, receipts: int) -> float:
        """0 when so many receipts are within its rate, else the seconds to wait."""
        return 0.0 if self._bucket is None else self._bucket.take(receipts)

    def wait_before_events(self, events: int) -> float:
        """0 when so many events are within its rate, else the seconds to wait."""
        return 0.0 if self._events_bucket is None else self._events_bucket.take(events)

    def wait_now(self) -> float:
        """0 when it may send at all, else the seconds to wait; takes nothing of its rate."""
        return 0.0 if self._bucket is None else self._bucket.wait()


#: Whoever asks while keys are off: every store, at any rate.
ANYONE = Caller((), None)


class Keys:
    """Finds the caller of a key."""

    def __init__(
        self,
        file: KeyFile,
        rate: int,
        clock: Clock,
        add_key: str,
        events_rate: int | None = None,
    ) -> None:
        """`rate`: receipts a second of one key, `events_rate`: events; `add_key`: the command that
        makes a key.
        """
        self._events_rate = events_rate
        self._file = file
        self._add_key = add_key
        self._rate = rate
        self._clock = clock
        self._records: dict[str, KeyRecord] = {}
        self._callers: dict[str, Caller] = {}
        self._change = FileChange(file.path, clock)

    def authenticate(self, authorization: str | None) -> Caller:
        """Who sends this header `Authorization`; raises the ProblemError 401."""
        caller = self.caller_of(authorization)
        if caller is None:
            raise unauthorized(self._add_key)
        return caller

    def caller_of(self, authorization: str | None) -> Caller | None:
        """Who sends this header `Authorization`; None when it has no key that is known."""
        scheme, _, key = (authorization or "").partition(" ")
        return self.caller(key.strip()) if scheme.lower() == "bearer" else None

    def caller(self, key: str) -> Caller | None:
        """Whose key it is; None when it is nobody's. Compares in constant time."""
        self._reload()
        _, _, rest = key.partition("_")
        key_id, _, secret = rest.partition("_")
        record = self._records.get(key_id)
        expected = record.sha256 if record else "0" * 64
        if not hmac.compare_digest(_sha256(secret), expected) or record is None:
            return None
        return self._callers[key_id]

    def _caller_of(self, record: KeyRecord) -> Caller:
        events = self._events_rate and Bucket(self._events_rate, self._clock)
        bucket = Bucket(self._rate, self._clock)
        return Caller(record.stores, bucket, events or None, record.scopes)

    def _reload(self) -> None:
        if not self._change.is_due():
            return
        self._records = {record.id: record for record in self._file.records()}
        self._callers = {
            record.id: self._callers.get(record.id, self._caller_of(record))
            for record in self._records.values()
        }


def _sha256(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
