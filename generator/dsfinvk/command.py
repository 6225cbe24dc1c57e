"""`python -m generator dsfinvk`: writes an export as a German till does; same seed, same bytes."""

import argparse
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import IO, BinaryIO
from xml.sax.saxutils import escape

from generator import argument_types as types
from generator.dsfinvk.articles import FINE, RATES, five, two
from generator.dsfinvk.shift import Shift
from tillstream.dsfinvk_tables import CLOSING, TABLES
from tillstream.runtime.progress import progress
from tillstream.runtime.scratch import scratch_folder

MODE = "dsfinvk"
#: Receipts of a closing: some 13 hours of a till, one each 40 s or so.
CLOSING_RECEIPTS = 400
STORES, TILLS = 10, 2
FIRST_DAY = datetime(2026, 1, 2, 6, 0)  # noqa: DTZ001 - tills write local time
#: Numbers in the tables, and dates; all else is text.
_NUMERIC = (
    "Z_NR BON_NR UST_SCHLUESSEL UMS_BRUTTO BON_BRUTTO BON_NETTO BON_UST ZAHLWAEH_BETRAG"
    " BASISWAEH_BETRAG MENGE FAKTOR STK_BR POS_BRUTTO POS_NETTO POS_UST AGENTUR_ID REF_Z_NR"
    " PF_BRUTTO PF_NETTO PF_UST Z_SE_ZAHLUNGEN Z_SE_BARZAHLUNGEN UST_SATZ Z_UMS_BRUTTO Z_UMS_NETTO"
    " Z_UST Z_ZAHLART_BETRAG ZAHLART_BETRAG_WAEH"
)
NUMERIC = frozenset(_NUMERIC.split())
#: Copied at once into the archive.
COPIED_BYTES = 1024 * 1024


def main(argv: Sequence[str]) -> int:
    """Write the export that `argv` asks for; 0 when it is written."""
    parser = argparse.ArgumentParser(prog=f"python -m generator {MODE}", description=__doc__)
    parser.add_argument(
        "--receipts", type=types.whole("receipts", "--receipts 100000"), required=True
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.zip")
    parser.add_argument("--seed", type=int, default=1, help="default: 1")
    options = parser.parse_args(argv)
    write(options.out, options.receipts, options.seed)
    print(f"{options.out}: {options.receipts} receipts, {options.out.stat().st_size:,} bytes")
    return 0


def write(path: Path, receipts: int, seed: int) -> None:
    """Write an export of so many receipts to `path`. Raises OSError."""
    with (
        scratch_folder(path.resolve().parent) as folder,
        progress("writing", "receipts", receipts) as bar,
    ):
        with ExitStack() as stack:
            files = {
                name: stack.enter_context((folder / name).open("wb", buffering=COPIED_BYTES))
                for name in TABLES
            }
            for name, columns in TABLES.items():
                files[name].write((";".join(columns) + "\r\n").encode())
            for shift, number in _shifts(receipts, seed):
                _write_rows(files, shift)
                bar.advance(number)
        _pack(path, folder)


def _shifts(receipts: int, seed: int) -> Iterator[tuple[Shift, int]]:
    """Closings of all tills, day after day."""
    rng = Random(seed)
    left, day = receipts, 0
    while left:
        for till in range(STORES * TILLS):
            if not left:
                return
            number = min(left, CLOSING_RECEIPTS)
            opened = FIRST_DAY + timedelta(days=day)
            name = f"K-{till // TILLS + 1:03d}-{till % TILLS + 1}"
            shift = Shift(name, day + 1, opened, rng)
            shift.run(number, opened.replace(hour=20))
            _close(shift, opened, f"Filiale {till // TILLS + 1}")
            yield shift, number
            left -= number
        day += 1


def _close(shift: Shift, opened: datetime, store: str) -> None:
    """The Z report and the master tables of a closing."""
    rows, prefix = shift.rows, shift.prefix
    total, cash = sum(shift.tenders.values()), shift.tenders["Bar"]
    company = '"Bäckerei Musterkorn GmbH";"Lindenweg 7";"99999";"Musterstadt";"DEU"'
    rows["cashpointclosing.csv"].append(
        f'{prefix}"{opened.date()}";"2.4";"1";"{shift.last}";{company};"12/345/67890";'
        f'"DE000000000";{two(total)};{two(cash)}'
    )
    rows["location.csv"].append(
        f'{prefix}"{store}";"Lindenweg 7";"99999";"Musterstadt";"DEU";"DE000000000"'
    )
    rows["cashregister.csv"].append(
        f'{prefix}"Muster";"M1";"{shift.till}-SN";"Muster";"1.0";"EUR";0'
    )
    for vat, rate in RATES.items():
        rows["vat.csv"].append(f'{prefix}{vat};{two(rate * 100)};"{rate} %"')
    for (case, vat), (gross, net) in shift.cases.items():
        gross *= FINE
        rows["businesscases.csv"].append(
            f'{prefix}"{case}";"";0;{vat};{five(gross)};{five(net)};{five(gross - net)}'
        )
    for tender, amount in shift.tenders.items():
        name = "Bargeld" if tender == "Bar" else "Girocard"
        rows["payment.csv"].append(f'{prefix}"{tender}";"{name}";{two(amount)}')
    rows["cash_per_currency.csv"].append(f'{prefix}"EUR";{two(cash)}')


def _write_rows(files: dict[str, BinaryIO], shift: Shift) -> None:
    for name, rows in shift.rows.items():
        if rows:
            files[name].write(("\r\n".join(rows) + "\r\n").encode())


def _pack(path: Path, folder: Path) -> None:
    # A time of its own would make other bytes of the same seed.
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        with _add(archive, "index.xml") as target:
            target.write(_index().encode())
        for name in TABLES:
            with (folder / name).open("rb") as source, _add(archive, name) as target:
                while block := source.read(COPIED_BYTES):
                    target.write(block)


def _add(archive: zipfile.ZipFile, name: str) -> IO[bytes]:
    entry = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))
    entry.compress_type = zipfile.ZIP_DEFLATED
    return archive.open(entry, "w", force_zip64=True)


def _index() -> str:
    tables = "".join(
        f"<Table><URL>{name}</URL><Name>{name.removesuffix('.csv')}</Name><UTF8/>"
        "<DecimalSymbol>,</DecimalSymbol><DigitGroupingSymbol>.</DigitGroupingSymbol>"
        "<Range><From>2</From></Range><VariableLength><ColumnDelimiter>;</ColumnDelimiter>"
        '<RecordDelimiter>&#13;&#10;</RecordDelimiter><TextEncapsulator>"</TextEncapsulator>'
        + "".join(
            f"<{kind}><Name>{escape(column)}</Name>"
            f"<{'Numeric' if column in NUMERIC else 'AlphaNumeric'}/></{kind}>"
            for column in columns
            for kind in ["VariablePrimaryKey" if column in CLOSING else "VariableColumn"]
        )
        + "</VariableLength></Table>"
        for name, columns in TABLES.items()
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<!DOCTYPE DataSet SYSTEM "gdpdu-01-09-2004.dtd">\n'
        "<DataSet><Version>1.0</Version><DataSupplier><Name>Bäckerei Musterkorn GmbH</Name>"
        "<Location>Musterstadt</Location><Comment>DSFinV-K 2.4</Comment></DataSupplier>"
        f"<Media><Name>DSFinV-K</Name>{tables}</Media></DataSet>\n"
    )
