"""Which format a file has, by what is in it."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from connectors.files.dsfinvk import package as dsfinvk_package
from connectors.files.dsfinvk import reader as dsfinvk
from connectors.files.found import Reader
from connectors.files.import_errors import ImportFileError
from connectors.files.poslog import reader as poslog
from connectors.files.saft_pt import reader as saft_pt
from connectors.files.xml_records import root_name

#: Decimals of a currency.
Exponent = Callable[[str], int]
#: Of the beginning of a file, what tells its format, bytes.
HEAD_BYTES = 64 * 1024
#: A ZIP begins so, and its list of entries is at its end.
ZIP_HEAD = b"PK\x03\x04"


def opened(path: Path, exponent: Exponent) -> AbstractContextManager[Reader]:
    """A reader of the file at `path`. Raises ImportFileError when no format is known in it."""
    if dsfinvk_package.is_export(path):
        return dsfinvk.opened(path, exponent)
    if path.is_dir():
        raise ImportFileError("no transactions.csv is in it, as a DSFinV-K export has")
    with path.open("rb") as source:
        head = source.read(HEAD_BYTES)
    if head.startswith(ZIP_HEAD):
        raise ImportFileError("a ZIP without its end: it is still written, or was cut off")
    root = root_name(head)
    if root == saft_pt.ROOT:
        return saft_pt.opened(path)
    if root == poslog.ROOT:
        return poslog.opened(path)
    raise ImportFileError(
        "no DSFinV-K export (a ZIP or a folder), SAF-T PT or POSLog (XML); a till's own"
        " receipts go with `tillstream send`"
    )
