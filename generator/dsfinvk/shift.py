"""One closing of a till: its receipts, row by row, and the sums of its Z report."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from random import Random
from typing import NamedTuple

from generator.dsfinvk.articles import ARTICLES, FINE, Article, fine_net, five, quoted, two

#: Shares of receipts.
DISCOUNTED, TIPPED, GIFT_CARD, CANCELLED, RETURNED, TRAINING = 0.06, 0.03, 0.01, 0.01, 0.01, 0.002
#: A reduction of the whole receipt, percent.
DISCOUNT_PERCENT = 10

Rows = dict[str, list[str]]


class Position(NamedTuple):
    """A position: its case and VAT key, quantity, gross in cents, and its cells in lines.csv."""

    case: str
    vat: str
    gross: int
    cells: str


@lru_cache(maxsize=1_024)
def _sold(article: Article, quantity: int) -> Position:
    gross = article.price * quantity
    cells = (
        f'"";{quoted(article.text)};"";"Umsatz";"";0;0;0;"{article.code}";"";"{article.group}";'
        f'{quoted(article.group_name)};{quantity},000;1,000;"Stück";{five(article.price * FINE)}'
    )
    return Position("Umsatz", article.vat, gross, cells)


@lru_cache(maxsize=16_384)
def _other(case: str, text: str, vat: str, gross: int) -> Position:
    cells = f'"";"{text}";"";"{case}";"";0;0;0;"";"";"";"";1,000;1,000;"";{five(gross * FINE)}'
    return Position(case, vat, gross, cells)


@lru_cache(maxsize=65_536)
def _taxed(gross: int, vat: str) -> tuple[str, int]:
    """Cells of lines_vat.csv from the VAT key on, and the net in hundred-thousandths."""
    net = fine_net(gross, vat)
    return f"{vat};{five(gross * FINE)};{five(net)};{five(gross * FINE - net)}", net


class Shift:
    """Makes the rows of one closing."""

    def __init__(self, till: str, number: int, opened: datetime, rng: Random) -> None:
        self.prefix = ""
        self.till = till
        self.number = number
        self._at = opened
        self._rng = rng
        self.rows: Rows = defaultdict(list)
        self.cases: dict[tuple[str, str], list[int]] = {}
        self.tenders: dict[str, int] = defaultdict(int)
        self.last = 0

    def run(self, receipts: int, closed: datetime) -> None:
        """`receipts` receipts, and what else is on a till's roll."""
        self.prefix = f'"{self.till}";"{closed.isoformat()}";{self.number};'
        rng, left = self._rng, receipts
        while left:
            left -= 1
            positions = list(self._positions())
            self._receipt(positions, rng.random() < 0.55)
            if left and (chance := rng.random()) < CANCELLED + RETURNED:
                left -= 1
                if chance < CANCELLED:
                    self._reverse(positions, "1")
                else:
                    self._reverse(positions[:1], "0")
            if rng.random() < TRAINING:
                self._receipt([_sold(ARTICLES[0], 1)], True, kind="AVTraining")
        cash = self.tenders["Bar"]
        if cash:
            self._receipt([_other("Geldtransit", "An die Bank", "5", -cash)], True)

    def _positions(self) -> Iterator[Position]:
        rng = self._rng
        chance = rng.random()
        if chance < GIFT_CARD:
            yield _other("MehrzweckgutscheinKauf", "Gutschein", "5", 2_000)
            return
        first = None
        for _ in range(1 + int(rng.random() ** 2 * 4)):
            article = ARTICLES[int(rng.random() * len(ARTICLES))]
            position = _sold(article, 1 + int(rng.random() ** 3 * 4))
            first = first or position
            yield position
        if first is not None and chance < GIFT_CARD + DISCOUNTED:
            off = -(first.gross * DISCOUNT_PERCENT // 100)
            yield _other("Rabatt", "Rabatt 10 %", first.vat, off)
        elif chance < GIFT_CARD + DISCOUNTED + TIPPED:
            yield _other("TrinkgeldAN", "Trinkgeld", "5", 50)

    def _reverse(self, positions: list[Position], flag: str) -> None:
        of = self.last
        negated = [Position(p.case, p.vat, -p.gross, _negated(p.cells)) for p in positions]
        self._receipt(negated, True, flag=flag)
        self.rows["references.csv"].append(
            f'{self.prefix}"{self.last}";"";"Transaktion";"";"";"{self.till}";{self.number};"{of}"'
        )

    def _receipt(
        self, positions: list[Position], cash: bool, kind: str = "Beleg", flag: str = "0"
    ) -> None:
        self.last += 1
        bon = f'{self.prefix}"{self.last}";'
        lines, taxes = self.rows["lines.csv"], self.rows["lines_vat.csv"]
        sums: dict[str, list[int]] = {}
        gross = 0
        counts = kind == "Beleg"
        for place, position in enumerate(positions, 1):
            lines.append(f'{bon}"{place}";{position.cells}')
            cells, net = _taxed(position.gross, position.vat)
            taxes.append(f'{bon}"{place}";{cells}')
            gross += position.gross
            of_key = sums.setdefault(position.vat, [0, 0])
            of_key[0] += position.gross
            of_key[1] += net
            if counts:
                case = self.cases.setdefault((position.case, position.vat), [0, 0])
                case[0] += position.gross
                case[1] += net
        for vat, (gross_of_key, net) in sums.items():
            net = (net + FINE // 2) // FINE
            self.rows["transactions_vat.csv"].append(
                f"{bon}{vat};{two(gross_of_key)};{two(net)};{two(gross_of_key - net)}"
            )
        tender = "Bar" if cash else "Unbar"
        self.rows["datapayment.csv"].append(
            f'{bon}"{tender}";"{"Bargeld" if cash else "Girocard"}";"";"";{two(gross)}'
        )
        if counts:
            self.tenders[tender] += gross
        start = self._at.isoformat()
        self._at += timedelta(seconds=20 + int(self._rng.random() * 40))
        self.rows["transactions.csv"].append(
            f'{bon}{self.last};"{kind}";"";"{self.till}";{flag};"{start}";'
            f'"{self._at.isoformat()}";"4";"Bedienung 4";{two(gross)}'
            ';"";"";"";"";"";"";"";"";""'
        )


@lru_cache(maxsize=4_096)
def _negated(cells: str) -> str:
    """The same position with its quantity negated: it stands before factor, unit and price."""
    parts = cells.rsplit(";", 4)
    parts[1] = parts[1].removeprefix("-") if parts[1].startswith("-") else f"-{parts[1]}"
    return ";".join(parts)
