"""Rows are found by the value of a field, one or several."""

import pytest

from tillstream.receivers.expressions import Expression, ExpressionError

ROWS = [{"uid": "a", "rate": "5.5"}, {"uid": 7, "rate": "20"}, "no row", {"rate": "1"}]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [("a", ["5.5"]), (["a", "7"], ["5.5", "20"]), (7, ["20"]), ("b", []), ([], []), (None, [])],
)
def test_rows_are_found_by_a_value_or_by_one_of_several(wanted: object, expected: object) -> None:
    find = Expression("lookup(rows, 'uid', wanted, 'rate')")

    assert find.of({"rows": ROWS, "wanted": wanted}) == expected


@pytest.mark.parametrize("rows", [7, True, "a", {"uid": "a"}])
def test_what_is_no_list_has_no_rows_and_is_told(rows: object) -> None:
    with pytest.raises(ExpressionError, match=r"lookup\(\) takes a list"):
        Expression("lookup(rows, 'uid', 'a', 'rate')").of({"rows": rows})


def test_no_rows_have_nothing() -> None:
    assert Expression("lookup(rows, 'uid', 'a', 'rate')").of({}) == []
