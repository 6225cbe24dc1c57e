"""The OpenAPI 3.1 document, made from the contract itself."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from entrypoint.batch import BatchResult
from entrypoint.endpoints import Accepted
from entrypoint.events.answers import EventsProblemDocument, EventsResult
from entrypoint.events.paths import event_paths
from entrypoint.formats import READERS
from entrypoint.problems import RefusedEntry, Violation
from entrypoint.receivers.answers import DeliveryAccepted
from entrypoint.receivers.paths import REFUSALS, receiver_paths
from tillstream.codec import JSON
from tillstream.http.problems import PROBLEM_JSON
from tillstream.receipt import Receipt
from tillstream.receivers.definition import Receiver
from tillstream.runtime.watching.health import Health
from tillstream.streams.definition import Stream

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
    refused: list[RefusedEntry] = []
    instance: str = ""


#: How each refusal is explained; all are problem documents.
_REFUSALS = {
    "400": "The body is not of its format.",
    "401": "An API key is needed and none that is valid was sent.",
    "403": "The API key may not send for the receipt's store.",
    "409": "The identity or the Idempotency-Key was sent before with another content.",
    "413": "The body is too large, as it is or unpacked.",
    "415": "The media type or the content encoding is not understood.",
    "422": "No receipt keeps the contract; every broken rule is named.",
    "429": "The API key sends too fast; wait for Retry-After seconds.",
    "503": "The broker cannot confirm; nothing was promised, send it again after Retry-After.",
}

_PARAMETERS = [
    {
        "name": "Idempotency-Key",
        "in": "header",
        "required": False,
        "description": "Makes a retry of this request safe; stands for one body.",
        "schema": {"type": "string", "maxLength": 255, "pattern": "^[!-~]+$"},
    }
]


def document_json(streams: Mapping[str, Stream], receivers: Mapping[str, Receiver]) -> bytes:
    """The document as JSON."""
    return msgspec.json.encode(document(streams, receivers))


def document(
    streams: Mapping[str, Stream] = MappingProxyType({}),
    receivers: Mapping[str, Receiver] = MappingProxyType({}),
) -> dict[str, Any]:
    """The OpenAPI 3.1 document of the door, of the streams that senders may post to, and of the
    receivers.
    """
    (
        (receipt, problem, accepted, result, events, events_problem, delivery, health),
        components,
    ) = msgspec.json.schema_components(
        (
            Receipt,
            ProblemDocument,
            Accepted,
            BatchResult,
            EventsResult,
            EventsProblemDocument,
            DeliveryAccepted,
            Health,
        ),
        ref_template="#/components/schemas/{name}",
    )

    def answer(description: str, schema: dict[str, Any], media: str = JSON) -> dict[str, Any]:
        return {"description": description, "content": {media: {"schema": schema}}}

    refusals = {
        status: answer(description, problem, PROBLEM_JSON)
        for status, description in _REFUSALS.items()
    }
    other_formats: dict[str, Any] = {media_type: {} for media_type in READERS if media_type != JSON}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Tillstream entrypoint",
            "version": "0.1.0",
            "description": "Tills post their receipts here. 202 means that the broker has "
            "written the receipt to disk: it will be stored and counted exactly once.",
        },
        "security": [{}, {"apiKey": []}],
        "paths": {
            "/receipt": {
                "post": {
                    "operationId": "postReceipt",
                    "summary": "Send one receipt",
                    "parameters": _PARAMETERS,
                    "requestBody": {
                        "required": True,
                        "content": {JSON: {"schema": receipt, "example": EXAMPLE}, **other_formats},
                    },
                    "responses": {
                        "202": answer("Durable; `key` is the receipt's identity.", accepted),
                        **refusals,
                    },
                }
            },
            "/receipts": {
                "post": {
                    "operationId": "postReceipts",
                    "summary": "Send many receipts: NDJSON, a JSON list, XML or CSV",
                    "parameters": _PARAMETERS,
                    "requestBody": {
                        "required": True,
                        "content": {
                            JSON: {"schema": {"type": "array", "items": receipt}},
                            **other_formats,
                        },
                    },
                    "responses": {
                        "202": answer("All are durable.", result),
                        "207": answer("Some were refused, all others are durable.", result),
                        **refusals,
                    },
                }
            },
            **event_paths(
                streams,
                {
                    "202": answer("All are durable.", events),
                    "207": answer("Some were refused, all others are durable.", events),
                    **{
                        status: answer(description, events_problem, PROBLEM_JSON)
                        for status, description in _REFUSALS.items()
                    },
                },
                _PARAMETERS,
            ),
            **receiver_paths(
                receivers,
                {
                    "200": answer("Durable.", delivery),
                    **{
                        status: answer(description, problem, PROBLEM_JSON)
                        for status, description in REFUSALS.items()
                    },
                },
            ),
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
                        "503": answer("It would not: `reason` says why.", health),
                    },
                }
            },
        },
        "components": {
            "schemas": components,
            "securitySchemes": {"apiKey": {"type": "http", "scheme": "bearer"}},
        },
    }
