"""Arrays of documents: the bytes of the library, and none left out."""

import bson
import pytest

from persistence.writer import bson_elements
from tillstream.bounds import LINES


@pytest.mark.parametrize("count", [0, 1, 2, 11, LINES])
def test_an_array_has_the_bytes_of_the_library(count: int) -> None:
    documents = [{"number": number} for number in range(count)]

    array = bson_elements.array(b"lines", [bson.encode(document) for document in documents])

    assert bson.encode({"lines": documents}) == bson_elements.document(array)


def test_more_than_a_receipt_has_are_refused_and_none_is_left_out() -> None:
    with pytest.raises(ValueError, match=f"{LINES + 1} documents in an array; it takes {LINES}"):
        bson_elements.array(b"lines", [bson.encode({})] * (LINES + 1))
