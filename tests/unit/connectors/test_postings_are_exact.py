"""Whatever comes, and in whatever order: what was posted of a sale comes to its newest version."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from connectors.mapping.documents import SaleState
from connectors.postings.amounts import canonical, parsed
from connectors.postings.merging import merge
from connectors.postings.posting import Posting, post
from connectors.postings.reversal import reversed_receipt
from connectors.postings.sale import KeptSale
from tests.support.sale_states import counted_once, figures_of, sold, state

RECEIPTS = st.builds(
    sold,
    st.integers(-5_000, 5_000).filter(bool),
    day=st.sampled_from(["2026-11-21", "2026-11-22"]),
    category=st.sampled_from(["Pain", "Boisson"]),
    tender=st.sampled_from(["CB", "cash"]),
    units=st.sampled_from([1, 2, 4]),
)
KEYS = ("order/1", "refund/1", "refund/2")


@st.composite
def deliveries(draw: st.DrawFn) -> list[SaleState]:
    """States of one sale, each version once, in any order, some of them again."""
    every = [
        state(
            version,
            draw(st.dictionaries(st.sampled_from(KEYS), RECEIPTS, max_size=3)),
            whole=draw(st.booleans()),
            apart=draw(st.sampled_from([None, None, None, "test"])),
        )
        for version in range(1, draw(st.integers(1, 7)) + 1)
    ]
    kept = draw(st.lists(st.sampled_from(every), unique_by=lambda each: each.version, min_size=1))
    again = draw(st.lists(st.sampled_from(kept), max_size=5))
    return draw(st.permutations([*kept, *again]))


def posted(sale: KeptSale, states: list[SaleState]) -> list[Posting]:
    found: list[Posting] = []
    for one in states:
        merge(sale, one)
        found += post(sale, "shop", one.sale, one.version)
    return found


def newest(states: list[SaleState]) -> list[dict[str, Any]]:
    """The documents that count, by the versions alone."""
    wholes = [each for each in states if each.is_whole]
    whole = max(wholes, key=lambda each: each.version, default=None)
    if whole is not None and whole.apart:
        return []
    documents = {} if whole is None else dict(whole.documents)
    for part in sorted(states, key=lambda each: each.version):
        later = whole is None or part.version > whole.version
        if not part.is_whole and not part.apart and later:
            documents |= part.documents
    return [each.receipt for each in documents.values()]


@given(deliveries())
def test_what_was_posted_comes_to_the_newest_version_of_each_document(
    states: list[SaleState],
) -> None:
    postings = posted(KeptSale(), states)

    assert figures_of(newest(states)) == figures_of(counted_once(one.line for one in postings))


@given(deliveries())
def test_what_comes_again_posts_nothing(states: list[SaleState]) -> None:
    sale = KeptSale()
    posted(sale, states)

    assert [] == posted(sale, states)


@given(RECEIPTS)
def test_a_receipt_and_its_reversal_are_nothing(receipt: dict[str, Any]) -> None:
    assert not figures_of([receipt, reversed_receipt(receipt)])


@given(RECEIPTS, RECEIPTS)
def test_a_reversal_says_what_it_corrects_on_the_day_of_that(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    lines = [
        parsed(one.line)
        for one in posted(KeptSale(), [state(1, {"order/1": before}), state(2, {"order/1": after})])
    ]
    if canonical(before) == canonical(after):
        assert 1 == len(lines)
        return
    first, void, second = lines

    assert (first["receiptUUID"], "void", 2) == (
        void["corrects"],
        void["transactionType"],
        void["version"],
    )
    assert (before["date"], after["date"]) == (void["date"], second["date"])


def test_a_refund_names_the_receipt_of_its_sale() -> None:
    sale, refund = (
        parsed(one.line)
        for one in posted(KeptSale(), [state(1, {"refund/1": sold(-100), "order/1": sold(500)})])
    )

    assert sale["receiptUUID"] == refund["corrects"]


def test_a_delivery_that_comes_again_within_a_version_does_not_undo_a_later_one() -> None:
    first, second = (state(1, {"order/1": sold(cents)}) for cents in (100, 200))
    postings = posted(KeptSale(), [first, second, first])

    assert figures_of([sold(200)]) == figures_of(counted_once(one.line for one in postings))


@given(
    st.lists(st.lists(RECEIPTS, max_size=3), min_size=1, max_size=6),
    st.integers(0, 6),
    st.lists(st.lists(RECEIPTS, max_size=3), max_size=3),
)
def test_a_state_that_was_lost_posts_nothing_twice_where_the_log_has_lost_its_beginning(
    before: list[list[dict[str, Any]]], lost: int, after: list[list[dict[str, Any]]]
) -> None:
    # No content comes a second time: of that a log without its beginning cannot tell how often.
    states = [
        state(
            version,
            {
                key: one | {"cashReceiptID": f"{version}-{key}"}
                for key, one in zip(KEYS, receipts, strict=False)
            },
        )
        for version, receipts in enumerate([*before, *after], 1)
    ]
    known = states[: len(before)]
    postings = posted(KeptSale(), known)
    postings += posted(KeptSale(), [*known[min(lost, len(known) - 1) :], *states[len(before) :]])

    assert figures_of(newest(states[-1:])) == figures_of(counted_once(one.line for one in postings))


def test_a_mapping_that_was_mended_since_posts_anew_only_what_it_changes() -> None:
    by_the_faulty, newer = state(1, {}), state(2, {"order/1": sold(200)})
    mended = state(1, {"order/1": sold(300)})
    postings = posted(KeptSale(), [by_the_faulty, newer]) + posted(KeptSale(), [mended, newer])

    assert figures_of([sold(200)]) == figures_of(counted_once(one.line for one in postings))
