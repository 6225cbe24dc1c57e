"""Definitions of receivers: what stands in them is read, and every mistake is told."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tillstream.receivers.definition import Signature
from tillstream.receivers.definitions_file import load
from tillstream.runtime.product import CODE
from tillstream.streams.mistakes import DefinitionError

GOOD = """title = "A shop"
[signature]
scheme = "hmac-sha256"
header = "X-Signature"
over = "{url}{body}"
[sale]
key = "id"
version = "updated_at"
number = "name"
time = "created_at"
store = { find = "place", table = { a = "1" }, default = "web" }
rest = "'unpaid'"
[[sale.lines]]
each = "items"
name = "title"
price = "price"
"""

Told = Callable[[str], list[str]]


@pytest.fixture
def told(tmp_path: Path) -> Told:
    def of(text: str) -> list[str]:
        (tmp_path / "shop.toml").write_text(text)
        with pytest.raises(DefinitionError) as error:
            load(tmp_path)
        return str(error.value).replace(f"{tmp_path}/", "").splitlines()

    return of


def test_a_receiver_is_named_by_its_file(tmp_path: Path) -> None:
    (tmp_path / "shop.toml").write_text(GOOD)

    found = load(tmp_path)["shop"]

    assert ("shop", "A shop") == (found.name, found.title)
    assert found.signature == Signature(
        "hmac-sha256", "X-Signature", None, None, "base64", "text", ("url", "body"),
        None, None, "seconds", None, None,
    )  # fmt: skip
    assert found.mapping.sale.values["store"].table == {"a": "1"}


def test_an_empty_folder_has_no_receivers(tmp_path: Path) -> None:
    assert {} == load(tmp_path)


def test_what_is_shipped_holds() -> None:
    assert "generic" in load(CODE / "receivers")


@pytest.mark.parametrize(
    ("good", "wrong", "said"),
    [
        ('key = "id"', 'kee = "id"', "shop.toml:7: sale: unknown key 'kee'; did you mean 'key'?"),
        ('"items"', '"items["', "shop.toml:14: sale.lines: each: no JMESPath: "),
        ('"price"', '"prise(a)"', "sale.lines: price: no function 'prise'"),
        ('"price"', '"sum(a)"', "sale.lines: price: sum() is not exact here; write total(...)"),
        ('"price"', '"times(a, `0.1`)"', "`0.1` is a float; write it as a text '0.1'"),
        ('"{url}{body}"', '"{ulr}{body}"', "signature: {ulr} is not known; did you mean 'url'?"),
        ('"{url}{body}"', '"{url}"', "signature: 'over' has to have {body}"),
        ("hmac-sha256", "hmac-sha265", "shop.toml:3: signature: scheme = 'hmac-sha265'; did you"),
        ("rest = \"'unpaid'\"\n", "", "shop.toml:6: sale: it has no tenders; write [[sale.tend"),
        ("[[sale.lines]]", "[sale.lines]", "sale: write [[lines]], with two brackets"),
        ('find = "place", ', "", "shop.toml:11: sale.store: 'find' is missing"),
        ('"place"', '"place", deflaut = "1"', "unknown key 'deflaut'; did you mean 'default'?"),
        ('header = "X-Signature"', 'ping = "(a"', "ping = '(a' is no regular expression: missing"),
        ('header = "X-Signature"\n', "", "signature: 'header' is missing"),
        ("[sale]", '[topics]\nrefund = ["r"]\n[sale]', "topics.refund needs [refund]"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_a_proposal(
    told: Told, good: str, wrong: str, said: str
) -> None:
    lines = told(GOOD.replace(good, wrong, 1))

    assert any(said in line for line in lines), lines
