"""What a message says of a setting that is not taken: what is allowed, in words."""

import re
from dataclasses import MISSING
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

EXAMPLES = {
    "AMQP_URL": "amqp://user:password@localhost:5672/",
    "MONGO_URL": "mongodb://localhost:27017/?replicaSet=rs0",
}
#: Of msgspec's messages, such as "Expected `int` >= 1".
_NUMBER = re.compile(r"Expected `(int|float)`(?: (>=|<=|>|<) (\S+)|, got `str`)")
_KINDS = {"int": "a whole number", "float": "a number"}
_SIGNS = {">=": "at least", "<=": "at most", ">": "more than", "<": "less than"}


def allowed(kind: Any, error: Exception, name: str, default: object) -> str:
    """What a setting of type `kind` may be; `error` is msgspec's, of what it was."""
    kind = without_none(kind)
    if get_origin(kind) is Literal:
        return f"it is {' or '.join(get_args(kind))}"
    # The description of a pattern.
    described = filter(None, (each.description for each in getattr(kind, "__metadata__", ())))
    return next(described, _number(str(error))) + for_example(name, default)


def around(text: str) -> str:
    """What of a value is no part of it: `docker run --env-file` and systemd leave it there."""
    if text != text.strip():
        return "; leave the white space around it out"
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        return "; leave the quotes around it out"
    return ""


def hint(name: str) -> str:
    """How a setting that has to be set is set."""
    said = "`tillstream COMMAND` and `script/run` give a command those of the running system"
    return f"for example {EXAMPLES[name]}; {said}" if name in EXAMPLES else said


def without_none(kind: Any) -> Any:
    """`Path | None` is read as a Path: a variable that is set is never None."""
    members = [member for member in get_args(kind) if member is not NoneType]
    is_optional = get_origin(kind) in (UnionType, Union) and len(members) == 1
    return members[0] if is_optional else kind


def for_example(name: str, default: object) -> str:
    """What would be taken, where that is known or the default shows it."""
    if name in EXAMPLES:
        return f"; for example {EXAMPLES[name]}"
    is_said = default is not MISSING and default not in (None, "")
    return f"; for example {default}" if is_said else ""


def _number(said: str) -> str:
    found = _NUMBER.fullmatch(said)
    if found is None:
        return said
    kind, sign, bound = found.groups()
    return f"it is {_KINDS[kind]}" + (f", {_SIGNS[sign]} {bound}" if sign else "")
