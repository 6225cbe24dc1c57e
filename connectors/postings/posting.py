"""The receipts that make what is posted of a sale what is known of it: reversals, new postings."""

from collections.abc import Callable
from hashlib import blake2b
from typing import Any, NamedTuple
from uuid import UUID

from connectors.mapping.documents import sale_document, sale_name
from connectors.postings.amounts import canonical, parsed
from connectors.postings.reversal import reversed_receipt
from connectors.postings.sale import KeptDocument, KeptSale


class Posting(NamedTuple):
    """A receipt to be published; the same one whenever it is made again."""

    store: str
    #: Its JSON on one line, without the door's stamps.
    line: bytes


def post(
    sale: KeptSale,
    receiver: str,
    name: str,
    version: int,
    uuid_elsewhere: Callable[[str], str | None] = lambda _: None,
) -> list[Posting]:
    """What is to be published, in its order; afterwards it counts as posted.

    `name` is that of the sale ("shopify/1234"), `version` that of the delivery. A document that is
    as it was posted gives nothing. `uuid_elsewhere` is asked for the receiptUUID of a document of
    another sale, by its key; None where nothing of it counts: the return is posted without it.
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
            void["receiptUUID"] = uuid_of("void", document.uuid)
            found.append(_posting(void))
        document.posted = document.uuid = None
        if wanted is not None:
            receipt = parsed(wanted) | fields
            returned = _returned(sale, document, uuid_elsewhere)
            if returned is not None:
                receipt["corrects"] = returned
            # The sale's own key is in its name; that of a refund may be one of its sale alone.
            own = key == sale_document(name.removeprefix(sale_name(receiver, "")))
            unique = key if own else f"{name}\0{key}"
            receipt["receiptUUID"] = _next_uuid(receiver, unique, document, wanted)
            found.append(_posting(receipt))
            document.posted, document.uuid = wanted, receipt["receiptUUID"]
    return found


def _returned(
    sale: KeptSale, document: KeptDocument, uuid_elsewhere: Callable[[str], str | None]
) -> str | None:
    """The receiptUUID of what a return belongs to."""
    if document.refers_to is None:
        return None
    of = sale.documents.get(document.refers_to)
    return uuid_elsewhere(document.refers_to) if of is None else of.uuid


def _next_uuid(receiver: str, key: str, document: KeptDocument, content: bytes) -> str:
    """By the content and how often it was posted before, not by what else was posted.

    So a state that was lost is made again with the same identities, also where the log of
    deliveries has lost its beginning, or a mapping was mended since: what counts already is a
    repetition.
    """
    digest = blake2b(content, digest_size=8).hexdigest()
    times = document.times.get(digest, 0)
    document.times[digest] = times + 1
    return uuid_of(receiver, key, digest, times)


def _posting(receipt: dict[str, Any]) -> Posting:
    return Posting(str(receipt["storeID"]), canonical(receipt))


def uuid_of(*parts: object) -> str:
    """The receiptUUID of a posting: UUID version 8 (RFC 9562) of a digest of what it is."""
    digest = blake2b("\0".join(map(str, parts)).encode(), digest_size=16).digest()
    bits = int.from_bytes(digest)
    bits = bits & ~(0xF << 76) | 8 << 76
    bits = bits & ~(0x3 << 62) | 2 << 62
    return str(UUID(int=bits))
