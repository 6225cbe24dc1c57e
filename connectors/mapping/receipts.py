"""A sale or a refund of a payload as a receipt of the contract."""

from typing import Any

from connectors.mapping.amounts import Units
from connectors.mapping.documents import MappingError
from connectors.mapping.lines import computed_lines
from connectors.mapping.moments import date_text
from connectors.mapping.scope import Scope
from connectors.mapping.tenders import computed_tenders
from tillstream.currencies import CURRENCY, exponent_of
from tillstream.receivers.definition import DocumentMap, Receiver, Value


class Place:
    """A document of the payload, and the sale around it, of which it has what it lacks."""

    def __init__(self, scope: Scope, document: DocumentMap, sale: "Place | None" = None) -> None:
        self.scope = scope
        self.document = document
        self.sale = sale

    def value(self, name: str) -> tuple[Scope, Value | None]:
        """Where a value is found: here, else in the sale."""
        if name in self.document.values or self.sale is None:
            return self.scope, self.document.values.get(name)
        return self.sale.value(name)

    def text(self, name: str) -> str | None:
        """The value's text, None where nothing is."""
        scope, value = self.value(name)
        return scope.text(value)

    def flag(self, name: str) -> bool:
        """Whether the value says yes."""
        scope, value = self.value(name)
        return scope.flag(value)

    def key(self) -> str:
        """The vendor's id of it."""
        return self.scope.needed_key(self.document.values["key"])


def receipt_of(receiver: Receiver, place: Place) -> dict[str, Any]:
    """The receipt, without what the worker adds; raises MappingError."""
    scope, document = place.scope, place.document
    values = document.values
    currency = place.text("currency")
    units = Units(
        _exponent(currency or scope.currency, document),
        receiver.mapping.amounts == "minor",
        receiver.mapping.rates == "fraction",
    )
    sign = -1 if document.negate else 1
    sums = computed_lines(scope, document, units, sign)
    _compare(scope, document, units, sign * sums.net, sign * sums.gross)
    store_scope, store = place.value("store")
    number = values.get("number", values["key"])
    receipt: dict[str, Any] = {
        "cashReceiptID": scope.needed(number),
        "storeID": store_scope.needed(store) if store else receiver.name,
        "terminalID": place.text("terminal") or receiver.name,
        "agentID": place.text("agent"),
        "customerID": place.text("customer"),
        "date": date_text(scope.found(values["time"]), place.text("zone"), values["time"]),
        "lines": sums.lines,
        "documentTotal": {
            "netTotal": units.major(sums.net),
            "taxPayable": units.major(sums.gross - sums.net),
            "grossTotal": units.major(sums.gross),
        },
        "settlements": computed_tenders(scope, document, units, sign, sums.gross, len(sums.lines)),
    }
    if currency is not None:
        receipt["currency"] = currency
    elif scope.currency not in (None, CURRENCY):
        # It stays so, whatever the setting is later.
        receipt["currency"] = scope.currency
    return receipt


def _exponent(currency: str | None, document: DocumentMap) -> int:
    try:
        return exponent_of(currency)
    except ValueError as error:
        raise MappingError(
            "currency", f"{document.path}.currency", str(error), "mend the expression"
        ) from error


def _compare(scope: Scope, document: DocumentMap, units: Units, net: int, gross: int) -> None:
    """Raises MappingError where the vendor's own total is another."""
    ours = {"net": net, "tax": gross - net, "gross": gross}
    for name, value in document.totals.items():
        said = scope.number(value)
        if said is not None and units.minor(said) != ours[name]:
            raise MappingError(
                f"total-{name}",
                value.path,
                f"the vendor says {units.major(units.minor(said))}, the lines add up to"
                f" {units.major(ours[name])}",
                "a line, a discount or a tax is missing in the definition, or counts twice",
            )
