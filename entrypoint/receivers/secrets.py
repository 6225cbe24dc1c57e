"""The secrets of receivers: from the environment, and from a file that is read when it changes."""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import structlog

from entrypoint.receivers.signatures import TOKEN, key_of
from tillstream.clock import Clock
from tillstream.errors import SettingsError
from tillstream.receivers.definition import Receiver
from tillstream.receivers.variables import SECRET, variable
from tillstream.runtime.file_change import FileChange
from tillstream.streams.mistakes import proposal

log = structlog.get_logger()

#: Fewest characters of a token, which is all that stands before a receiver that signs nothing.
LEAST_TOKEN = 16
_MOST_BYTES = 1_000_000


class Secrets:
    """The keys of each receiver: all of them are valid, so that one can replace another."""

    def __init__(
        self,
        receivers: Mapping[str, Receiver],
        environ: Mapping[str, str],
        file: Path | None,
        clock: Clock,
    ) -> None:
        """Raises SettingsError for what cannot be used."""
        self._receivers = receivers
        self._given = {
            name: environ.get(variable(name, SECRET), "").replace(",", " ").split()
            for name in receivers
        }
        self._file = file
        self._change = None if file is None else FileChange(file, clock)
        self._keys: dict[str, Sequence[bytes]] = {}
        if self._change is None:
            self._keys = self._usable({})
        elif self._change.is_due() and file is not None:
            self._keys = self._usable(read(file))

    def of(self, name: str) -> Sequence[bytes]:
        """The keys of a receiver, none where it has no secret."""
        if self._change is not None and self._change.is_due() and self._file is not None:
            try:
                self._keys = self._usable(read(self._file))
            except SettingsError as error:
                # Deliveries go on with what was valid before.
                log.error("the file of secrets is not used", reason=str(error))
        return self._keys.get(name, ())

    def _usable(self, of_file: Mapping[str, Sequence[str]]) -> dict[str, Sequence[bytes]]:
        problems = [
            f"{self._file}: no receiver is called {name!r}{proposal(name, self._receivers)}"
            for name in of_file.keys() - self._receivers.keys()
        ]
        keys = {}
        for name, receiver in self._receivers.items():
            try:
                keys[name] = _keys(receiver, (*self._given[name], *of_file.get(name, ())))
            except ValueError as error:
                problems.append(f"a secret of the receiver {name}: {error}")
        if problems:
            raise SettingsError(problems)
        return keys


def read(file: Path) -> Mapping[str, Sequence[str]]:
    """`name = "secret"` or `name = ["secret", "secret"]`; raises SettingsError, without a value."""
    try:
        with file.open("rb") as opened:
            found = tomllib.loads(opened.read(_MOST_BYTES).decode("utf-8-sig"))
    except OSError as error:
        raise SettingsError([f"RECEIVER_SECRETS_FILE={file}: {error.strerror}"]) from error
    except (ValueError, RecursionError):
        # The parser's own words may have a part of a secret.
        raise SettingsError([f"RECEIVER_SECRETS_FILE={file}: not TOML in UTF-8"]) from None
    secrets = {name: [value] if isinstance(value, str) else value for name, value in found.items()}
    wrong = sorted(name for name, value in secrets.items() if not _is_texts(value))
    if wrong:
        raise SettingsError(
            [f'RECEIVER_SECRETS_FILE={file}: {name} has to be "..." or [...]' for name in wrong]
        )
    return secrets


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) and one for one in value)


def _keys(receiver: Receiver, secrets: Iterable[str]) -> Sequence[bytes]:
    signature = receiver.signature
    make = key_of(signature)
    keys = []
    for secret in secrets:
        if secret != secret.strip():
            # No vendor makes one; nothing that is signed would ever hold.
            raise ValueError("white space or a line break around it")
        if signature.scheme == TOKEN and len(secret) < LEAST_TOKEN:
            raise ValueError(f"a token has at least {LEAST_TOKEN} characters")
        try:
            keys.append(make(secret))
        except ValueError:
            raise ValueError("not Base64, which this vendor's secrets are") from None
    return tuple(keys)
