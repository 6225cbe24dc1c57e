"""Laws of the reconciliation: it holds only when all say the same, to the cent."""

from hypothesis import given
from hypothesis import strategies as st

from loadtest.accounts import Books, Figures, Reconciliation

figures = st.builds(Figures, st.integers(0, 10**9), st.integers(-(10**12), 10**12))
books = st.builds(Books, st.just("2026-03-10"), figures, figures)
differences = st.sampled_from([-1, 1])


@given(books, figures)
def test_it_holds_when_all_that_was_accepted_has_arrived(before: Books, accepted: Figures) -> None:
    done = Reconciliation(before, before.expected(accepted), accepted)

    assert done.holds
    assert done.as_text().startswith("reconciled\n")


@given(books, figures, differences, st.sampled_from(["receipts", "gross"]), st.booleans())
def test_one_receipt_or_one_cent_more_or_less_fails_it(
    before: Books, accepted: Figures, difference: int, field: str, counted: bool
) -> None:
    after = before.expected(accepted)
    side = "counted" if counted else "stored"
    right = getattr(after, side)
    wrong = right._replace(**{field: getattr(right, field) + difference})
    done = Reconciliation(before, after._replace(**{side: wrong}), accepted)

    assert not done.holds
    assert done.as_text().startswith("NOT RECONCILED")


@given(books, figures)
def test_a_receipt_without_an_answer_fails_it(before: Books, accepted: Figures) -> None:
    assert not Reconciliation(before, before.expected(accepted), accepted, lost=1).holds


@given(books, figures)
def test_another_day_is_another_book(before: Books, accepted: Figures) -> None:
    after = before.expected(accepted)._replace(day="2026-03-11")
    done = Reconciliation(before, after, accepted)

    assert not done.holds
    assert "the business day changed from 2026-03-10 to 2026-03-11" in done.as_text()


@given(figures, figures)
def test_figures_are_a_group(one: Figures, other: Figures) -> None:
    assert one == one.plus(other).minus(other)
