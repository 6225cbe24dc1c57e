"""What is in no figure is named, also what the ledger alone could not count."""

from pathlib import Path

from analytics.counting.isolation import SetAside
from analytics.ledger.ledger_file import Ledger
from analytics.verify.not_counted import not_counted
from tests.support.ledgers import recount_in_memory


def aside(offset: int, *, undecodable: bool = False) -> SetAside:
    return SetAside(offset, 0, undecodable, f"key {offset}", "its day was dropped", b"{}")


def test_what_the_ledger_alone_has_set_aside_is_named_once(tmp_path: Path) -> None:
    recount = recount_in_memory()
    recount.ledger.add_aside(aside(1))
    with Ledger(tmp_path / "ledger") as ledger:
        for one in (aside(1), aside(2), aside(3, undecodable=True)):
            ledger.add_aside(one)

        assert [1, 2] == [one.offset for one in not_counted(recount, ledger)]
