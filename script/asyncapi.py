#!/usr/bin/env python3
"""Writes docs/asyncapi.json, the exchanges as AsyncAPI 3: `script/asyncapi.py [--check]`.

Runs with the Python of the project's environment. Schemas come from the structs, what a field
means from the comments over it, examples from docs/exchanges.md.
"""

import argparse
import ast
import inspect
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tillstream import codec, snapshots, topology  # noqa: E402
from tillstream.receipt import StampedReceipt, Wire, wire_name  # noqa: E402
from tillstream.receivers.snapshots import ReceiversSnapshot, RefusedSnapshot  # noqa: E402
from tillstream.streams import changes, message, window_rows  # noqa: E402
from tillstream.streams.attribution_snapshot import AttributionSnapshot  # noqa: E402
from tillstream.version import VERSION  # noqa: E402

DOCUMENT = ROOT / "docs" / "asyncapi.json"
PAGE = ROOT / "docs" / "exchanges.md"

_REF = "#/components/schemas/{name}"
_JSON_TYPES = {"integer": "integer", "boolean": "boolean", "text": "string"}
_ANY = {"description": "Bytes, as they were published."}


class Message(NamedTuple):
    """One kind of message of an exchange."""

    name: str
    title: str
    payload: dict[str, Any]
    content_type: str = codec.JSON
    content_encoding: str | None = None
    headers: dict[str, Any] | None = None


def snapshot(name: str, kind: type[Wire]) -> tuple[Message]:
    """The one message of a result exchange."""
    title = (kind.__doc__ or "").partition("\n")[0]
    return (Message(name, title, {"$ref": _REF.format(name=kind.__name__)}),)


def text(description: str) -> dict[str, Any]:
    """A header's schema."""
    return {"type": "string", "description": description}


def header_schema(**headers: str) -> dict[str, Any]:
    """The schema of headers by their names, with `_` for `-`."""
    named = {name.replace("_", "-"): text(words) for name, words in headers.items()}
    return {"type": "object", "properties": named}


def delivery_headers() -> dict[str, Any]:
    """The schema of a delivery's headers."""
    found = header_schema(
        receiver="The name of its definition.",
        topic="The vendor's type of the event, or empty.",
        delivery="The vendor's id of the delivery, or empty.",
        source="The shop or place that a header names, or empty.",
    )
    came = {"type": "integer", "description": "When it came, Unix microseconds."}
    found["properties"]["received_us"] = came
    return found


TRACES = header_schema(
    traceparent="W3C Trace Context, where TRACING=on: docs/tracing.md.",
    x_trace_links="More traces that share the message: values as above, with commas between.",
)
RECEIPT = {"$ref": _REF.format(name=StampedReceipt.__name__)}
LINES = {"type": "string", "description": "Receipts (StampedReceipt), one a line."}
SNAPSHOTS: dict[str, type[Wire]] = {
    topology.COUNT: snapshots.CountSnapshot,
    topology.CATEGORIES: snapshots.CategoriesSnapshot,
    topology.BREAKDOWNS: snapshots.BreakdownsSnapshot,
    topology.TILLS: snapshots.TillsSnapshot,
    topology.METRICS_STORM: snapshots.RateSnapshot,
    topology.METRICS_DB: snapshots.DelaySnapshot,
    topology.WINDOWS: window_rows.WindowsSnapshot,
    topology.ATTRIBUTION: AttributionSnapshot,
}
MESSAGES: dict[str, tuple[Message, ...]] = {
    topology.RECEIPTS: (
        Message("receipt", "One receipt, with the door's stamps", RECEIPT, headers=TRACES),
        Message("receipts", "Several receipts, one a line", LINES, codec.NDJSON, headers=TRACES),
        Message(
            "packedReceipts",
            f"Several receipts, packed: from {codec.LEAST_PACKED_BYTES} bytes on",
            LINES,
            codec.NDJSON,
            codec.ZSTD,
            TRACES,
        ),
    ),
    topology.EVENTS: (
        Message(
            "events",
            "Events of one stream: an Arrow IPC stream with its schema, and one batch",
            {
                "description": "The schema's metadata has `stream`, `version` of its definition "
                f"and `received` in microseconds; at most {message.MAX_EVENTS} events. Columns "
                "are those of the stream's definition: docs/streams.md.",
            },
            message.CONTENT_TYPE,
            headers=TRACES,
        ),
        Message(
            "packedEvents",
            "The same, packed whole: large bodies of few events",
            {"description": "An Arrow IPC stream, packed."},
            message.CONTENT_TYPE,
            codec.ZSTD,
            TRACES,
        ),
    ),
    topology.DELIVERIES: (
        Message(
            "delivery",
            "What a receiver took from its vendor, byte by byte, its signature checked",
            _ANY,
            "application/octet-stream",
            headers=delivery_headers(),
        ),
    ),
    topology.RECEIVERS: (
        *snapshot(topology.RECEIVERS, ReceiversSnapshot),
        *snapshot("refused-deliveries", RefusedSnapshot),
    ),
    topology.DEAD_LETTERS: (
        Message(
            "deadLetter",
            "What could not be decoded or stored, with its reason",
            _ANY,
            "application/octet-stream",
            None,
            header_schema(
                x_reason="Why; absent where the broker itself gave the message up.",
                x_first_death_reason="`rejected`, or the broker's word.",
                x_first_death_queue="The queue that it was taken from.",
                x_first_death_exchange="The exchange that it was published to.",
            ),
        ),
    ),
    **{name: snapshot(name, kind) for name, kind in SNAPSHOTS.items()},
}


def document() -> dict[str, Any]:
    """The AsyncAPI document; raises KeyError for an exchange that has no messages here."""
    examples = page_examples(PAGE.read_text())
    names = [exchange.name for exchange in topology.exchanges()]
    each_message = {one.name: described(one, examples) for name in names for one in MESSAGES[name]}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Tillstream's exchanges",
            "version": VERSION,
            "description": "What other programs may hear on RabbitMQ. Made from the code by "
            "script/asyncapi.py; docs/exchanges.md says how to listen.",
        },
        "defaultContentType": codec.JSON,
        "servers": {
            "broker": {
                "host": "localhost:5672",
                "protocol": "amqp",
                "protocolVersion": "0.9.1",
                "description": "AMQP_URL",
            }
        },
        "channels": {name: channel(name) for name in names},
        "operations": {
            f"publish-{name}": {
                "action": "send",
                "channel": {"$ref": f"#/channels/{name}"},
                "messages": [
                    {"$ref": f"#/channels/{name}/messages/{one.name}"} for one in MESSAGES[name]
                ],
            }
            for name in names
        },
        "components": {"messages": each_message, "schemas": schemas()},
    }


def channel(name: str) -> dict[str, Any]:
    """An exchange: fanout, durable, no routing key."""
    exchange = {"name": name, "type": "fanout", "durable": True, "autoDelete": False, "vhost": "/"}
    return {
        "address": name,
        "messages": {
            one.name: {"$ref": f"#/components/messages/{one.name}"} for one in MESSAGES[name]
        },
        "bindings": {"amqp": {"is": "routingKey", "exchange": exchange, "bindingVersion": "0.3.0"}},
    }


def described(one: Message, examples: dict[str, Any]) -> dict[str, Any]:
    """A message of the document."""
    found: dict[str, Any] = {
        "name": one.name,
        "title": one.title,
        "contentType": one.content_type,
        "payload": one.payload,
    }
    if one.headers:
        found["headers"] = one.headers
    if one.content_encoding:
        found["bindings"] = {
            "amqp": {"contentEncoding": one.content_encoding, "bindingVersion": "0.3.0"}
        }
    if one.name in examples:
        found["examples"] = [examples[one.name]]
    return found


def page_examples(page: str) -> dict[str, Any]:
    """Examples of a page by message: blocks that begin with ```json NAME, ```json NAME headers or
    ```ndjson NAME.
    """
    fence = r"^```(json|ndjson) ([\w-]+)( headers)?\n(.*?)^```$"
    found: dict[str, Any] = {}
    for kind, name, headers, body in re.findall(fence, page, re.MULTILINE | re.DOTALL):
        example = json.loads(body) if kind == "json" else body
        found.setdefault(name, {})["headers" if headers else "payload"] = example
    return found


def schemas() -> dict[str, Any]:
    """JSON Schemas of the structs, with their comments as descriptions."""
    kinds = [StampedReceipt, *SNAPSHOTS.values(), ReceiversSnapshot, RefusedSnapshot]
    _, found = msgspec.json.schema_components(kinds, ref_template=_REF)
    classes = dict(struct_classes(kinds))
    for name, schema in found.items():
        for field, words in comments(classes[name]).items():
            if field in schema["properties"]:
                schema["properties"][field]["description"] = words
    rows(found["WindowsSnapshot"], {"revision": "integer", "late": "integer", "final": "boolean"})
    told = {field.name: field.type for field in changes.FIELDS if field.name != changes.SIGN}
    rows(found["AttributionSnapshot"], told)
    return found


def rows(schema: dict[str, Any], fields: dict[str, str]) -> None:
    """What every row has, whatever the definition names besides."""
    properties: dict[str, Any] = {}
    for name, kind in fields.items():
        optional = name == changes.MISSING
        properties[name] = {"type": [_JSON_TYPES[kind], "null"] if optional else _JSON_TYPES[kind]}
    schema["properties"]["rows"]["items"] = {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": True,
    }


def struct_classes(kinds: list[type]) -> Iterator[tuple[str, type]]:
    """Every struct of the schemas by name: all are in the modules of `kinds`, or in receipt.py."""
    for module in {inspect.getmodule(kind) for kind in kinds}:
        yield from (
            (name, each)
            for name, each in vars(module).items()
            if isinstance(each, type) and issubclass(each, msgspec.Struct)
        )


def comments(kind: type) -> dict[str, str]:
    """The `#:` comments over a struct's fields, by the field's name on the wire."""
    source = inspect.getsource(kind)
    lines = source.splitlines()
    (body,) = ast.parse(source).body
    assert isinstance(body, ast.ClassDef)  # noqa: S101
    found: dict[str, str] = {}
    for field in body.body:
        if not isinstance(field, ast.AnnAssign) or not isinstance(field.target, ast.Name):
            continue
        above: list[str] = []
        number = field.lineno - 2
        while lines[number].lstrip().startswith("#:"):
            above.insert(0, lines[number].strip().removeprefix("#:").strip())
            number -= 1
        if above:
            found[wire_name(field.target.id)] = " ".join(above)
    return found


def main() -> int:
    """Write the document, or say whether it is the one that the code gives."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; 1 when it is old")
    made = json.dumps(document(), indent=2, ensure_ascii=False) + "\n"
    if not parser.parse_args().check:
        DOCUMENT.write_text(made)
        return 0
    if DOCUMENT.exists() and DOCUMENT.read_text() == made:
        return 0
    print("docs/asyncapi.json is not what the code gives: run script/asyncapi.py", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
