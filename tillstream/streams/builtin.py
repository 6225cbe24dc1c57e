"""The streams that stand in code, not in a file: `quarantine`, what the door has refused.

The door publishes them to the same log; nobody sends them by HTTP.
"""

from collections.abc import Mapping

from tillstream.streams import durations
from tillstream.streams.definition import Field, Key, Measure, Stream, Window

QUARANTINE = "quarantine"
#: Characters of a refused row that are kept.
MOST_ROW_CHARACTERS = 4_096

_HOUR = durations.microseconds("1 h")
_RETENTION = durations.microseconds("30 days")

_quarantine = Stream(
    name=QUARANTINE,
    title="Refused rows",
    source="door",
    lateness_us=durations.microseconds("1 min"),
    retention_us=_RETENTION,
    # What was refused may name anybody.
    persons=("row",),
    fields=(
        Field(name="stream", type="text", required=True, description="What it was sent to"),
        Field(name="format", type="text", required=True, description="Media type of the body"),
        Field(name="line", type="integer", description="From 1, in the body"),
        # `column` is a reserved word of SQL.
        Field(name="field", type="text", description="The field that breaks the rule"),
        Field(name="rule", type="text", required=True, description="What it breaks"),
        Field(
            name="row",
            type="text",
            max_length=MOST_ROW_CHARACTERS,
            description=f"As it came, its first {MOST_ROW_CHARACTERS:,} characters",
        ),
        Field(name="truncated", type="boolean", required=True, description="Whether it was longer"),
        Field(
            name="header",
            type="text",
            max_length=MOST_ROW_CHARACTERS,
            description="Of a CSV: what the cells of the row are",
        ),
    ),
)

_quarantined = Window(
    name="quarantined",
    stream=QUARANTINE,
    title="Refused rows by stream and rule",
    size_us=_HOUR,
    retention_us=_RETENTION,
    keys=(Key(name="stream", sql="stream"), Key(name="rule", sql="rule")),
    measures=(Measure(name="rows", kind="count", argument="*"),),
    chart=("rows",),
)

STREAMS: Mapping[str, Stream] = {_quarantine.name: _quarantine}
WINDOWS: Mapping[str, Window] = {_quarantined.name: _quarantined}
