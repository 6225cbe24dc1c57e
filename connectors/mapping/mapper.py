"""From a delivery to what it says of sales. Holds no I/O."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from connectors.mapping.documents import (
    Document,
    Fetch,
    MappingError,
    SaleState,
    sale_document,
    sale_name,
)
from connectors.mapping.moments import version_number
from connectors.mapping.payload import payload
from connectors.mapping.reads import Reads
from connectors.mapping.receipt_check import check
from connectors.mapping.receipts import Place, receipt_of
from connectors.mapping.scope import Scope
from tillstream.receivers.definition import Fetched, Receiver
from tillstream.receivers.delivery import Delivery
from tillstream.receivers.expressions import ExpressionError
from tillstream.receivers.variables import BASE, TOKEN, variable
from tillstream.stores import StoreTable

_MOST_SALES = 1_000


def mapped(
    receiver: Receiver,
    delivery: Delivery,
    stores: StoreTable | None = None,
    reads: Reads | None = None,
    content: Any = None,
    currency: str | None = None,
) -> list[SaleState]:
    """The states of sales that a delivery tells, none where it is passed over.

    What has to be fetched first (`fetch_of`) comes here with the answer's body. Raises
    MappingError.

    `reads` notes what is used of `content`, the payload that was read before. `currency` is the
    chain's: amounts of a receipt that names none have its decimals.
    """
    content = payload(delivery.body, receiver.delivery.form_field) if content is None else content
    topic = topic_of(receiver, delivery, content)
    # An answer of the vendor's API names no topic: it is a sale as a whole.
    kind = "sale" if not topic and receiver.fetch is not None else _kind(receiver, topic)
    if kind == "ignored":
        return []
    root = Scope(content, {"_root": content}, reads or Reads(), stores, currency)
    shop = _shop(receiver, delivery.source)
    if kind == "refund":
        return [one._replace(shop=shop) for one in _refund_alone(receiver, root, content)]
    at = receiver.mapping.sale.at
    elements = root.elements(at, "sale.at")
    if not elements:
        raise MappingError("missing", "sale.at", f"{at.text} finds no sale", "mend the expression")
    if len(elements) > _MOST_SALES:
        raise MappingError(
            "too-many", "sale.at", f"{len(elements)} sales", f"at most {_MOST_SALES}"
        )
    return [
        state._replace(shop=shop)
        for each in elements
        for state in _whole(receiver, root.inner(each, _sale=each))
    ]


def fetch_of(receiver: Receiver, delivery: Delivery, environ: Mapping[str, str]) -> Fetch | None:
    """What has to be asked first; None where the delivery has the sale. Raises MappingError."""
    fetch = receiver.fetch
    if fetch is None:
        return None
    content = payload(delivery.body, receiver.delivery.form_field)
    if not _names_an_id(receiver, fetch, delivery, content):
        return None
    return _fetch(receiver, fetch, content, environ)


def is_fetched(receiver: Receiver, delivery: Delivery) -> bool:
    """Whether it only names what has to be asked for; needs no token. Raises MappingError."""
    fetch = receiver.fetch
    if fetch is None:
        return False
    content = payload(delivery.body, receiver.delivery.form_field)
    return _names_an_id(receiver, fetch, delivery, content)


def _names_an_id(receiver: Receiver, fetch: Fetched, delivery: Delivery, content: Any) -> bool:
    topic = topic_of(receiver, delivery, content)
    return _matches(topic, fetch.topics) and _kind(receiver, topic) != "ignored"


def _fetch(receiver: Receiver, fetch: Fetched, content: Any, environ: Mapping[str, str]) -> Fetch:
    try:
        found = fetch.id.of(content)
    except ExpressionError as error:
        raise MappingError("expression", "fetch.id", str(error), "mend the expression") from error
    if not isinstance(found, (str, int)) or isinstance(found, bool) or found == "":
        raise MappingError(
            "missing", "fetch.id", f"{fetch.id.text} finds no id", "mend the expression"
        )
    base = environ.get(variable(receiver.name, BASE), "").rstrip("/") or fetch.base
    token = environ.get(variable(receiver.name, TOKEN), "")
    if not token and any("{token}" in value for value in fetch.headers.values()):
        raise MappingError(
            "token",
            "fetch.headers",
            f"{variable(receiver.name, TOKEN)} is not set",
            "set it for the connectors",
        )
    url = fetch.url.replace("{base}", base).replace("{id}", quote(str(found), safe=""))
    headers = {key: value.replace("{token}", token) for key, value in fetch.headers.items()}
    return Fetch(url, headers)


def topic_of(receiver: Receiver, delivery: Delivery, content: Any) -> str:
    """The topic: of the header, else of the body, else the default."""
    if delivery.topic:
        return delivery.topic
    expression = receiver.delivery.topic
    if expression is not None:
        try:
            found = expression.of(content)
        except ExpressionError:
            found = None
        if isinstance(found, str) and found:
            return found
    return receiver.delivery.default_topic


def _shop(receiver: Receiver, source: str) -> str:
    """What a header calls the shop: an address is the same by http, and without its last `/`."""
    moved = {_name(new): _name(old) for new, old in receiver.delivery.moved.items()}
    return moved.get(_name(source), _name(source))


def _name(source: str) -> str:
    return source.strip().lower().removeprefix("https://").removeprefix("http://").rstrip("/")


def _kind(receiver: Receiver, topic: str) -> str:
    """`sale`, `refund` or `ignored`, an exact name before a pattern; raises MappingError."""
    topics = receiver.topics._asdict()
    for exactly in (True, False):
        for kind, names in topics.items():
            if topic in names if exactly else _matches(topic, names):
                if kind == "apart":
                    raise MappingError(
                        "topic", "topics.apart", f"{topic!r} is set aside", "look at it"
                    )
                return kind
    raise MappingError(
        "topic", "topics", f"no list has {topic!r}", "write it to sale, refund, ignored or apart"
    )


def _matches(topic: str, names: tuple[str, ...]) -> bool:
    return any(
        topic.startswith(name[:-1]) if name.endswith("*") else topic == name for name in names
    )


def _whole(receiver: Receiver, scope: Scope) -> Iterator[SaleState]:
    sale_map, refund_map = receiver.mapping.sale, receiver.mapping.refund
    sale = Place(scope, sale_map)
    key = sale.key()
    name, version, apart = sale_name(receiver.name, key), _version(sale), _apart(sale)
    documents: dict[str, Document] = {}
    pending = sale.flag("pending")
    if not pending and not sale.flag("cancelled"):
        own = sale_document(key)
        returned = scope.key(sale_map.values.get("refers_to"))
        refers_to = None if returned is None else sale_document(returned)
        documents[own] = Document(own, _checked(receiver, sale), refers_to)
        if refund_map is not None:
            for element in scope.elements(refund_map.at, "refund.at"):
                refund = Place(scope.inner(element, _refund=element), refund_map, sale)
                if not refund.scope.flag(refund_map.values.get("pending")):
                    _add(documents, _refund(receiver, refund, own))
    yield SaleState(name, version, True, documents, apart, pending)


def _refund_alone(receiver: Receiver, root: Scope, content: Any) -> Iterator[SaleState]:
    refund_map = receiver.mapping.refund
    if refund_map is None or "sale" not in refund_map.values:
        raise MappingError(
            "topic", "refund.sale", "a refund alone", "say by refund.sale where its sale's key is"
        )
    scope = root.inner(content, _sale=content, _refund=content)
    refund = Place(scope, refund_map, Place(scope, receiver.mapping.sale))
    if scope.flag(refund_map.values.get("pending")):
        return
    sale_key = scope.needed_key(refund_map.values["sale"])
    document = _refund(receiver, refund, sale_document(sale_key))
    yield SaleState(
        sale_name(receiver.name, sale_key),
        _version(refund),
        False,
        {document.key: document},
        _apart(refund),
    )


def _refund(receiver: Receiver, refund: Place, sale: str) -> Document:
    return Document(f"refund/{refund.key()}", _checked(receiver, refund), sale)


def _add(documents: dict[str, Document], document: Document) -> None:
    if document.key in documents:
        raise MappingError(
            "key", "refund.key", f"{document.key} comes twice", "each refund needs a key of its own"
        )
    documents[document.key] = document


def _checked(receiver: Receiver, place: Place) -> dict[str, Any]:
    path = place.document.path
    try:
        receipt = receipt_of(receiver, place)
    except ArithmeticError as error:
        raise MappingError(
            "number", path, "an amount beyond all bounds", "mend the expression"
        ) from error
    check(receipt, path)
    return receipt


def _version(place: Place) -> int:
    scope, value = place.value("version")
    if value is None:
        raise MappingError("missing", "sale.version", "nothing", "say where it is")
    return version_number(scope.found(value), value)


def _apart(place: Place) -> str | None:
    return next((name for name in ("test", "training") if place.flag(name)), None)
