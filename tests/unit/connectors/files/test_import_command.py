"""`python -m connectors import`: to a door that refuses, hangs up and hears everything twice."""

import json
import os
import threading
from argparse import ArgumentTypeError, Namespace
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiohttp import web

from connectors.files import command
from connectors.files.store_numbers import store_number
from generator.dsfinvk.command import write
from tests.support.fake_door import FakeDoor, accept
from tillstream.receipt import Receipt

RECEIPTS = 2_800


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("import") / "export.zip"
    write(path, RECEIPTS, seed=3)
    return path


@pytest.fixture
def door(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeDoor]:
    door = FakeDoor()
    door.start()
    monkeypatch.setenv("ENTRYPOINT_URL", door.url)
    yield door
    door.stop()


def imported(*files: Path, store: tuple[tuple[str, str], ...] = ()) -> int:
    arguments = Namespace(files=list(files), check=False, ndjson=None, store=list(store))
    return command.run(arguments, threading.Event())


def test_a_second_import_adds_nothing(
    door: FakeDoor, export: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = imported(export), imported(export)

    assert (0, 0) == (first, second)
    assert RECEIPTS == len(door.accepted)
    assert {2} == set(door.tries.values())
    assert f"{RECEIPTS:,} receipts accepted, 0 refused" in capsys.readouterr().out


def test_what_the_door_refuses_is_named_with_its_line(
    door: FakeDoor, export: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    door.named = 3

    def some(attempt: int, receipt: Receipt) -> web.Response | None:
        refused = receipt.terminal_id == "K-001-2" and receipt.cash_receipt_id in ("5", "6", "7")
        return web.Response(status=422) if refused else accept(attempt, receipt)

    door.answers = some

    status = imported(export)

    said = capsys.readouterr().out
    assert 1 == status
    assert RECEIPTS - 3 == len(door.accepted)
    assert 3 == said.count("refused: export.zip/transactions.csv:")


def test_a_door_that_names_too_few_is_asked_in_smaller_batches(
    door: FakeDoor, export: Path
) -> None:
    door.named = 1

    def some(attempt: int, receipt: Receipt) -> web.Response | None:
        refused = receipt.cash_receipt_id in ("5", "6")
        return web.Response(status=422) if refused else accept(attempt, receipt)

    door.answers = some

    assert 1 == imported(export)
    tills = -(-RECEIPTS // 400)
    assert RECEIPTS - 2 * tills <= len(door.accepted) < RECEIPTS


def test_shops_have_the_chains_own_numbers(
    door: FakeDoor,
    export: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    table = tmp_path / "stores.csv"
    table.write_text("storeID,name\n0101,FILIALE  1\n0103,Filiale 3\n0104,Filiale 3\n")
    monkeypatch.setenv("STORES_FILE", str(table))

    status = imported(export, store=(("Filiale 2", "0102"), ("Filiale 22", "0122")))

    said = capsys.readouterr().out
    by_till = {one.terminal_id: str(one.store_id) for one in door.accepted.values()}
    assert 0 == status
    assert ("0101", "0102", "Filiale 3", "Filiale 4") == tuple(
        by_till[f"K-00{store}-1"] for store in (1, 2, 3, 4)
    )
    assert "store: 'Filiale 3' is the name of 0103, 0104: --store 'Filiale 3=NUMBER'" in said
    assert "store: 'Filiale 4' is not in STORES_FILE" in said
    assert "store: --store: no receipt is of 'Filiale 22'" in said


def test_a_store_without_its_number_is_not_guessed() -> None:
    assert ("a=b", "7") == store_number(" a=b = 7 ")
    for wrong in ("Filiale 3", "=7", "Filiale 3=", "a=" + "7" * 65):
        with pytest.raises(ArgumentTypeError, match="NAME=NUMBER"):
            store_number(wrong)


def test_a_file_that_is_none_does_not_stop_the_next(
    door: FakeDoor, export: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nothing = tmp_path / "notes.txt"
    nothing.write_text(json.dumps({"no": "till"}))

    assert 1 == imported(nothing, export)
    assert RECEIPTS == len(door.accepted)
    assert capsys.readouterr().err.startswith(f"error: {nothing}: no DSFinV-K export")


def test_a_summary_that_nobody_reads_keeps_no_file_from_being_imported(
    export: Path, door: FakeDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads, writes = os.pipe()
    os.close(reads)
    with os.fdopen(writes, "w", buffering=1) as nobody:
        monkeypatch.setattr("sys.stdout", nobody)
        status = imported(export, export)
    monkeypatch.undo()

    assert (0, {2}) == (status, set(door.tries.values()))
