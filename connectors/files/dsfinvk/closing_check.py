"""The sums of a closing's receipts beside those that the till printed on its Z report."""

from collections import defaultdict
from collections.abc import Callable

from connectors.files.amounts import rounded
from connectors.files.dsfinvk.masters import MAX_SUMS, Till
from connectors.files.dsfinvk.positions import Position
from connectors.files.dsfinvk.rows import Row
from connectors.files.import_errors import ImportFileError
from tillstream.money import decimal_text

Amount = Callable[[str], int]


class Sums:
    """What the receipts of one closing add up to, in hundred-thousandths."""

    def __init__(self) -> None:
        self.cases: dict[tuple[str, str], int] = defaultdict(int)
        self.tenders: dict[str, int] = defaultdict(int)

    def add(self, positions: list[Position], payments: list[Row], amount: Amount) -> int:
        """Count a receipt; the gross of its positions. Raises AmountError, and ImportFileError
        where a closing has more kinds of sums than one may have.
        """
        total = 0
        for one in positions:
            total += one.gross
            self.cases[one.case, one.key] += one.gross
        for payment in payments:
            self.tenders[payment[4]] += amount(payment[8])
        if len(self.cases) + len(self.tenders) > MAX_SUMS:
            raise ImportFileError(
                f"a closing has more than {MAX_SUMS} business cases by VAT key, and tenders; export"
                " it again"
            )
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
