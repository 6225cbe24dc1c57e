"""A batch is inserted in the order of its identities; the first of each stays the first."""

from tests.support.filled_archive import Kept
from tests.support.receipts import receipt, stamped
from tillstream.archive import raw_bytes

RECEIPTS = 200


def test_of_each_identity_in_a_batch_the_first_is_stored_and_the_others_told(kept: Kept) -> None:
    firsts = [stamped(receipt(number, cents=100)) for number in range(RECEIPTS)]
    others = [stamped(receipt(number, cents=200)) for number in range(RECEIPTS)]
    repeated = firsts[1::2]
    beside = [body for pair in zip(firsts, others, strict=True) for body in pair]

    outcome = kept.store([stamped(receipt(RECEIPTS)), *beside, *repeated])

    stored = {raw_bytes(each) for each in kept.database.receipts.find()}
    assert (True, len(firsts) + 1, len(repeated), len(others)) == (
        set(firsts) < stored,
        len(outcome.stored),
        outcome.duplicates,
        outcome.conflicts,
    )
