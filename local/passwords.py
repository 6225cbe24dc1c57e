"""Passwords of the private servers: made at the first start, kept beside their data."""

import base64
import hashlib
import os
import secrets
from pathlib import Path

#: Of the salt of RabbitMQ's password hashes, bytes.
SALT_BYTES = 4


def kept_password(file: Path) -> str:
    """The password in `file`, which its owner alone may read; made where there is none."""
    file.parent.mkdir(parents=True, exist_ok=True)
    if not file.exists():
        # Whole or not at all: a kill amid the write leaves no half of a password.
        fresh = file.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as out:
            out.write(secrets.token_urlsafe(24) + "\n")
        fresh.replace(file)
    return file.read_text().strip()


def rabbitmq_hash(password: str) -> str:
    """What RabbitMQ keeps of a password: a salt, then SHA-256 of salt and password, in base64.

    As https://www.rabbitmq.com/docs/passwords has it.
    """
    salt = secrets.token_bytes(SALT_BYTES)
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()
