"""One Beleg with its rows becomes a receipt of the contract."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from connectors.files.amounts import AmountError, rounded, shares
from connectors.files.dsfinvk.business_cases import MOVEMENT_TENDER, counter_tender
from connectors.files.dsfinvk.masters import Till
from connectors.files.dsfinvk.rows import Row
from connectors.files.import_errors import RefusedReceiptError

#: Rows of a receipt by table, each after its Z_KASSE_ID, Z_ERSTELLUNG, Z_NR and BON_ID.
Rows = Callable[[str], list[Row]]
Amount = Callable[[str], int]

#: Longest texts of the contract.
CATEGORY, CODE, TEXT = 200, 64, 1000


def receipt(
    till: Till, number: str, head: Row, rows: Rows, amount: Amount
) -> dict[str, Any] | None:
    """The receipt, None where only cash moved. Raises RefusedReceiptError."""
    _, _, z_number, bon = head[:4]
    bon_number, _, cancels, start, end, agent, customer, terminal = head[4:]
    try:
        lines, counter, totals = _lines(till, rows, amount)
        tenders = [*_tenders(till, rows("datapayment.csv"), amount), *counter]
    except AmountError as error:
        raise RefusedReceiptError(str(error)) from error
    if not lines and all(name == MOVEMENT_TENDER for name, _, _ in counter):
        return None
    net, gross = totals
    made: dict[str, Any] = {
        "cashReceiptID": bon,
        "storeID": till.store,
        "terminalID": number,
        "agentID": agent.strip()[:CODE] or None,
        "customerID": customer.strip()[:CODE] or None,
        "date": _time(end.strip() or start.strip()),
        "lines": lines,
        "documentTotal": {
            "netTotal": till.decimal(net),
            "taxPayable": till.decimal(gross - net),
            "grossTotal": till.decimal(gross),
        },
        "settlements": [
            {"paymentMechanism": name, "settlementAmount": till.decimal(minor), **more}
            for name, minor, more in tenders
        ],
        "zNumber": z_number,
    }
    if bon_number.strip():
        made["receiptNumber"] = bon_number.strip()
    if terminal.strip() and terminal.strip() != number:
        made["recordingTerminal"] = terminal.strip()
    if cancels.strip() == "1":
        made["transactionType"] = "void"
    if till.currency != "EUR":
        made["currency"] = till.currency
    for reference in rows("references.csv"):
        kind, of_till, of_number, of_bon = reference[4:]
        if kind == "Transaktion" and of_bon:
            made["corrects"] = f"{of_till or number}/{of_number or z_number}/{of_bon}"
            break
    return made


def _lines(
    till: Till, rows: Rows, amount: Amount
) -> tuple[list[dict[str, Any]], list[tuple[str, int, dict[str, Any]]], tuple[int, int]]:
    """Lines, counter-tenders, and net and gross of all lines in minor units."""
    positions = {row[4]: row for row in rows("lines.csv")}
    revenue: list[tuple[Row, float]] = []
    grosses: list[int] = []
    nets: list[int] = []
    keys: list[str] = []
    money: dict[str, int] = defaultdict(int)
    taxed = set()
    # In one order, so that a second export of the same receipt has the same content.
    for row in sorted(rows("lines_vat.csv"), key=_place):
        place, key = row[4], row[5]
        position = positions.get(place)
        if position is None:
            raise RefusedReceiptError(f"lines_vat.csv has position {place}, and lines.csv has not")
        taxed.add(place)
        try:
            name = counter_tender(position[5], position[7].strip(), key)
        except KeyError:
            raise RefusedReceiptError(
                f"position {place}: GV_TYP {position[5]!r} is none of annex C"
            ) from None
        if name is None:
            revenue.append((position, till.rate(key)))
            keys.append(key)
            grosses.append(amount(row[6]))
            nets.append(amount(row[7]))
        else:
            money[name] -= amount(row[6])
    if len(taxed) < len(positions):
        missing = next(place for place in positions if place not in taxed)
        raise RefusedReceiptError(f"lines_vat.csv has no row of position {missing}")
    exponent = till.exponent
    gross_minor, gross_total = _by_key(keys, grosses, exponent)
    net_minor, net_total = _by_key(keys, nets, exponent)
    decimal = till.decimal
    lines = [
        _line(at + 1, position, rate, decimal(net_minor[at]), decimal(gross_minor[at]), amount)
        for at, (position, rate) in enumerate(revenue)
    ]
    counter: list[tuple[str, int, dict[str, Any]]] = [
        (name, rounded(sum_, exponent), {}) for name, sum_ in money.items() if sum_
    ]
    return lines, counter, (net_total, gross_total)


def _place(row: Row) -> tuple[int, str, str]:
    return len(row[4]), row[4], row[5]


def _by_key(keys: list[str], parts: list[int], exponent: int) -> tuple[list[int], int]:
    """Parts in minor units; those of a VAT key add up to their rounded sum, as tills print it."""
    if len(parts) == 1:
        only = rounded(parts[0], exponent)
        return [only], only
    made = [0] * len(parts)
    total = 0
    for key in dict.fromkeys(keys):
        places = [at for at, other in enumerate(keys) if other == key]
        some = [parts[at] for at in places]
        sum_ = rounded(sum(some), exponent)
        total += sum_
        for at, minor in zip(places, shares(some, sum_, exponent), strict=True):
            made[at] = minor
    return made, total


def _line(
    number: int, position: Row, rate: float, net: float, gross: float, amount: Amount
) -> dict[str, Any]:
    place, case, case_name, _, code, gtin, group, group_name, text, quantity, unit = position[4:]
    count = amount(quantity) / 100_000 or 1.0
    category = group_name.strip() or case_name.strip() or case
    return {
        "lineNumber": int(place) if place.isdecimal() and len(place) < 10 else number,
        "productCode": code.strip()[:CODE] or gtin.strip()[:CODE] or case,
        "productDescription": text[:TEXT],
        "productCategoryCode": group.strip()[:CODE] or category[:CODE].strip(),
        "productCategoryName": category[:CATEGORY],
        "quantity": count,
        "unitOfMeasure": unit,
        "unitPrice": net if count == 1 else round(net / count, 6),
        "creditAmount": net,
        "taxPercentage": rate,
        "settlementAmount": gross,
    }


def _tenders(till: Till, rows: list[Row], amount: Amount) -> list[tuple[str, int, dict[str, Any]]]:
    made = []
    for row in sorted(rows):
        kind, name, currency, foreign, base = row[4:]
        minor = rounded(amount(base), till.exponent)
        if not minor:
            continue
        more: dict[str, Any] = {}
        if name.strip() and name.strip() != kind:
            more["name"] = name.strip()
        if currency.strip() not in ("", till.currency) and foreign.strip():
            more["foreignCurrency"] = currency.strip()
            more["foreignAmount"] = amount(foreign) / 100_000
        made.append((kind, minor, more))
    return made


def _time(text: str) -> str:
    """BON_ENDE as the contract has dates: the text of the file, so that the identity is its own."""
    if len(text) < len("2026-11-21T08:00:01"):
        raise RefusedReceiptError(f"BON_ENDE {text!r} is no time")
    return text
