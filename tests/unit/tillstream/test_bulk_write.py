"""A bulk write that failed: only keys that are taken are as good as written."""

from typing import Any

import pytest
from pymongo.errors import BulkWriteError

from tillstream.bulk_write import places_taken

TAKEN = {"index": 3, "code": 11_000, "errmsg": "duplicate key"}
TOO_LARGE = {"index": 4, "code": 10_334, "errmsg": "too large"}
ENDING = {"code": 91, "errmsg": "Replication is being shut down"}


def error(*failed: dict[str, Any], concerns: list[dict[str, Any]] | None = None) -> BulkWriteError:
    return BulkWriteError({"writeErrors": list(failed), "writeConcernErrors": concerns or []})


def test_keys_that_are_taken_are_told_by_their_places() -> None:
    assert [3] == places_taken(error(TAKEN))


@pytest.mark.parametrize(
    "failure",
    [
        error(TOO_LARGE),
        error(TAKEN, TOO_LARGE),
        error(concerns=[ENDING]),
        error(TAKEN, concerns=[ENDING]),
    ],
    ids=["another failure", "one of each", "no majority", "taken and no majority"],
)
def test_what_is_not_durable_is_raised(failure: BulkWriteError) -> None:
    with pytest.raises(BulkWriteError):
        places_taken(failure)
