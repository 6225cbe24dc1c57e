"""A Transaction of a POSLog: which it is, and whether it is a sale at all."""

from xml.etree.ElementTree import Element

from connectors.files.import_errors import RefusedReceiptError
from connectors.files.xml_records import text

#: TransactionStatus of a RetailTransaction that came to nothing.
NO_SALE = frozenset(
    {"Suspended", "Voided", "Cancelled", "Canceled", "Failed", "InProcess", "SuspendedRetrieved"}
)
#: ReasonCode of a TransactionLink: this transaction takes the linked one back.
VOIDS = frozenset({"Void", "Voided", "PostVoid", "PostVoided"})


def apart(transaction: Element) -> str | None:
    """Why a Transaction is no sale, None when it is one."""
    for flag, name in (("TrainingModeFlag", "training"), ("CancelFlag", "cancelled")):
        if is_true(transaction.get(flag)):
            return name
    sale = transaction.find("RetailTransaction")
    if sale is None:
        kind = next((child.tag for child in transaction if child.tag.endswith("Transaction")), "")
        return kind or "other transaction"
    status = sale.get("TransactionStatus", "")
    return status.lower() if status in NO_SALE else None


def is_true(value: str | None) -> bool:
    """A flag of XML Schema."""
    return value is not None and value.strip().lower() in ("true", "1")


def first(transaction: Element, *paths: str) -> str:
    """The first text that is there: of the transaction, or of its RetailTransaction."""
    sale = transaction.find("RetailTransaction")
    for path in paths:
        if found := text(transaction, path) or text(sale, path):
            return found
    return ""


def identity(transaction: Element) -> dict[str, str]:
    """Store, till, number and time. Raises RefusedReceiptError for what is missing."""
    found = {
        "storeID": first(transaction, "RetailStoreID") or _unit(transaction),
        "terminalID": first(transaction, "WorkstationID"),
        "cashReceiptID": first(transaction, "SequenceNumber"),
        "date": first(
            transaction, "EndDateTime", "ReceiptDateTime", "BeginDateTime", "POSLogDateTime"
        ),
    }
    if missing := [name for name, value in found.items() if not value]:
        raise RefusedReceiptError(f"it has no {', '.join(missing)}")
    return {name: value[:64] for name, value in found.items()}


def link(transaction: Element) -> tuple[str, bool]:
    """The transaction that this one refers to, empty without; and whether it takes that back."""
    sale = transaction.find("RetailTransaction")
    of = None if sale is None else sale.find("TransactionLink")
    if of is None:
        return "", False
    parts = (text(of, name) for name in ("RetailStoreID", "WorkstationID", "SequenceNumber"))
    return "/".join(filter(None, parts)), of.get("ReasonCode", "") in VOIDS


def _unit(transaction: Element) -> str:
    units = [unit for unit in transaction.findall("BusinessUnit/UnitID") if unit.text]
    stores = [unit for unit in units if unit.get("TypeCode", "RetailStore") == "RetailStore"]
    return (stores or units)[0].text or "" if units else ""
