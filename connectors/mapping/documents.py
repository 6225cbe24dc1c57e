"""What a delivery says of a sale: the documents that it has at a version."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from tillstream.errors import TillstreamError


class Document(NamedTuple):
    """One receipt to be: the sale, or one refund of it."""

    #: Unique in its sale, and that of a sale itself in its receiver: `sale/1234`, `refund/77`.
    key: str
    #: As the contract has it, amounts as Decimal; without receiptUUID and the worker's own fields.
    receipt: dict[str, Any]
    #: Key of the document that a return belongs to, of this sale or of another one.
    refers_to: str | None


def sale_document(key: str) -> str:
    """Key of the document that a sale itself is, by the vendor's id of it."""
    return f"sale/{key}"


def sale_name(receiver: str, key: str) -> str:
    """`SaleState.sale`, by the vendor's id of it."""
    return f"{receiver}/{key}"


def sale_name_of(receiver: str, document: str) -> str:
    """The sale whose own document has this key."""
    return sale_name(receiver, document.removeprefix(sale_document("")))


class SaleState(NamedTuple):
    """A sale at a version."""

    #: `shopify/1234`
    sale: str
    #: The vendor's number of the version, or its time of the last change in microseconds.
    version: int
    #: False where it only adds its documents, as a refund alone does.
    is_whole: bool
    #: By their keys; empty where the sale is cancelled.
    documents: dict[str, Document]
    #: `test` or `training`: counted, and not emitted.
    apart: str | None
    #: No sale yet, or no more: nothing of it counts.
    pending: bool = False
    #: The shop that says it, by the delivery's header; "" where none names one.
    shop: str = ""


class Fetch(NamedTuple):
    """What has to be asked first, as the delivery only names an id."""

    url: str
    headers: Mapping[str, str]


class MappingError(TillstreamError):
    """A payload that cannot be mapped."""

    def __init__(self, rule: str, path: str, found: str, mend: str) -> None:
        """`path` is that of the definition's value, or of the receipt."""
        self.rule = rule
        self.path = path
        self.found = found
        self.mend = mend
        super().__init__(f"{rule} at {path}: {found}; {mend}")


class OtherShopError(MappingError):
    """A sale of one shop under the id of another shop's."""

    def __init__(self, sale: str, first: str, other: str) -> None:
        super().__init__(
            "other shop",
            "delivery.source_header",
            f"{sale} of {other[:100]!r} is one of {first[:100]!r} already",
            "give each shop a receiver of its own, a copy of the file under another name; of a"
            " shop that has moved write the new name and the old one to [delivery.moved], then"
            " `tillstream receivers retry`",
        )
