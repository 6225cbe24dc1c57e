"""Where the SQL of a window depends on a person's value, beyond which values are the same.

An erasure puts another value in the place of a person's, one to one. `count(DISTINCT field)`,
whether it is null, and a CASE that gives the field or null are as they were; all else could change.
"""

from collections.abc import Collection, Iterator
from typing import Any

from tillstream.streams.sql_sandbox import Node

_NULL_TESTS = ("OPERATOR_IS_NULL", "OPERATOR_IS_NOT_NULL")


def shown(node: Node, persons: Collection[str], *, distinct: bool = False) -> set[str]:
    """The fields of `persons` whose values an expression depends on.

    `distinct`: of the expression only those values count that are not null, or not the same.
    """
    name = _column(node)
    if name is not None:
        return set() if distinct or name not in persons else {name}
    if node.get("type") in _NULL_TESTS and _column(node["children"][0]) is not None:
        return set()
    if distinct and node.get("class") == "CASE":
        results = [check["then_expr"] for check in node["case_checks"]] + [node["else_expr"]]
        given = {_column(each) for each in results if not _is_null(each)}
        if len(given) == 1 and None not in given:
            met = [shown(check["when_expr"], persons) for check in node["case_checks"]]
            return set().union(*met)
    return set().union(*(shown(each, persons) for each in _parts(node)))


def _column(node: Node) -> str | None:
    if node.get("class") != "COLUMN_REF":
        return None
    name: str = node["column_names"][-1]
    return name.lower()


def _is_null(node: Node) -> bool:
    kind: str = node.get("literal", {}).get("kind", "")
    return kind == "NULL_LITERAL"


def _parts(value: Any) -> Iterator[Node]:
    for each in value.values() if isinstance(value, dict) else value:
        if isinstance(each, dict):
            yield each
        elif isinstance(each, list):
            yield from (part for part in each if isinstance(part, dict))
