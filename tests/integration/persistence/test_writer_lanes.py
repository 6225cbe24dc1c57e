"""A large batch is inserted by several connections; the first of an identity stays the first."""

from persistence.writer.inserting import LEAST_DIVIDED
from tests.support.filled_archive import Kept
from tests.support.receipts import receipt, stamped
from tillstream.archive import raw_bytes


def test_of_each_identity_in_a_batch_the_first_is_stored_and_the_others_told(kept: Kept) -> None:
    firsts = [stamped(receipt(number, cents=100)) for number in range(LEAST_DIVIDED)]
    others = [stamped(receipt(number, cents=200)) for number in range(LEAST_DIVIDED)]
    repeated = firsts[1::2]
    beside = [body for pair in zip(firsts, others, strict=True) for body in pair]

    # The first one stands alone, so that by places the others would go before the firsts.
    outcome = kept.store([stamped(receipt(LEAST_DIVIDED)), *beside, *repeated])

    stored = {raw_bytes(each) for each in kept.database.receipts.find()}
    assert (True, len(firsts) + 1, len(repeated), len(others)) == (
        set(firsts) < stored,
        len(outcome.stored),
        outcome.duplicates,
        outcome.conflicts,
    )
