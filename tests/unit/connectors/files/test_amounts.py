"""Amounts of files: by the signs that a file is said to have, or not at all."""

import pytest

from connectors.files import amounts
from connectors.files.amounts import SCALE, AmountError


@pytest.mark.parametrize(
    ("text", "hundredths"),
    [("4,80", 480), ("1.234,5", 123_450), ("-1.234.567", -123_456_700), ("1234,5", 123_450)],
)
def test_digits_are_grouped_by_threes(text: str, hundredths: int) -> None:
    assert hundredths * SCALE // 100 == amounts.reader(",", ".")(text)


@pytest.mark.parametrize("text", ["4.80", "4.8", "1.2345", "1234.567", "4,80.000", ".480"])
def test_a_point_that_groups_no_three_digits_is_no_sign_to_be_passed_over(text: str) -> None:
    with pytest.raises(AmountError, match="between groups of three digits"):
        amounts.reader(",", ".")(text)
