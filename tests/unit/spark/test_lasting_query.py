"""A query of Spark's that ends by itself begins anew, and not for ever."""

from typing import cast

import pytest

from spark.driver import lasting_query
from spark.driver.lasting_query import ATTEMPTS, LastingQuery
from spark.driver.micro_batches import MicroBatches
from spark.errors import QueryEndedError


class Query:
    """Gives what it has, then ends by itself."""

    def __init__(self, *results: int) -> None:
        self._results = list(results)
        self.closed = False

    def take(self, _: float) -> int:
        if not self._results:
            raise QueryEndedError("q", "an executor was killed")
        return self._results.pop(0)

    def close(self) -> None:
        self.closed = True


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lasting_query, "WAIT_SECONDS", 0.0)


def lasting(queries: list[Query]) -> tuple[LastingQuery[int], list[Query]]:
    begun: list[Query] = []

    def begin() -> MicroBatches[int]:
        begun.append(queries.pop(0))
        return cast(MicroBatches[int], begun[-1])

    return LastingQuery("q", begin), begun


def test_each_result_is_given_once_whatever_ends_between_them() -> None:
    query, begun = lasting([Query(1, 2), Query(), Query(3)])
    found = [query.take(0.0) for _ in range(5)]
    query.close()

    assert [1, 2, None, None, 3] == found
    assert all(one.closed for one in begun)


def test_one_that_does_not_last_is_given_up_and_a_result_begins_the_count_anew() -> None:
    less = [Query() for _ in range(ATTEMPTS - 1)]
    query, _ = lasting([*less, Query(1), *(Query() for _ in range(ATTEMPTS))])
    found = [query.take(0.0) for _ in range(ATTEMPTS)]
    more = [query.take(0.0) for _ in range(ATTEMPTS - 1)]

    assert [None] * (ATTEMPTS - 1) + [1] == found
    assert [None] * (ATTEMPTS - 1) == more
    with pytest.raises(QueryEndedError):
        query.take(0.0)
