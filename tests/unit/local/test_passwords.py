"""Passwords of the private servers: one a folder, for its owner alone."""

import base64
import hashlib
from pathlib import Path

from local.passwords import kept_password, rabbitmq_hash


def test_a_password_is_made_once_and_is_for_its_owner_alone(tmp_path: Path) -> None:
    file, other = tmp_path / "rabbitmq" / "password", tmp_path / "other" / "password"
    first = kept_password(file)

    assert kept_password(file) == first
    assert kept_password(other) != first
    assert len(first) >= 32
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_hash_is_salted_and_holds_the_password() -> None:
    first, second = (base64.b64decode(rabbitmq_hash("flour")) for _ in range(2))

    assert first != second
    assert first[4:] == hashlib.sha256(first[:4] + b"flour").digest()
