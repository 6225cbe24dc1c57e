"""What a receiver's file declares. Pure data; docs/receivers.md says how it is written."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

from tillstream.receivers.expressions import Expression

#: How a delivery is signed: an HMAC of it, or a secret that it carries.
Scheme = Literal["hmac-sha256", "hmac-sha1", "hmac-sha512", "token"]
Encoding = Literal["base64", "hex"]
#: How a header says when a delivery was sent.
TimeFormat = Literal["seconds", "milliseconds", "iso"]
#: Parts of what is signed by their names; any other text of `Signature.over` stands for itself.
PARTS = ("body", "url", "id", "timestamp")


class Signature(NamedTuple):
    """How the door knows that a delivery is the vendor's."""

    scheme: Scheme
    #: The header that has the signature or the token. One of both is there.
    header: str | None
    #: Of a token: the query parameter that has it.
    query: str | None
    #: A regular expression whose only group is the signature, where the header has more; every
    #: match is tried.
    pattern: str | None
    encoding: Encoding
    #: Whether the secret is the text that was typed, or its Base64 (`whsec_` before it is passed).
    secret: Literal["text", "base64"]
    #: What is signed, in this order: PARTS, and texts that stand for themselves.
    over: tuple[str, ...]
    timestamp_header: str | None
    #: A regular expression whose only group is the timestamp, where its header has more.
    timestamp_pattern: str | None
    timestamp_format: TimeFormat
    #: How far the timestamp may be from the door's clock, microseconds; None: it has none.
    window: int | None
    #: A regular expression of the whole body of what the vendor sends unsigned when somebody sets
    #: it up; it is answered with 200, and nothing of it is kept.
    ping: str | None


class Headers(NamedTuple):
    """Which headers of a delivery say what, and where the body has it instead."""

    id_header: str | None
    topic_header: str | None
    source_header: str | None
    #: Of the body, where no header has it.
    topic: Expression | None
    #: What stands for a topic where nothing has one.
    default_topic: str
    #: A form's field that has the JSON; None: the body is the JSON.
    form_field: str | None
    #: What a shop was called by its first deliveries, by what `source_header` has now.
    moved: Mapping[str, str] = MappingProxyType({})


class Topics(NamedTuple):
    """What is done with a delivery by its topic; `*` at the end stands for anything."""

    sale: tuple[str, ...]
    refund: tuple[str, ...]
    ignored: tuple[str, ...]
    #: Set aside, to be looked at.
    apart: tuple[str, ...]


class Fetched(NamedTuple):
    """What has to be asked of the vendor's API, as the delivery only names an id."""

    topics: tuple[str, ...]
    id: Expression
    #: With `{id}`; `{base}` is RECEIVER_<NAME>_BASE, by default `base`.
    url: str
    base: str
    #: With `{token}`, which is RECEIVER_<NAME>_TOKEN.
    headers: Mapping[str, str]


class Value(NamedTuple):
    """How one value is found: by an expression, then a table, then a default."""

    find: Expression
    #: What a value is called here; one that is not in it has the default, or stays as it is.
    table: Mapping[str, str]
    default: str | None
    #: Whether STORES_FILE is asked, for a store of this number or name.
    in_stores: bool
    #: Where it stands in the file, as `sale.store`.
    path: str


class Lines(NamedTuple):
    """Lines of a receipt, one for each element that `each` finds."""

    each: Expression
    values: Mapping[str, Value]
    #: Whether the discount of the whole sale is spread over them.
    takes_order_discount: bool
    path: str


class Money(NamedTuple):
    """Tenders, or amounts paid that are no revenue, one for each element that `each` finds."""

    each: Expression
    values: Mapping[str, Value]
    path: str


class DocumentMap(NamedTuple):
    """How a sale, or a refund, becomes a receipt."""

    #: Where it stands in the payload; of refunds, in the sale.
    at: Expression
    values: Mapping[str, Value]
    lines: tuple[Lines, ...]
    tenders: tuple[Money, ...]
    not_revenue: tuple[Money, ...]
    #: What the vendor says the receipt adds up to: net, tax, gross.
    totals: Mapping[str, Value]
    #: Whether the vendor's amounts of a refund are positive, so that they are negated here.
    negate: bool
    path: str


class SaleMap(NamedTuple):
    """From a payload to the receipts of a sale."""

    amounts: Literal["major", "minor"]
    rates: Literal["percent", "fraction"]
    sale: DocumentMap
    refund: DocumentMap | None


class Receiver(NamedTuple):
    """One file."""

    name: str
    title: str
    file: str
    signature: Signature
    delivery: Headers
    topics: Topics
    fetch: Fetched | None
    mapping: SaleMap
