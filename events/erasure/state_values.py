"""Erases a person's value from the state of the windows; parts of one transaction of it."""

import json
import re
from collections.abc import Iterator

from events.archive.erased_texts import forms, has_value
from events.archive.pseudonyms import Pseudonyms, Value
from events.windows.figures import Aside
from events.windows.isolation import TEXT_CHARACTERS
from events.windows.state_file import State
from events.windows.window_table import WindowTable
from tillstream.streams.definition import Definitions


def erase_values(
    state: State, definitions: Definitions, stream: str, field: str, value: Value, stands: Value
) -> int:
    """Replace the value among the distinct values; no count changes. Returns how many."""
    return sum(
        state.execute(f"UPDATE {name} SET value = ? WHERE value = ?", (stands, value)).rowcount  # noqa: S608 - declared names
        for name in _values_of(definitions, stream, field)
    )


def erase_texts(
    state: State,
    definitions: Definitions,
    stream: str,
    field: str,
    value: Value,
    pseudonyms: Pseudonyms,
    before: int,
) -> int:
    """The same where the value is within a text: that is replaced as a whole."""
    changed = 0
    within = " OR ".join(["instr(value, ?)"] * len(forms(value)))
    for name in _values_of(definitions, stream, field):
        found = state.execute(
            f"SELECT DISTINCT value FROM {name} WHERE {within}",  # noqa: S608 - declared names
            forms(value),
        ).fetchall()
        for (text,) in found:
            if has_value(text, value):
                stands = pseudonyms.of(field, text, before)
                sql = f"UPDATE {name} SET value = ? WHERE value = ?"  # noqa: S608 - declared names
                changed += state.execute(sql, (stands, text)).rowcount
    return changed


def erase_aside(state: State, stream: str, field: str, value: Value, stands: Value) -> int:
    """Replace the value in the texts of events that were set aside; returns how many of them."""
    changed = 0
    for one in state.aside():
        if one.stream != stream:
            continue
        text = _without_field(one, field, value, stands)
        reason = one.reason
        if has_value(reason, value):
            every = "|".join(re.escape(form) for form in forms(value))
            reason = re.sub(rf"(?<!\w)(?:{every})(?!\w)", lambda _: str(stands), reason)
        if (text, reason) != (one.text, one.reason):
            changed += state.execute(
                "UPDATE aside SET text = ?, reason = ? WHERE log_offset = ? AND log_row = ?",
                (text[:TEXT_CHARACTERS], reason, one.offset, one.row),
            ).rowcount
    return changed


def _values_of(definitions: Definitions, stream: str, field: str) -> Iterator[str]:
    word = re.compile(rf"\b{re.escape(field)}\b", re.IGNORECASE)
    for window in definitions.windows_of(stream):
        for measure in window.distinct:
            if word.search(measure.argument):
                yield WindowTable(window).values_name(measure)


def _without_field(one: Aside, field: str, value: Value, stands: Value) -> str:
    """The text, JSON that may be cut at its end."""
    name, new = json.dumps(field), json.dumps(stands)
    for old in {json.dumps(value), json.dumps(value, ensure_ascii=False)}:
        found = re.sub(rf"{name}:{re.escape(old)}(?=[,}}]|$)", lambda _: f"{name}:{new}", one.text)
        if found != one.text:
            return found
        cut = re.search(rf"{name}:(?P<rest>[^,}}]+)$", one.text)
        if cut and len(one.text) >= TEXT_CHARACTERS and old.startswith(cut["rest"]):
            return one.text[: cut.start("rest")]
    return one.text
