"""The fuzz asks the outputs for all that they sum."""

from typing import get_args

from loadtest.fuzz import outputs
from persistence.api.parameters import By


def test_the_fuzz_asks_the_service_for_every_breakdown() -> None:
    assert set(get_args(By)) == set(outputs.API_BREAKDOWNS)
