"""The exchanges as a document: what the code gives, valid, and with examples that hold."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jsonschema
import msgspec
import pyarrow as pa
import pytest

from tests.support.pages import blocks
from tillstream import codec, snapshots, topology
from tillstream.receipt import StampedReceipt
from tillstream.receivers.snapshots import ReceiversSnapshot, RefusedSnapshot
from tillstream.streams import message
from tillstream.streams.attribution_snapshot import AttributionSnapshot
from tillstream.streams.window_rows import WindowsSnapshot

ROOT = Path(__file__).resolve().parents[3]
DOCUMENT: dict[str, Any] = json.loads((ROOT / "docs" / "asyncapi.json").read_text())
ASYNCAPI = ROOT / "dashboard" / "node_modules" / "@asyncapi" / "specs" / "schemas" / "3.0.0.json"
STRUCTS: dict[str, type[msgspec.Struct]] = {
    "receipt": StampedReceipt,
    "count": snapshots.CountSnapshot,
    "categories": snapshots.CategoriesSnapshot,
    "breakdowns": snapshots.BreakdownsSnapshot,
    "tills": snapshots.TillsSnapshot,
    "metrics-storm": snapshots.RateSnapshot,
    "metrics-db": snapshots.DelaySnapshot,
    "windows": WindowsSnapshot,
    "attribution": AttributionSnapshot,
    "receivers": ReceiversSnapshot,
    "refused-deliveries": RefusedSnapshot,
}
EXAMPLES = blocks("json")


def test_the_document_is_what_the_code_gives() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "script" / "asyncapi.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (0, "") == (done.returncode, done.stderr)


def test_the_document_keeps_the_schema_of_asyncapi() -> None:
    if not ASYNCAPI.exists():
        wanted = os.environ.get("CI") or os.environ.get("REQUIRE_SERVERS")

        assert not wanted, f"{ASYNCAPI} is missing"
        pytest.skip("no Node: script/bootstrap --test brings @asyncapi/specs")
    validator = jsonschema.Draft7Validator(json.loads(ASYNCAPI.read_text()))

    assert [] == [error.message for error in validator.iter_errors(DOCUMENT)]


def test_every_exchange_has_a_channel() -> None:
    assert {exchange.name for exchange in topology.exchanges()} == set(DOCUMENT["channels"])


def test_every_snapshot_has_an_example() -> None:
    assert {*STRUCTS, "deadLetter headers", "delivery headers"} == set(EXAMPLES)


@pytest.mark.parametrize("name", STRUCTS)
def test_an_example_keeps_its_schema_and_decodes_to_itself(name: str) -> None:
    example = json.loads(EXAMPLES[name])
    components = {"components": DOCUMENT["components"]}
    schema = DOCUMENT["components"]["messages"][name]["payload"] | components

    jsonschema.validate(example, schema, jsonschema.Draft202012Validator)

    # Every field of the example is one of the struct.
    decoded = json.loads(msgspec.json.encode(msgspec.convert(example, STRUCTS[name])))
    assert example == {field: decoded[field] for field in example}


def test_the_pages_reader_reads_receipts_in_every_form() -> None:
    program: dict[str, Any] = {}
    exec(blocks("python")["receipts"], program)  # noqa: S102 # the page's own
    one = EXAMPLES["receipt"].encode()
    several = blocks("ndjson")["receipts"].encode()
    packed, encoding = codec.pack(several * 10)
    forms = [(one, codec.JSON, None), (several, codec.NDJSON, None), (packed, codec.NDJSON, "zstd")]

    read = [
        program["receipts"](SimpleNamespace(content_type=kind, content_encoding=how), body)
        for body, kind, how in forms
    ]

    assert encoding == "zstd"
    numbers = [[receipt["cashReceiptID"] for receipt in receipts] for receipts in read]
    assert [[4711], [4712, 4713], [4712, 4713] * 10] == numbers
    assert [1, 2, 20] == [len(codec.decode_message(*form)) for form in forms]


@pytest.mark.parametrize("number", [2, 500, 2 * message.PACKED_BUFFER_EVENTS])
def test_the_pages_reader_reads_events_in_every_form(number: int) -> None:
    program: dict[str, Any] = {}
    exec(blocks("python")["events"], program)  # noqa: S102 # the page's own
    rows = [{"product_id": each} for each in range(number)]
    packed = message.encode(message.EventMessage("shop", 1, 5, pa.RecordBatch.from_pylist(rows)))

    assert ("shop", rows) == program["events"](packed, packed.body)
