"""Files of an export that receipts are not made of, and why: the summary tells them."""

from connectors.files.dsfinvk import masters, rows
from connectors.files.dsfinvk.package import INDEX, Package
from tillstream.dsfinvk_tables import CLOSING

#: File -> what is in it. Others are none that the specification names.
REASONS = {
    "itemamounts.csv": "how prices came to be; lines_vat.csv has what was paid",
    "subitems.csv": "parts of articles; lines.csv has the article",
    "allocation_groups.csv": "tables and rooms of guests; the contract has none",
    "cash_per_currency.csv": "cash at the closing; payment.csv is compared",
    "slaves.csv": "further tills of a till; transactions.csv names them",
    "terminals.csv": "further tills of a till; transactions.csv names them",
    "pa.csv": "principals of agencies; lines.csv says what is sold for them",
    "tse.csv": "security devices: their signatures are not verified",
    "transactions_tse.csv": "signatures of a security device: they are not verified",
}
OTHER = "no table that receipts are made of"
#: Files that are named.
NAMED = 30


def told(package: Package) -> list[str]:
    """In words, each file of the export that is not read."""
    read = {*rows.WANTED, *masters.WANTED, INDEX}
    names = sorted({*package.sizes, *package.others} - read)
    texts = [
        f"{ascii(name[:60])[1:-1]}: {REASONS.get(name, OTHER)}"
        for name in names
        if not name.endswith(".dtd") and not _is_empty(package, name)
    ]
    more = len(texts) - NAMED
    return texts if more <= 0 else [*texts[:NAMED], f"and {more} more files"]


def _is_empty(package: Package, name: str) -> bool:
    """Whether a table that is known has no row below its head."""
    if name not in package.sizes:
        return False
    with package.open(name) as source:
        head = source.readline(64 * 1024)
        return head.upper().find(CLOSING[0].encode()) >= 0 and not source.readline(16).strip()
