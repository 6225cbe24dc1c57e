"""Passwords of the private servers: made at the first start, kept beside their data."""

import base64
import hashlib
import secrets
from pathlib import Path

from tillstream.runtime import files

#: Of the salt of RabbitMQ's password hashes, bytes.
SALT_BYTES = 4


def kept_password(file: Path) -> str:
    """The password in `file`, which its owner alone may read; made where there is none."""
    file.parent.mkdir(parents=True, exist_ok=True)
    if not file.exists():
        # Whole or not at all: a kill amid the write leaves no half of a password.
        files.write_durably(file, f"{secrets.token_urlsafe(24)}\n".encode(), 0o600)
    return file.read_text().strip()


def rabbitmq_hash(password: str) -> str:
    """What RabbitMQ keeps of a password: a salt, then SHA-256 of salt and password, in base64.

    As https://www.rabbitmq.com/docs/passwords has it.
    """
    salt = secrets.token_bytes(SALT_BYTES)
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()
