"""The OpenAPI 3.1 document, made from the views and the parameters themselves."""

from functools import cache
from typing import Any, get_args

import msgspec

from persistence.api import parameters, views
from persistence.api.problems import Fault
from tillstream.codec import JSON, NDJSON
from tillstream.http.pages import Health
from tillstream.http.problems import PROBLEM_JSON


class ProblemDocument(msgspec.Struct):
    """A problem document of RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[Fault] = []
    instance: str = ""


#: How each refusal is explained; all are problem documents.
_REFUSALS = {
    "400": "A parameter or the cursor does not hold; `errors` names each.",
    "401": "An API key is needed and none that is valid was sent.",
    "403": "The API key does not cover this store.",
    "422": "No index serves this question; the answer says what to ask instead.",
    "429": "The API key asks too fast; wait for Retry-After seconds.",
    "503": "The archive does not answer in time; ask again after Retry-After.",
}

_DAY = {"type": "string", "format": "date"}
_TEXT = {"type": "string", "minLength": 1, "maxLength": parameters.MAX_TEXT}
_STORES = {
    "type": "array",
    "items": _TEXT,
    "minItems": 1,
    "maxItems": parameters.MAX_STORES,
}


def _parameter(name: str, description: str, schema: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": description, "schema": schema, **more}


_STORE = _parameter("store", "A store; may be repeated. Without it, every store.", _STORES)
_MOMENTS = [
    _parameter(
        "from",
        "Sold at this time or later: a business day, or a time of ISO 8601; without an offset,"
        " in the store's zone.",
        _TEXT,
        example="2026-11-21",
    ),
    _parameter("to", "Sold before this; not included.", _TEXT, example="2026-11-22"),
]


@cache
def document_json() -> bytes:
    """The document as JSON."""
    return msgspec.json.encode(document())


def document() -> dict[str, Any]:
    """The OpenAPI 3.1 document of the service."""
    (problem, page, one, sales, health), components = msgspec.json.schema_components(
        (ProblemDocument, views.Page, views.ReceiptAndLife, views.Sales, Health),
        ref_template="#/components/schemas/{name}",
    )

    def answer(description: str, schema: dict[str, Any], media: str = JSON) -> dict[str, Any]:
        return {"description": description, "content": {media: {"schema": schema}}}

    def refusals(*statuses: str) -> dict[str, Any]:
        return {status: answer(_REFUSALS[status], problem, PROBLEM_JSON) for status in statuses}

    def get(
        name: str,
        summary: str,
        given: list[dict[str, Any]],
        responses: dict[str, Any],
    ) -> dict[str, Any]:
        return {
            "get": {
                "operationId": name,
                "summary": summary,
                "parameters": given,
                "responses": responses,
            }
        }

    file = {"type": "string", "format": "binary"}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Tillstream archive",
            "version": "0.1.0",
            "description": "Every receipt that was accepted, found and summed. Read only. Amounts"
            " come as text in euros and as integer cents; quantities in thousandths.",
        },
        "security": [{}, {"apiKey": []}],
        "paths": {
            "/receipts": get(
                "receipts",
                "Receipts, in order of their sale",
                [
                    _STORE,
                    _parameter("till", "A till; needs one store.", _TEXT),
                    *_MOMENTS,
                    _parameter("category", "With a line of this category.", _TEXT),
                    _parameter("payment", "With a payment by this mechanism.", _TEXT),
                    _parameter(
                        "min_total",
                        "Gross total of at least so many euros.",
                        {"type": "string", "pattern": r"^-?\d{1,12}(\.\d{1,2})?$"},
                    ),
                    _parameter(
                        "sort",
                        "Newest or oldest first.",
                        {"type": "string", "enum": list(get_args(parameters.Sort))},
                    ),
                    _parameter("cursor", "`next` of the page before.", _TEXT),
                    _parameter(
                        "limit",
                        "Receipts of a page.",
                        {
                            "type": "integer",
                            "minimum": 1,
                            "maximum": parameters.MAX_LIMIT,
                            "default": parameters.DEFAULT_LIMIT,
                        },
                    ),
                ],
                {
                    "200": answer("A page.", page),
                    **refusals("400", "401", "403", "422", "429", "503"),
                },
            ),
            "/receipts/{key}": get(
                "receipt",
                "One receipt and its life; the key holds slashes, and is percent-encoded once",
                [
                    {
                        "name": "key",
                        "in": "path",
                        "required": True,
                        "schema": {"type": "string", "minLength": 1},
                        "example": "17/2/4711/2026-11-21 08:00:01",
                    }
                ],
                {
                    "200": answer("The receipt.", one),
                    "404": answer("The archive has no such receipt.", problem, PROBLEM_JSON),
                    **refusals("401", "429", "503"),
                },
            ),
            "/sales": get(
                "sales",
                "Exact sums of business days, as the ledger has them",
                [
                    _parameter(
                        "by",
                        "What to sum by.",
                        {"type": "string", "enum": list(get_args(parameters.By))},
                        required=True,
                    ),
                    _parameter("from", "The first business day.", _DAY, required=True),
                    _parameter("to", "The business day after the last.", _DAY, required=True),
                    _STORE,
                ],
                {
                    "200": answer("The sums, by key.", sales),
                    **refusals("400", "401", "403", "422", "429", "503"),
                },
            ),
            "/export": get(
                "export",
                "Every receipt of a range as a file, oldest first, streamed",
                [
                    _parameter(
                        "format",
                        "Of the file.",
                        {"type": "string", "enum": list(get_args(parameters.Format))},
                        required=True,
                    ),
                    *_MOMENTS,
                    _STORE,
                ],
                {
                    "200": {
                        "description": "The file.",
                        "content": {
                            "text/csv": {"schema": file},
                            NDJSON: {"schema": file},
                            "application/vnd.apache.parquet": {"schema": file},
                        },
                    },
                    **refusals("400", "401", "403", "422", "429", "503"),
                },
            ),
            "/health/live": get(
                "live", "Does the process answer?", [], {"200": answer("It does.", health)}
            ),
            "/health/ready": get(
                "ready",
                "Would a question be answered now?",
                [],
                {
                    "200": answer("It would.", health),
                    "503": answer("The archive does not answer.", health),
                },
            ),
        },
        "components": {
            "schemas": components,
            "securitySchemes": {"apiKey": {"type": "http", "scheme": "bearer"}},
        },
    }
