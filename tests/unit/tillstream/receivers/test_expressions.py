"""What cannot be evaluated is told without what was in the payload."""

import pytest

from tillstream.receivers.expressions import Expression, ExpressionError


def test_a_function_that_finds_another_type_does_not_tell_the_whole_value() -> None:
    order = {"customer": {"name": "Jeanne Dupont"}, "lines": ["x" * 5_000_000]}

    with pytest.raises(ExpressionError) as error:
        Expression("length(`1`) || @").of(order)
    with pytest.raises(ExpressionError) as told:
        Expression("join(',', @)").of(order)

    assert "length(`1`) || @: length() takes string or array or object and found number" == str(
        error.value
    )
    assert "join(',', @): join() takes array-string and found object" == str(told.value)
