"""What is known of a sale: the newest version of each of its documents, and what was posted."""

import msgspec


class KeptDocument(msgspec.Struct):
    """One document, also after it was removed: what was posted of it is never posted again."""

    #: That of the delivery that said it last.
    version: int
    #: Its newest content, canonical (amounts.py); None: it was removed.
    wanted: bytes | None = None
    #: The content that counts now; None: nothing, or all of it was reversed.
    posted: bytes | None = None
    #: The receiptUUID of `posted`.
    uuid: str | None = None
    #: How often each content was posted, by its digest: it may come again after another one.
    times: dict[str, int] = {}
    #: The key of the document that it belongs to, of a return: of this sale or of another one.
    refers_to: str | None = None


class KeptSale(msgspec.Struct):
    """A sale; an empty one is what is known of one that nothing was heard of."""

    #: Of the newest whole delivery; None: parts alone have come.
    version: int | None = None
    #: Digests of the whole deliveries of that version: one that comes again changes nothing.
    seen: list[bytes] = []
    #: Why it is not counted: "test", "training".
    apart: str | None = None
    documents: dict[str, KeptDocument] = {}
    #: The first one that was named (`SaleState.shop`); "": none was.
    shop: str = ""
