"""Tests that wait for a mend: each fails until then, and has to leave this list with it."""

PENDING = frozenset(
    {
        "test_parquet_and_seals_of_the_closed_days_agree",
    }
)
