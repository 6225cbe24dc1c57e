"""Reads how a payload becomes receipts: [sale] and [refund] of a receiver's file."""

from collections.abc import Mapping
from typing import Any

from tillstream.receivers.definition import DocumentMap, Lines, Money, SaleMap, Value
from tillstream.receivers.expressions import Expression, ExpressionError
from tillstream.streams.declared_table import DeclaredTable

#: Values of a document, and whether a sale has to have them.
SALE_VALUES = {
    "key": True,
    "version": True,
    "number": True,
    "time": True,
    "store": True,
    "zone": False,
    "terminal": False,
    "agent": False,
    "customer": False,
    "currency": False,
    "refers_to": False,
    "cancelled": False,
    "pending": False,
    "test": False,
    "training": False,
    "order_discount": False,
    "rest": False,
    "rounding": False,
}
REFUND_VALUES = {
    "key": True,
    "time": True,
    "sale": False,
    "version": False,
    **dict.fromkeys(
        ("number", "store", "zone", "terminal", "agent", "customer", "currency"), False
    ),
    **dict.fromkeys(("pending", "test", "training", "order_discount", "rest", "rounding"), False),
}
LINE_VALUES = {
    "name": True,
    "quantity": False,
    "code": False,
    "category": False,
    "category_code": False,
    "unit": False,
    "price": False,
    "amount": False,
    "discount": False,
    "tax_included": False,
    "tax_rate": False,
    "tax": False,
}
MONEY_VALUES = {"name": True, "amount": True}
TOTAL_VALUES = {"net": False, "tax": False, "gross": False}

_THIS = Expression("@")


def read_mapping(file: DeclaredTable) -> SaleMap | None:
    """The mapping of a file; None after a mistake that was told."""
    amounts = file.one_of("amounts", ("major", "minor"))
    rates = file.one_of("rates", ("percent", "fraction"))
    file.require("sale")
    table = file.table("sale", "sale")
    sale = None if table is None else _document(table, SALE_VALUES, is_refund=False)
    table = file.table("refund", "refund")
    refund = None if table is None else _document(table, REFUND_VALUES, is_refund=True)
    if sale is None:
        return None
    return SaleMap(
        "minor" if amounts == "minor" else "major",
        "fraction" if rates == "fraction" else "percent",
        sale,
        refund,
    )


def _document(table: DeclaredTable, names: Mapping[str, bool], *, is_refund: bool) -> DocumentMap:
    path = ".".join(map(str, table.path))
    found = DocumentMap(
        at=expression(table, "at") or _THIS,
        values=_values(table, names, path),
        lines=tuple(_lines(table, path)),
        tenders=tuple(_money(table, "tenders", path)),
        not_revenue=tuple(_money(table, "not_revenue", path)),
        totals=_totals(table, path),
        negate=(table.flag("negate") if is_refund else False) is not False and is_refund,
        path=path,
    )
    if not found.lines:
        table.tell(f"it has no lines; write [[{path}.lines]]")
    if not found.tenders and "rest" not in found.values:
        table.tell(f"it has no tenders; write [[{path}.tenders]], or rest = \"'unknown'\"")
    table.end()
    return found


def _lines(table: DeclaredTable, path: str) -> list[Lines]:
    found = []
    for place, values in enumerate(table.tables("lines")):
        one = DeclaredTable(table.source, (*table.path, "lines", place), values, f"{path}.lines")
        each = expression(one, "each", required=True)
        flag = one.flag("takes_order_discount")
        read = _values(one, LINE_VALUES, f"{path}.lines")
        if "price" not in values and "amount" not in values:
            one.tell("'price' or 'amount' is missing: of one unit, or of the line")
        one.end()
        found.append(Lines(each or _THIS, read, flag is not False, f"{path}.lines[{place}]"))
    return found


def _money(table: DeclaredTable, key: str, path: str) -> list[Money]:
    found = []
    for place, values in enumerate(table.tables(key)):
        one = DeclaredTable(table.source, (*table.path, key, place), values, f"{path}.{key}")
        each = expression(one, "each")
        read = _values(one, MONEY_VALUES, f"{path}.{key}")
        one.end()
        found.append(Money(each or _THIS, read, f"{path}.{key}[{place}]"))
    return found


def _totals(table: DeclaredTable, path: str) -> Mapping[str, Value]:
    totals = table.table("totals", f"{path}.totals")
    if totals is None:
        return {}
    found = _values(totals, TOTAL_VALUES, f"{path}.totals")
    totals.end()
    return found


def _values(table: DeclaredTable, names: Mapping[str, bool], path: str) -> dict[str, Value]:
    table.require(*(name for name, needed in names.items() if needed))
    found = {}
    for name in names:
        value = _value(table, name, path)
        if value is not None:
            found[name] = value
    return found


def _value(table: DeclaredTable, name: str, path: str) -> Value | None:
    where = f"{path}.{name}"
    if not table.has_table(name):
        find = expression(table, name)
        return None if find is None else Value(find, {}, None, in_stores=False, path=where)
    inner = table.table(name, where)
    if inner is None:
        return None
    find = expression(inner, "find", required=True)
    names = _names(inner)
    default = inner.text("default")
    in_stores = inner.flag("in_stores") is True
    inner.end()
    return Value(find or _THIS, names, default, in_stores, where)


def _names(table: DeclaredTable) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in table.each("table"):
        if isinstance(value, str) and value:
            found[key] = value
        else:
            table.tell(f"{key!r} has to be a text that is not empty", "table", key)
    return found


def expression(table: DeclaredTable, key: str, *, required: bool = False) -> Expression | None:
    """The expression under the key; what is wrong with it is told."""
    if required:
        table.require(key)
    text: Any = table.text(key)
    if text is None:
        return None
    try:
        return Expression(text)
    except ExpressionError as error:
        table.tell(f"{key}: {error}", key)
        return None
