"""Secrets of receivers: several are valid at once, and a change of the file needs no restart."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from entrypoint.receivers.secrets import Secrets
from tests.support.vendors import declare
from tillstream.errors import SettingsError
from tillstream.receivers.definition import Receiver
from tillstream.receivers.definitions_file import load


@pytest.fixture
def receivers(tmp_path: Path) -> Mapping[str, Receiver]:
    return load(declare(tmp_path / "receivers"))


def test_secrets_of_environment_and_file_are_all_valid(
    receivers: Mapping[str, Receiver], tmp_path: Path
) -> None:
    file = tmp_path / "secrets.toml"
    file.write_text('shopify = ["c", "d"]\nsquare = "e"')

    secrets = Secrets(receivers, {"RECEIVER_SHOPIFY_SECRET": "a, b"}, file, lambda: 0.0)

    assert (b"a", b"b", b"c", b"d") == secrets.of("shopify")
    assert ((b"e",), ()) == (secrets.of("square"), secrets.of("woocommerce"))


def test_a_file_that_changed_is_read_again_and_a_broken_one_is_not_used(
    receivers: Mapping[str, Receiver], tmp_path: Path
) -> None:
    file = tmp_path / "secrets.toml"
    file.write_text('shopify = "old"')
    now = [0.0]
    secrets = Secrets(receivers, {}, file, lambda: now[0])
    found = [secrets.of("shopify")]

    for seconds, text in [(0.5, 'shopify = "newer"'), (2, 'shopify = "newer"'), (4, "shopify = [")]:
        now[0] = seconds
        file.write_text(text)
        found.append(secrets.of("shopify"))

    assert [(b"old",), (b"old",), (b"newer",), (b"newer",)] == found


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('shopfy = "a-secret"', "no receiver is called 'shopfy'; did you mean 'shopify'?"),
        ("shopify = a-secret", "not TOML in UTF-8"),
        ('shopify = ["a-secret", 7]', 'shopify has to be "..." or [...]'),
        ("shopify = " + "[" * 50_000, "not TOML in UTF-8"),
        ('shopify = "a-secret\\n"', "the receiver shopify: white space or a line break around it"),
        ('odoo = "a-secret"', "a secret of the receiver odoo: a token has at least 16 characters"),
    ],
)
def test_what_is_wrong_with_a_file_is_told_without_a_secret(
    receivers: Mapping[str, Receiver], tmp_path: Path, text: str, said: str
) -> None:
    file = tmp_path / "secrets.toml"
    file.write_text(text)

    with pytest.raises(SettingsError) as error:
        Secrets(receivers, {}, file, lambda: 0.0)

    assert said in str(error.value)
    assert "a-secret" not in str(error.value)
