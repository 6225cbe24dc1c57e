"""What each path answers, in the words of OpenAPI: FastAPI writes the rest of the document."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from persistence.api import views
from persistence.api.problems import Fault
from tillstream.codec import JSON, NDJSON
from tillstream.http.problems import PROBLEM_JSON
from tillstream.runtime.watching.health import Health

Responses = dict[int | str, dict[str, Any]]


class ProblemDocument(msgspec.Struct):
    """A problem document of RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[Fault] = []
    instance: str = ""


(_PROBLEM, _PAGE, _RECEIPT, _SALES, _HEALTH), SCHEMAS = msgspec.json.schema_components(
    (ProblemDocument, views.Page, views.ReceiptAndLife, views.Sales, Health),
    ref_template="#/components/schemas/{name}",
)


def _answer(description: str, schema: Mapping[str, Any], *media: str) -> dict[str, Any]:
    content = {each: {"schema": schema} for each in media or [JSON]}
    return {"description": description, "content": content}


def _refusal(description: str) -> dict[str, Any]:
    return _answer(description, _PROBLEM, PROBLEM_JSON)


_ANYWHERE: Responses = {
    401: _refusal("An API key is needed and none that is valid was sent."),
    429: _refusal("The API key asks too fast; wait for Retry-After seconds."),
    503: _refusal("The archive does not answer in time; ask again after Retry-After."),
    "default": _refusal("Whatever else is refused."),
}
_OF_A_RANGE: Responses = _ANYWHERE | {
    400: _refusal("A parameter or the cursor does not hold; `errors` names each."),
    403: _refusal("The API key does not cover this store."),
    422: _refusal("No index serves this question; the answer says what to ask instead."),
}

_OF_A_WINDOW: Responses = _ANYWHERE | {
    400: _OF_A_RANGE[400],
    403: _refusal("The API key is for some stores, and the rows are of others."),
}

RECEIPTS = _OF_A_RANGE | {200: _answer("A page.", _PAGE)}
RECEIPT = _ANYWHERE | {
    200: _answer("The receipt.", _RECEIPT),
    404: _refusal("The archive has no such receipt."),
}
SALES = _OF_A_RANGE | {200: _answer("The sums, by key.", _SALES)}
EXPORT = _OF_A_RANGE | {
    200: _answer(
        "The file.",
        {"type": "string", "format": "binary"},
        "text/csv",
        NDJSON,
        "application/vnd.apache.parquet",
    )
}
LIVE: Responses = {200: _answer("It does.", _HEALTH)}
READY: Responses = {
    200: _answer("It would.", _HEALTH),
    503: _answer("The archive does not answer.", _HEALTH),
}


WINDOWS = _ANYWHERE | {200: _answer("The windows.", {"type": "object"})}


WINDOW_SUMS = _OF_A_WINDOW | {
    200: _answer("`from`, `to`, and `items` with the sums.", {"type": "object"}),
    422: _refusal("The rows do not add up, or are too many; the answer says why."),
}


def window_rows(page: Mapping[str, Any], media: Sequence[str]) -> Responses:
    """Of a window's rows: the schema of a page, and every media type."""
    whole = {"type": "string", "format": "binary"}
    content = {each: {"schema": page if each == JSON else whole} for each in media}
    return _OF_A_WINDOW | {200: {"description": "A page.", "content": content}}


def source_sums(sums: Mapping[str, Any], media: Sequence[str]) -> Responses:
    """Of the sums by channel: their schema, and every media type."""
    return window_rows(sums, media) | {422: _refusal("There are too many channels.")}


def conversion(row: Mapping[str, Any]) -> Responses:
    """Of one conversion."""
    return _ANYWHERE | {
        200: _answer("Its newest row.", dict(row)),
        403: _OF_A_WINDOW[403],
        404: _refusal("There is no such conversion."),
    }


def window_changes(media: str) -> Responses:
    """Of a window's changes."""
    return _OF_A_WINDOW | {200: _answer("Events `rows`.", {"type": "string"}, media)}
