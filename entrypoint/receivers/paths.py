"""The paths of receivers in the OpenAPI document, one for each definition."""

from collections.abc import Mapping
from typing import Any

from tillstream.receivers.definition import Receiver

#: How each refusal is explained; all are problem documents.
REFUSALS = {
    "401": "The signature is missing, wrong or too old.",
    "413": "The body is larger than MAX_DELIVERY_BYTES.",
    "415": "The body is packed.",
    "503": "The broker cannot confirm, or the receiver has no secret; nothing was accepted.",
}


def receiver_paths(
    receivers: Mapping[str, Receiver], responses: Mapping[str, Any]
) -> dict[str, Any]:
    """`/receivers/NAME` of each receiver."""
    return {
        f"/receivers/{receiver.name}": {
            "post": {
                "operationId": f"postDelivery_{receiver.name}",
                "summary": f"A delivery: {receiver.title}",
                # It is signed instead.
                "security": [],
                "parameters": [_parameter(receiver)],
                "requestBody": {"required": True, "content": {"*/*": {}}},
                "responses": responses,
            }
        }
        for receiver in receivers.values()
    }


def _parameter(receiver: Receiver) -> dict[str, Any]:
    signature = receiver.signature
    return {
        "name": signature.header or signature.query,
        "in": "query" if signature.header is None else "header",
        "required": signature.ping is None,
        "description": f"How the vendor signs it: {signature.scheme}.",
        "schema": {"type": "string"},
    }
