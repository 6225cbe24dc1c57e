"""The receipts that make what is posted of a sale what is known of it: reversals, new postings."""

from hashlib import blake2b
from typing import Any, NamedTuple
from uuid import UUID

from connectors.postings.amounts import canonical, parsed
from connectors.postings.reversal import reversed_receipt
from connectors.postings.sale import KeptDocument, KeptSale


class Posting(NamedTuple):
    """A receipt to be published; the same one whenever it is made again."""

    store: str
    #: Its JSON on one line, without the door's stamps.
    line: bytes


def post(sale: KeptSale, receiver: str, name: str, version: int) -> list[Posting]:
    """What is to be published, in its order; afterwards it counts as posted.

    `name` is that of the sale ("shopify/1234"), `version` that of the delivery. A document that is
    as it was posted gives nothing.
    """
    found: list[Posting] = []
    # A return comes after what it belongs to.
    for key, document in sorted(
        sale.documents.items(), key=lambda item: item[1].refers_to is not None
    ):
        wanted = None if sale.apart else document.wanted
        if wanted == document.posted:
            continue
        fields: dict[str, Any] = {"sale": name, "version": version, "receiver": receiver}
        if document.posted is not None:
            void = reversed_receipt(parsed(document.posted)) | fields
            void["corrects"] = document.uuid
            found.append(_posting(void, receiver, key, document))
        document.posted = document.uuid = None
        if wanted is not None:
            receipt = parsed(wanted) | fields
            of = sale.documents.get(document.refers_to or "")
            if of is not None and of.uuid is not None:
                receipt["corrects"] = of.uuid
            found.append(_posting(receipt, receiver, key, document))
            document.posted, document.uuid = wanted, receipt["receiptUUID"]
    return found


def _posting(receipt: dict[str, Any], receiver: str, key: str, document: KeptDocument) -> Posting:
    receipt["receiptUUID"] = uuid_of(receiver, key, document.serial)
    document.serial += 1
    return Posting(str(receipt["storeID"]), canonical(receipt))


def uuid_of(receiver: str, key: str, serial: int) -> str:
    """The receiptUUID of a document's posting: UUID version 8 (RFC 9562) of a digest."""
    digest = blake2b(f"{receiver}\0{key}\0{serial}".encode(), digest_size=16).digest()
    bits = int.from_bytes(digest)
    bits = bits & ~(0xF << 76) | 8 << 76
    bits = bits & ~(0x3 << 62) | 2 << 62
    return str(UUID(int=bits))
