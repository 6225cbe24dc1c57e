"""A delivery's state of a sale is merged into what is known of it.

In whatever order deliveries come, once or several times, the newest version of each document is
what is known in the end: a whole delivery says of every document that it is there or not, at its
version; a partial one of its own documents alone. Of a whole and a partial one with the same
version the whole one stands; of two whole ones that differ, that which came last.
"""

from hashlib import blake2b

from connectors.mapping.documents import Document, OtherShopError, SaleState
from connectors.postings.amounts import canonical
from connectors.postings.sale import KeptDocument, KeptSale

#: Digests that are kept of one version: vendors write several changes in one second at times.
MOST_SEEN = 16


def merge(sale: KeptSale, state: SaleState) -> bool:
    """Merge `state` into `sale`; returns whether it said anything new.

    Raises OtherShopError where it is a sale of another shop.
    """
    _require_shop(sale, state)
    return _merge_whole(sale, state) if state.is_whole else _merge_part(sale, state)


def _require_shop(sale: KeptSale, state: SaleState) -> None:
    # Vendors count orders from 1 in each shop: with one id it would be a version of the other.
    if sale.shop and state.shop and sale.shop != state.shop:
        raise OtherShopError(state.sale, sale.shop, state.shop)
    sale.shop = sale.shop or state.shop


def _merge_whole(sale: KeptSale, state: SaleState) -> bool:
    known = sale.version
    # Written in one second, a sale that was paid is newer than one that is to be paid.
    if known is not None and (state.version < known or (state.pending and state.version == known)):
        return False
    # What is kept apart has no documents.
    documents = {} if state.apart else state.documents
    contents = {key: canonical(one.receipt) for key, one in documents.items()}
    digest = _digest(contents, state.apart)
    if state.version == known:
        if digest in sale.seen:
            return False
        sale.seen = [*sale.seen, digest][-MOST_SEEN:]
    else:
        sale.seen = [digest]
    sale.version, sale.apart = state.version, state.apart
    for key in [*documents, *(key for key in sale.documents if key not in documents)]:
        _put(sale, key, state.version, documents.get(key), contents.get(key))
    return True


def _merge_part(sale: KeptSale, state: SaleState) -> bool:
    if state.apart or (sale.version is not None and state.version <= sale.version):
        return False
    changed = False
    for key, one in state.documents.items():
        content = canonical(one.receipt)
        there = sale.documents.get(key)
        if there is None or (there.version, there.wanted) != (state.version, content):
            changed |= _put(sale, key, state.version, one, content)
    return changed


def _put(
    sale: KeptSale, key: str, version: int, document: Document | None, content: bytes | None
) -> bool:
    kept = sale.documents.setdefault(key, KeptDocument(version))
    if kept.version > version:
        return False
    kept.version, kept.wanted = version, content
    if document is not None:
        kept.refers_to = document.refers_to
    return True


def _digest(contents: dict[str, bytes], apart: str | None) -> bytes:
    found = blake2b((apart or "").encode(), digest_size=8)
    for key, content in sorted(contents.items()):
        found.update(b"\0" + key.encode() + b"\0" + content)
    return found.digest()
