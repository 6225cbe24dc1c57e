"""The states that a delivery says become postings: merged, checked, put into the outbox."""

from collections import Counter
from collections.abc import Sequence
from functools import partial

from connectors.mapping.documents import MappingError, OtherShopError, SaleState, sale_name_of
from connectors.postings.merging import merge
from connectors.postings.posting import post
from connectors.postings.reversal import VOID
from connectors.postings.sale import KeptSale
from connectors.state.counters import APART, HEALED, PASSED, RECEIPTS, REVERSALS
from connectors.state.state_file import State
from connectors.state.waiting import SaleVersion
from connectors.worker.contract import Contract, day_of
from tillstream.receivers.delivery import Delivery

_DAY_US = 24 * 3600 * 1_000_000
#: `date.toordinal` of 1970-01-01.
_EPOCH = 719_163
_VOID = b'"transactionType":"%b"' % VOID.encode()


class SaleError(MappingError):
    """A sale that its mapping gives, and that cannot be posted; `sale` says which version.

    None where the delivery has other sales too: no later one of that sale brings those.
    """

    def __init__(self, sale: SaleVersion | None, error: MappingError) -> None:
        self.sale = sale
        super().__init__(error.rule, error.path, error.found, error.mend)


def unix_day(microseconds: int) -> int:
    """The day of a Unix time in UTC, as `date.toordinal` counts."""
    return _EPOCH + microseconds // _DAY_US


class Applying:
    """Works within the transaction of the state."""

    def __init__(self, state: State, contract: Contract, sales_days: int) -> None:
        """`sales_days`: for so long a sale is known after it was heard of last."""
        self._state = state
        self._contract = contract
        self._sales_days = sales_days

    def apply(self, delivery: Delivery, states: Sequence[SaleState]) -> Counter[tuple[str, str]]:
        """Post what changes; returns what is to be counted. Raises SaleError, having written a
        part: the caller undoes it.
        """
        counted: Counter[tuple[str, str]] = Counter()
        for one in states:
            try:
                self._apply(delivery, one, counted)
            except MappingError as error:
                # A delivery of the sale's own shop says nothing of another shop's.
                is_known = len(states) == 1 and not isinstance(error, OtherShopError)
                alone = SaleVersion(one.sale, one.version) if is_known else None
                raise SaleError(alone, error) from error
        if not states:
            counted[delivery.receiver, PASSED] += 1
        return counted

    def _apply(
        self, delivery: Delivery, said: SaleState, counted: Counter[tuple[str, str]]
    ) -> None:
        receiver, state = delivery.receiver, self._state
        if said.pending:
            counted[receiver, PASSED] += 1
        elif said.apart:
            counted[receiver, APART] += 1
        sale = state.sales.get(receiver, said.sale)
        self._require_recent(delivery, said, sale)
        if merge(sale, said):
            elsewhere = partial(self._uuid_elsewhere, receiver)
            postings = post(sale, receiver, said.sale, said.version, elsewhere)
            state.outbox.put(self._contract.checked(one, delivery.received_us) for one in postings)
            counted[receiver, RECEIPTS] += len(postings)
            counted[receiver, REVERSALS] += sum(_VOID in one.line for one in postings)
            days = [day_of(str(one.receipt.get("date"))) for one in said.documents.values()]
            state.sales.put(receiver, said.sale, max([unix_day(delivery.received_us), *days]), sale)
        elif not said.apart and not said.pending:
            counted[receiver, PASSED] += 1
        if said.is_whole:
            known = SaleVersion(said.sale, said.version)
            counted[receiver, HEALED] += state.waiting.heal(receiver, known, delivery.received_us)

    def _uuid_elsewhere(self, receiver: str, document: str) -> str | None:
        """The receiptUUID that counts now of another sale's own document."""
        sale = self._state.sales.get(receiver, sale_name_of(receiver, document))
        kept = sale.documents.get(document)
        return None if kept is None else kept.uuid

    def _require_recent(self, delivery: Delivery, said: SaleState, sale: KeptSale) -> None:
        # It may have been posted, and forgotten since.
        least = unix_day(delivery.received_us) - self._sales_days
        for key, one in said.documents.items():
            when = str(one.receipt.get("date"))
            if key not in sale.documents and day_of(when) < least:
                raise MappingError(
                    "too late",
                    "$.date",
                    f"{key} is of {when[:10]} and not known any more",
                    f"it is older than RECEIVER_SALES_DAYS={self._sales_days}: where it was never"
                    " counted, raise that and `tillstream receivers retry`",
                )
