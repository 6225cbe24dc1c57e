"""The sums of a closing's receipts beside those that the till printed on its Z report."""

from collections import defaultdict
from collections.abc import Callable

from connectors.files.amounts import rounded
from connectors.files.dsfinvk.business_cases import TOGETHER
from connectors.files.dsfinvk.masters import Till
from connectors.files.dsfinvk.rows import Row
from tillstream.money import decimal_text

Amount = Callable[[str], int]


class Sums:
    """What the receipts of one closing add up to, in hundred-thousandths."""

    def __init__(self) -> None:
        self.cases: dict[tuple[str, str], int] = defaultdict(int)
        self.tenders: dict[str, int] = defaultdict(int)

    def add(self, lines: list[Row], taxes: list[Row], payments: list[Row], amount: Amount) -> int:
        """Count a receipt; the gross of its positions. Raises AmountError."""
        cases = {line[4]: line[5] for line in lines}
        total = 0
        for tax in taxes:
            gross = amount(tax[6])
            total += gross
            case = cases.get(tax[4], "")
            self.cases[TOGETHER.get(case, case), tax[5]] += gross
        for payment in payments:
            self.tenders[payment[4]] += amount(payment[8])
        return total

    def differences(self, till: Till) -> list[str]:
        """In words, each sum of the closing that is another one, to the minor unit."""
        if not till.is_closed:
            return ["cashpointclosing.csv does not have it"]
        found = []
        for case in sorted(self.cases.keys() | till.cases.keys()):
            said, is_ = till.cases.get(case, 0), self.cases.get(case, 0)
            name, key = case
            found += _difference(till, f"businesscases.csv, {name}, VAT key {key}", said, is_)
        for kind in sorted(self.tenders.keys() | till.tenders.keys()):
            said, is_ = till.tenders.get(kind, 0), self.tenders.get(kind, 0)
            found += _difference(till, f"payment.csv, {kind}", said, is_)
        for column, told, is_ in (
            ("Z_SE_ZAHLUNGEN", till.payments, sum(self.tenders.values())),
            ("Z_SE_BARZAHLUNGEN", till.cash, self.tenders.get("Bar", 0)),
        ):
            if told is not None:
                found += _difference(till, f"cashpointclosing.csv, {column}", told, is_)
        return found


def _difference(till: Till, what: str, said: int, is_: int) -> list[str]:
    said, is_ = rounded(said, till.exponent), rounded(is_, till.exponent)
    if said == is_:
        return []
    texts = [decimal_text(minor, till.exponent) for minor in (said, is_)]
    return [f"{what}: it says {texts[0]}, the receipts {texts[1]}"]
