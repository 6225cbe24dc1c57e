"""DSFinV-K: joined in any order, checked against its closings, refused within bounds."""

import io
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest

from connectors.files import formats
from connectors.files.amounts import exponent_of
from connectors.files.dsfinvk import order, package
from connectors.files.found import Account
from connectors.files.import_errors import ImportFileError
from entrypoint.validation import validate
from generator.dsfinvk.command import write
from tillstream.receipt_rules import broken_rules

RECEIPTS = 1_500


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("dsfinvk") / "export.zip"
    write(path, RECEIPTS, seed=7)
    return path


def changed(path: Path, out: Path, change: Callable[[str, list[str]], list[str]]) -> Path:
    """The export with the rows of each table, its head apart, as `change` gives them."""
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            head, *rows = source.read(name).decode().splitlines(keepends=True)
            if name.endswith(".csv"):
                rows = change(name, rows)
            target.writestr(name, head + "".join(rows))
    return out


def read(path: Path) -> tuple[list[dict[str, Any]], Account]:
    with formats.opened(path, exponent_of) as reader:
        return [found.receipt for found in reader.receipts()], reader.account


def by_identity(receipts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(receipts, key=lambda one: (one["terminalID"], one["date"]))


def test_the_generators_export_agrees_with_its_closings(export: Path) -> None:
    receipts, account = read(export)

    assert RECEIPTS == len(receipts)
    assert not account.differs
    assert {"AVTraining", "cash movement"} >= set(account.apart) > set()
    assert RECEIPTS == sum(closing.receipts for closing in account.closings)


def rules_broken(receipts: list[dict[str, Any]]) -> list[str]:
    """What the door marks."""
    found = []
    for one in receipts:
        valid = validate(msgspec.json.encode(one))
        found += broken_rules(
            valid.receipt.document_total, valid.lines, valid.tenders, valid.exponent
        )
    return [rule for rule, _, _ in found]


def test_no_receipt_of_a_sound_till_breaks_a_rule_and_a_wrong_net_does(
    export: Path, tmp_path: Path
) -> None:
    def cheaper(name: str, rows: list[str]) -> list[str]:
        if name != "lines_vat.csv":
            return rows
        *head, net, tax = rows[0].split(";")
        wrong = f"{float(net.replace(',', '.')) - 0.02:.5f}".replace(".", ",")
        return [";".join([*head, wrong, tax]), *rows[1:]]

    wrong, _ = read(changed(export, tmp_path / "cheaper.zip", cheaper))

    assert [] == rules_broken(read(export)[0])
    assert ["line-gross"] == rules_broken(wrong)


def test_the_same_seed_makes_the_same_bytes(export: Path, tmp_path: Path) -> None:
    write(tmp_path / "again.zip", RECEIPTS, seed=7)

    assert export.read_bytes() == (tmp_path / "again.zip").read_bytes()


def test_rows_in_any_order_give_the_same_receipts(export: Path, tmp_path: Path) -> None:
    rng = Random(1)

    def shuffled(_: str, rows: list[str]) -> list[str]:
        rng.shuffle(rows)
        return rows

    receipts, account = read(changed(export, tmp_path / "shuffled.zip", shuffled))

    assert by_identity(read(export)[0]) == by_identity(receipts)
    assert not account.differs


def test_a_closing_that_is_too_large_for_memory_is_sorted_on_disk(
    export: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected, _ = read(export)
    monkeypatch.setattr(order, "MAX_CLOSING_ROWS", 10)

    receipts, account = read(export)

    assert by_identity(expected) == by_identity(receipts)
    assert not account.differs


def test_a_folder_is_read_as_the_zip_is(export: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(export) as archive:
        archive.extractall(tmp_path)

    assert read(export)[0] == read(tmp_path)[0]


def test_a_changed_amount_is_a_difference_with_its_closing(export: Path, tmp_path: Path) -> None:
    def dearer(name: str, rows: list[str]) -> list[str]:
        if name == "payment.csv":
            return [rows[0].replace(",", "1,", 1), *rows[1:]]
        return rows

    _, account = read(changed(export, tmp_path / "dearer.zip", dearer))

    differing = [closing for closing in account.closings if closing.differences]
    assert 1 == len(differing)
    assert "payment.csv" in differing[0].differences[0]


def test_one_bad_receipt_never_stops_the_rest(export: Path, tmp_path: Path) -> None:
    def spoilt(name: str, rows: list[str]) -> list[str]:
        if name == "lines.csv":
            return [rows[0].replace('"Umsatz"', '"Unsinn"'), *rows[1:]]
        return rows

    receipts, account = read(changed(export, tmp_path / "spoilt.zip", spoilt))

    assert RECEIPTS - 1 == len(receipts)
    ((place, reason),) = account.refused
    assert ("spoilt.zip/transactions.csv:2", "position 1: GV_TYP 'Unsinn' is none of annex C") == (
        place,
        reason,
    )


def test_rows_without_a_receipt_are_named(export: Path, tmp_path: Path) -> None:
    def headless(name: str, rows: list[str]) -> list[str]:
        return rows[1:] if name == "transactions.csv" else rows

    _, account = read(changed(export, tmp_path / "headless.zip", headless))

    assert any("which transactions.csv has not" in problem for problem in account.problems)


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("transactions.csv", b"0" * (package.RATIO_FROM_BYTES * 4))

    with pytest.raises(ImportFileError, match="as in a bomb"), formats.opened(bomb, exponent_of):
        pass


def test_a_zip_within_a_zip_is_named(export: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "outer.zip", "w") as outer:
        outer.write(export, "Januar.zip")

    with (
        pytest.raises(ImportFileError, match=r"unpack it and import januar\.zip"),
        formats.opened(tmp_path / "outer.zip", exponent_of),
    ):
        pass


def test_a_row_without_an_end_is_refused(tmp_path: Path) -> None:
    for name in ("lines.csv", "lines_vat.csv", "datapayment.csv"):
        (tmp_path / name).write_text("Z_KASSE_ID;Z_ERSTELLUNG;Z_NR;BON_ID\n")
    (tmp_path / "transactions.csv").write_bytes(b"Z_KASSE_ID" + b"x" * (4 * order.BLOCK_BYTES))

    with (
        pytest.raises(ImportFileError, match="a row of more"),
        formats.opened(tmp_path, exponent_of),
    ):
        pass


def test_an_index_with_entities_is_refused(export: Path, tmp_path: Path) -> None:
    index = b'<!DOCTYPE d [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><DataSet>&b;</DataSet>'
    with zipfile.ZipFile(export) as archive:
        archive.extractall(tmp_path)
    (tmp_path / "index.xml").write_bytes(index)

    with pytest.raises(ImportFileError, match="entities"), formats.opened(tmp_path, exponent_of):
        pass


def test_amounts_of_a_foreign_till_are_in_its_currency(export: Path, tmp_path: Path) -> None:
    def swiss(name: str, rows: list[str]) -> list[str]:
        return [row.replace('"EUR"', '"CHF"') for row in rows]

    receipts, account = read(changed(export, tmp_path / "swiss.zip", swiss))

    assert {"CHF"} == {receipt["currency"] for receipt in receipts}
    assert {"CHF"} == {closing.currency for closing in account.closings}


def test_ansi_is_read_where_the_index_says_so(export: Path, tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(export) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            text = source.read(name).decode()
            if name == "index.xml":
                target.writestr(name, text.replace("<UTF8/>", "<ANSI/>"))
            else:
                target.writestr(name, text.encode("cp1252"))
    (tmp_path / "ansi.zip").write_bytes(out.getvalue())

    assert read(export)[0] == read(tmp_path / "ansi.zip")[0]


def test_a_menu_of_two_rates_is_sold_once(tmp_path: Path) -> None:
    path = shutil.copytree("receivers/samples/dsfinvk/sale/export", tmp_path / "export")
    told = (
        (path / "lines_vat.csv")
        .read_text()
        .replace('"2";1;2,90000;2,43697', '"2";1;1,74000;1,46218')
    )
    menu = '"K-007-1";"2026-11-21T20:00:00";12;"2026-1";"2";2;1,16000;1,08411;0,07589\n'
    (path / "lines_vat.csv").write_text(told + menu)

    receipts, _ = read(path)

    assert [2, 0.6, 0.4] == [line["quantity"] for line in receipts[0]["lines"]]
    assert [] == rules_broken(receipts)
