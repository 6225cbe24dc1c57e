"""The OpenAPI 3.1 document, made from the contract itself, and the page that shows it."""

from functools import cache
from typing import Any

import msgspec

from entrypoint.problems import PROBLEM_JSON
from entrypoint.violations import Violation
from tillstream.codec import JSON
from tillstream.contracts import Receipt

DOCS_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Tillstream: the entrypoint</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/files/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="/docs/files/swagger-ui-bundle.js"></script>
<script>SwaggerUIBundle({url: "/openapi.json", dom_id: "#swagger-ui", validatorUrl: null})</script>
</body>
</html>
"""

EXAMPLE: dict[str, Any] = {
    "cashReceiptID": 4711,
    "storeID": "17",
    "terminalID": 2,
    "agentID": 4,
    "customerID": None,
    "date": "2026-11-21 08:00:01",
    "lines": [
        {
            "lineNumber": 1,
            "productCode": "00000011",
            "productDescription": "Baguette tradition",
            "productCategoryCode": "E",
            "productCategoryName": "Pain",
            "quantity": 2,
            "unitOfMeasure": "piece",
            "unitPrice": 1.25,
            "creditAmount": 2.5,
            "taxPercentage": 5.5,
            "settlementAmount": 2.64,
        }
    ],
    "documentTotal": {"netTotal": 2.5, "taxPayable": 0.14, "grossTotal": 2.64},
    "settlements": [{"paymentMechanism": "CB", "settlementAmount": 2.64}],
}


class ProblemDocument(msgspec.Struct):
    """A problem document of RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[Violation] = []


class Key(msgspec.Struct):
    """The answer to an accepted receipt."""

    key: str


class Health(msgspec.Struct):
    """The answer of a health check."""

    status: str


@cache
def document_json() -> bytes:
    """The document as JSON."""
    return msgspec.json.encode(document())


def document() -> dict[str, Any]:
    """The OpenAPI 3.1 document of the door."""
    (receipt, problem, key, health), components = msgspec.json.schema_components(
        (Receipt, ProblemDocument, Key, Health), ref_template="#/components/schemas/{name}"
    )

    def answer(description: str, schema: dict[str, Any], media: str = JSON) -> dict[str, Any]:
        return {"description": description, "content": {media: {"schema": schema}}}

    def refusal(description: str) -> dict[str, Any]:
        return answer(description, problem, PROBLEM_JSON)

    away = refusal("The broker cannot confirm now; nothing was promised, send it again.")
    away["headers"] = {
        "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Tillstream entrypoint",
            "version": "0.1.0",
            "description": "Tills post their receipts here. 202 means that the broker has "
            "written the receipt to disk: it will be stored and counted exactly once.",
        },
        "paths": {
            "/receipt": {
                "post": {
                    "operationId": "postReceipt",
                    "summary": "Send one receipt",
                    "requestBody": {
                        "required": True,
                        "content": {JSON: {"schema": receipt, "example": EXAMPLE}},
                    },
                    "responses": {
                        "202": answer("Durable; `key` is the receipt's identity.", key),
                        "400": refusal("The body is not JSON."),
                        "413": refusal("The body is too large."),
                        "415": refusal("The media type is not understood."),
                        "422": refusal("The receipt breaks the contract."),
                        "503": away,
                    },
                }
            },
            "/health/live": {
                "get": {
                    "operationId": "live",
                    "summary": "Does the process answer?",
                    "responses": {"200": answer("It does.", health)},
                }
            },
            "/health/ready": {
                "get": {
                    "operationId": "ready",
                    "summary": "Would a receipt be taken now?",
                    "responses": {
                        "200": answer("It would.", health),
                        "503": answer("The broker is away or blocked.", health),
                    },
                }
            },
        },
        "components": {"schemas": components},
    }
