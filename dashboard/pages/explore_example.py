"""A first event of a stream, and the command that sends it, for a page that has nothing to show."""

import json
from datetime import datetime
from decimal import Decimal
from typing import Any

from tillstream.streams.definition import Field, Stream


def command(stream: Stream, now: datetime) -> str:
    """A line for a terminal that sends one event of a stream to a door on this machine."""
    event = json.dumps(example(stream, now), ensure_ascii=False).replace("'", "'\\''")
    return (
        f"curl http://localhost:3000/events/{stream.name}"
        f" -H 'Content-Type: application/json' -d '{event}'"
    )


def example(stream: Stream, now: datetime) -> dict[str, Any]:
    """An event with every field; what is a time is now."""
    return {field.name: _value(field, now) for field in stream.fields}


def _value(field: Field, now: datetime) -> Any:
    match field.type:
        case "timestamp":
            return now.isoformat(timespec="seconds").replace("+00:00", "Z")
        case "enum":
            return field.values[0] if field.values else None
        case "boolean":
            return True
        case "integer":
            return _number(field) if field.example is None else int(field.example)
        case "decimal":
            if field.example is not None:
                return float(field.example)
            return float(Decimal(_number(field)).scaleb(-field.scale))
        case "text":
            return field.example or field.name[: field.max_length]


def _number(field: Field) -> int:
    """100, or the bound that is nearest."""
    return min(max(100, field.minimum), field.maximum)
