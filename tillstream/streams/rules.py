"""The rules by which the door refuses events: what each says, and how its row is mended."""

from typing import NamedTuple


class Rule(NamedTuple):
    """A rule for people."""

    #: What is wrong.
    wrong: str
    #: What to do with a row that is kept in the quarantine.
    mend: str


_SET = "--set FIELD=VALUE"
_TEXT = "--mend 's/WRONG/RIGHT/', or edit the row and send it with --from"

RULES: dict[str, Rule] = {
    "required": Rule("a required field has no value", f"{_SET}"),
    "type": Rule("a value is not of its field's type", f"{_SET}"),
    "enum": Rule(
        "a value is none of those that are declared",
        f"{_SET}; or declare the value, restart the door and send it as it is",
    ),
    "bounds": Rule(
        "a number or a time is outside its bounds",
        f"{_SET}; or widen minimum and maximum of the field, and restart the door",
    ),
    "places": Rule("a number has too many decimal places", f"{_SET}, rounded"),
    "zone": Rule(
        "a time names no zone",
        f"{_SET} with Z or an offset; or declare the field's zone, and restart the door",
    ),
    "time": Rule("a text is no time", f"{_SET} as 2026-11-21T08:00:01Z"),
    "ahead": Rule(
        "a time is more than a day ahead of the door's clock",
        f"{_SET} with the right time; or send it as it is once that day has come",
    ),
    "max-length": Rule("a text is too long", f"{_SET}, shorter; or widen max_length"),
    "characters": Rule("a row holds NUL or is not UTF-8", _TEXT),
    "unknown-field": Rule(
        "a field is not declared",
        "--set FIELD= leaves it out; or declare the field, restart the door and send it as it is",
    ),
    "columns": Rule("a row has more or fewer cells than the header", _TEXT),
    "csv": Rule("a row is no CSV, such as one with a quote that is not closed", _TEXT),
    "json": Rule("a line is not one JSON object", _TEXT),
    "object": Rule("an element is no JSON object", _TEXT),
    "cloudevent": Rule("an attribute of a CloudEvent is wrong or missing", _TEXT),
}
_UNKNOWN = Rule("a rule that this version does not know", _SET)


def rule(name: str) -> Rule:
    """The rule of that id."""
    return RULES.get(name, _UNKNOWN)
