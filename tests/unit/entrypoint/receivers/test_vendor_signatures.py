"""What a sender signs by each vendor's documentation is what the door's check takes."""

import base64
import json
from pathlib import Path

import pytest

from entrypoint.receivers.signatures import SignatureCheck
from loadtest.receivers.registry import VENDORS
from loadtest.receivers.samples import ADDRESS, SECRET, SECRETS
from tillstream.receivers.definitions_file import load

PATHS = sorted(
    path for name in VENDORS for path in Path("receivers/samples", name).glob("*/delivery-*.json")
)
RECEIVERS = load(Path("receivers"))


@pytest.mark.parametrize("path", PATHS, ids=lambda path: "/".join(path.parts[-3:]))
def test_a_sample_is_taken_and_one_of_a_changed_byte_is_not(path: Path) -> None:
    name = path.parts[-3]
    told = json.loads(path.read_text(encoding="utf-8"))
    headers = [(key.lower().encode(), value.encode()) for key, value in told["headers"].items()]
    query = told["url"].partition("?")[2]
    scope = {"type": "http", "headers": headers, "query_string": query.encode()}
    check = SignatureCheck(RECEIVERS[name], f"{ADDRESS}{name}")
    if check.is_token:
        assert check.token(scope) == SECRET
        return
    secret = SECRET.encode()
    if name in SECRETS:
        secret = base64.b64decode(SECRETS[name].removeprefix("whsec_"))
    now_us = int(told["headers"].get("webhook-timestamp", "0")) * 1_000_000
    claim = check.claim(scope, now_us)
    body = told["body"].encode()

    assert check.holds(claim, body, [b"another secret", secret])
    assert not check.holds(claim, body[:-1] + b" ", [secret])
    assert not check.holds(claim, body, [b"another secret"])
