"""A delivery is taken where its vendor has signed it, and by nobody else."""

from pathlib import Path

import pytest
from starlette.types import Scope

from entrypoint.receivers.signatures import SignatureCheck, UnsignedError, is_token_of
from tests.support.vendors import SECRETS, SIGNATURES, SQUARE_URL, Signed, declare, sign
from tillstream.receivers.definitions_file import load

NOW = 1_795_000_000.0
NOW_US = int(NOW * 1_000_000)
BODY = b'{"id": 1, "total": "12.50"}'
SIGNING = [name for name in SIGNATURES if name != "odoo"]


def scope_of(signed: Signed) -> Scope:
    headers = [(name.lower().encode(), value.encode()) for name, value in signed.headers.items()]
    return {"headers": headers, "query_string": signed.query.encode()}


def check_of(vendor: str, folder: Path) -> SignatureCheck:
    return SignatureCheck(load(declare(folder))[vendor], SQUARE_URL)


def keys(vendor: str) -> list[bytes]:
    return [secret.encode() for secret in SECRETS[vendor]]


def is_taken(check: SignatureCheck, vendor: str, signed: Signed, body: bytes) -> bool:
    """Whether it is taken at NOW."""
    try:
        if check.is_token:
            return is_token_of(keys(vendor), check.token(scope_of(signed)))
        return check.holds(check.claim(scope_of(signed), NOW_US), body, keys(vendor))
    except UnsignedError:
        return False


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("vendor", SIGNATURES)
def test_every_secret_that_is_valid_signs(vendor: str, which: int, tmp_path: Path) -> None:
    signed = sign(vendor, SECRETS[vendor][which], BODY, NOW)

    assert is_taken(check_of(vendor, tmp_path), vendor, signed, BODY)


@pytest.mark.parametrize("vendor", SIGNATURES)
def test_another_secret_does_not(vendor: str, tmp_path: Path) -> None:
    signed = sign(vendor, "0123456789-another-secret", BODY, NOW)

    assert not is_taken(check_of(vendor, tmp_path), vendor, signed, BODY)


@pytest.mark.parametrize("vendor", SIGNING)
def test_no_byte_of_a_body_can_be_changed(vendor: str, tmp_path: Path) -> None:
    check = check_of(vendor, tmp_path)
    signed = sign(vendor, SECRETS[vendor][0], BODY, NOW)
    changed = [BODY[:at] + bytes([BODY[at] ^ 1]) + BODY[at + 1 :] for at in range(len(BODY))]

    taken = [body for body in (*changed, BODY[:-1], BODY + b" ", b"") if
             is_taken(check, vendor, signed, body)]  # fmt: skip

    assert [] == taken


@pytest.mark.parametrize("vendor", SIGNING)
def test_nothing_is_taken_without_a_signature(vendor: str, tmp_path: Path) -> None:
    check = check_of(vendor, tmp_path)
    header = load(tmp_path)[vendor].signature.header or ""
    signed = sign(vendor, SECRETS[vendor][0], BODY, NOW)

    def reason(value: str | None) -> str:
        headers = {name: text for name, text in signed.headers.items() if name != header}
        with pytest.raises(UnsignedError) as error:
            check.claim(
                scope_of(Signed("", headers | ({} if value is None else {header: value}))), NOW_US
            )
        return error.value.reason

    assert ["unsigned", "signature", "signature"] == [reason(None), reason(""), reason("\xff=,v1=")]


def test_another_url_does_not_sign(tmp_path: Path) -> None:
    signed = sign("square", SECRETS["square"][0], BODY, NOW)
    check = SignatureCheck(load(declare(tmp_path))["square"], SQUARE_URL + "/")

    assert not is_taken(check, "square", signed, BODY)


@pytest.mark.parametrize(
    ("sent", "taken"), [(-301, False), (-299, True), (0, True), (299, True), (301, False)]
)
def test_a_time_holds_within_its_window(sent: int, taken: bool, tmp_path: Path) -> None:
    signed = sign("stamped", SECRETS["stamped"][0], BODY, NOW + sent)

    assert taken == is_taken(check_of("stamped", tmp_path), "stamped", signed, BODY)


def test_an_old_delivery_cannot_be_given_a_new_time(tmp_path: Path) -> None:
    old = sign("stamped", SECRETS["stamped"][0], BODY, NOW - 1000)
    header = old.headers["X-Signature"].replace(f"t={NOW - 1000:.0f}", f"t={NOW:.0f}")

    renewed = Signed("", old.headers | {"X-Signature": header})

    assert not is_taken(check_of("stamped", tmp_path), "stamped", renewed, BODY)


def test_one_of_several_signatures_is_enough(tmp_path: Path) -> None:
    signed = sign("stamped", SECRETS["stamped"][0], BODY, NOW)
    stamp, right = signed.headers["X-Signature"].split(",")
    wrong = f"v1={'0' * 64}"

    both = Signed("", {"X-Signature": f"{stamp},{wrong},{right}"})

    assert is_taken(check_of("stamped", tmp_path), "stamped", both, BODY)


def test_a_ping_is_the_whole_body(tmp_path: Path) -> None:
    check = check_of("woocommerce", tmp_path)

    found = [check.is_ping(body) for body in (b"webhook_id=7", b"webhook_id=7\n", b'{"id": 1}')]

    assert [True, False, False] == found
    assert not check_of("shopify", tmp_path).is_ping(b"webhook_id=7")
