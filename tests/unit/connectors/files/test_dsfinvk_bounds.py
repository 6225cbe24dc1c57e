"""DSFinV-K: exports that are broken, or made to cost memory, end with a clear error."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from connectors.files import formats
from connectors.files.amounts import exponent_of
from connectors.files.dsfinvk import masters, order, package, rows, units
from connectors.files.dsfinvk.index_xml import Form
from connectors.files.found import KEPT, Account, Kept
from connectors.files.import_errors import ImportFileError
from generator.dsfinvk.command import write

RECEIPTS = 500


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("dsfinvk") / "export.zip"
    write(path, RECEIPTS, seed=7)
    return path


@pytest.fixture
def folder(export: Path, tmp_path: Path) -> Path:
    with zipfile.ZipFile(export) as archive:
        archive.extractall(tmp_path / "export")
    return tmp_path / "export"


def read(path: Path) -> tuple[int, Account]:
    with formats.opened(path, exponent_of) as reader:
        return sum(1 for _ in reader.receipts()), reader.account


def entry_spoilt(export: Path) -> bytes:
    with zipfile.ZipFile(export) as archive:
        start = archive.getinfo("lines.csv").header_offset
    whole = bytearray(export.read_bytes())
    whole[start + 500 : start + 900] = bytes(400)
    return bytes(whole)


def packed_otherwise(export: Path) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(export) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_LZMA) as target:
        for name in source.namelist():
            target.writestr(name, source.read(name))
    return out.getvalue()


def twice(export: Path) -> bytes:
    out = io.BytesIO(export.read_bytes())
    with zipfile.ZipFile(out, "a") as target:
        target.writestr("../Lines.csv", "")
    return out.getvalue()


def list_of_many_entries(export: Path) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as target:
        entry = zipfile.ZipInfo("a")
        entry.comment = b"x" * 65_000
        for number in range(package.MAX_LIST_BYTES // 65_000 + 1):
            entry.filename = str(number)
            target.writestr(entry, b"")
    return out.getvalue()


@pytest.mark.parametrize(
    ("spoilt", "message"),
    [
        (entry_spoilt, "lines.csv cannot be unpacked"),
        (packed_otherwise, "packed by method 14"),
        (twice, "lines.csv twice"),
        (list_of_many_entries, "list of entries"),
        (lambda export: export.read_bytes()[:-30], "a ZIP without its end"),
    ],
)
def test_a_zip_that_is_no_sound_export_is_refused(
    export: Path, tmp_path: Path, spoilt: Callable[[Path], bytes], message: str
) -> None:
    (tmp_path / "spoilt.zip").write_bytes(spoilt(export))

    with pytest.raises(ImportFileError, match=message):
        read(tmp_path / "spoilt.zip")


@pytest.mark.parametrize("name", ["vat.csv", "lines_vat.csv"])
@pytest.mark.parametrize(("begin", "piece"), [(b'"', b"x"), (b"", b'"\n";')])
def test_a_row_that_goes_on_over_all_lines_is_refused(
    folder: Path, name: str, begin: bytes, piece: bytes
) -> None:
    with (folder / name).open("ab") as table:
        table.write(begin + piece * (3 * rows.MAX_BATCH_BYTES // len(piece)))

    with pytest.raises(ImportFileError, match=f"{name}.* a row "):
        read(folder)


def test_closings_in_tiny_runs_are_counted_and_not_remembered(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heads = folder / "transactions.csv"
    head = heads.read_bytes().splitlines(keepends=True)[0]
    tiny = [b"%d;2026-01-02;1;1;" % number + b"x" * 200 + b"\n" for number in range(40_000)]
    heads.write_bytes(head + b"".join(tiny))
    monkeypatch.setattr(order, "MAX_RUNS", 100)

    with package.opened(folder) as files:
        remembered = order._closings(files, "transactions.csv", Form())
        seen = order.look(files, {"transactions.csv": Form()}, "transactions.csv", [])

    assert len(remembered) < 100 + order.BLOCK_BYTES // 200
    assert (False, len(tiny)) == seen


def test_more_closings_than_a_file_may_have_are_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(order, "MAX_CLOSING_ROWS", 10)
    monkeypatch.setattr(units, "MAX_CLOSINGS", 1)

    with pytest.raises(ImportFileError, match="more than 1 closings; import shorter"):
        read(folder)


def test_a_receipt_of_more_rows_than_memory_has_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(order, "MAX_CLOSING_ROWS", 10)
    monkeypatch.setattr(units, "MAX_UNIT_ROWS", 50)

    with pytest.raises(ImportFileError, match=r"BON_ID .* more than 50 rows"):
        read(folder)


@pytest.mark.parametrize("name", ["payment.csv", "datapayment.csv"])
def test_tenders_without_an_end_are_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    head, *lines = (folder / name).read_text().splitlines()
    many = [line.replace('"Bar"', f'"Bar {n}"') for n, line in enumerate(lines)]
    first = lines[0].split(";")[:3]
    same = [";".join([*first, *line.split(";")[3:]]) for line in many]
    (folder / name).write_text("\n".join([head, *(same if name == "payment.csv" else many)]))
    monkeypatch.setattr(masters, "MAX_SUMS", 5)
    monkeypatch.setattr("connectors.files.dsfinvk.closing_check.MAX_SUMS", 50)

    with pytest.raises(ImportFileError, match="a closing has more than"):
        read(folder)


def test_a_line_end_in_a_cell_is_no_row(folder: Path) -> None:
    heads = folder / "transactions.csv"
    head, first, *rest = heads.read_text().splitlines()
    noted = first.removesuffix('""') + '"am Tisch\ngezahlt\x1f"'
    heads.write_text("\n".join([head, noted, *rest, ""]))

    number, account = read(folder)

    assert (RECEIPTS, []) == (number, account.problems)


def test_what_is_wrong_is_counted_where_it_is_too_much_to_keep() -> None:
    kept = Kept[int]()

    kept.extend(range(3 * KEPT))

    assert (KEPT, 3 * KEPT) == (len(kept), kept.number)


def test_files_that_receipts_are_not_made_of_are_told(folder: Path) -> None:
    closing = "Z_KASSE_ID;Z_ERSTELLUNG;Z_NR"
    (folder / "itemamounts.csv").write_text(f"{closing};BON_ID\nK;2026-01-02;1;1\n")
    (folder / "tse.csv").write_text(f"{closing};TSE_ID\n")
    (folder / "logo.png").write_bytes(b"")

    told = read(folder)[1].unused

    files = [text.partition(":")[0] for text in told]
    assert ["cash_per_currency.csv", "itemamounts.csv", "logo.png", "tse.csv"] == files
