"""The SQL of definitions: what DuckDB and Spark read alike, and no event can break.

Whole numbers, texts and truths; comparison, CASE, a few functions; no division, no time of day, no
chance, no other table. What is not allowed here is refused, with what to write in its place.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from tillstream.streams.definition import LEAST_INTEGER, MOST_INTEGER
from tillstream.streams.dialect_words import ADVICE, AGGREGATES, ALIKE, CLASSES, CLOCK, FUNCTIONS
from tillstream.streams.meaning import NUMBER, TRUTH, UNKNOWN, Meaning, SqlType, common
from tillstream.streams.mistakes import proposal
from tillstream.streams.sql_sandbox import Node, NotDialectError

#: How deep expressions may stand in each other.
_DEEPEST = 40


class Expression:
    """Gives the meanings of expressions over columns; `tell` hears every mistake.

    `columns` is None where no name is known. With `division` numbers may be divided and have
    places, as in what is made of a row when it is read.
    """

    def __init__(
        self,
        columns: Mapping[str, Meaning] | None,
        tell: Callable[[str], None],
        *,
        division: bool = False,
    ) -> None:
        self._columns = columns
        self._tell = tell
        self._division = division
        #: The columns that were named.
        self.used: set[str] = set()

    def meaning(self, node: Node, depth: int = 0) -> Meaning:
        """The meaning; UNKNOWN after a mistake."""
        if depth > _DEEPEST:
            raise NotDialectError(f"nested deeper than {_DEEPEST} levels")
        match node["class"]:
            case "COLUMN_REF":
                return self._column(node["column_names"])
            case "CONSTANT":
                return self._constant(node["literal"])
            case "COMPARISON" if node["type"] not in (
                "COMPARE_DISTINCT_FROM",
                "COMPARE_NOT_DISTINCT_FROM",
            ):
                return self._compared([node["left"], node["right"]], depth)
            case "BETWEEN":
                return self._compared([node["input"], node["lower"], node["upper"]], depth)
            case "CONJUNCTION":
                return self._alike(
                    self._meanings(node["children"], depth), "AND and OR", "BOOLEAN", TRUTH
                )
            case "OPERATOR":
                return self._operator(node["type"], node["children"], depth)
            case "CASE":
                for check in node["case_checks"]:
                    met = [self.meaning(check["when_expr"], depth + 1)]
                    self._alike(met, "WHEN", "BOOLEAN", TRUTH)
                results = [check["then_expr"] for check in node["case_checks"]]
                return self._alike(self._meanings([*results, node["else_expr"]], depth), "CASE")
            case "CAST":
                return self._cast(node, depth)
            case "FUNCTION":
                return self._function(node, depth)
            case other:
                return self._wrong(CLASSES.get(other, "this is not allowed here"))

    def _meanings(self, nodes: Sequence[Node], depth: int) -> list[Meaning]:
        return [self.meaning(each, depth + 1) for each in nodes]

    def _column(self, names: Sequence[str]) -> Meaning:
        *table, name = (part.lower() for part in names)
        if table:
            return self._wrong(f"write {name}, without what stands before the dot")
        self.used.add(name)
        if self._columns is not None and name in self._columns:
            return self._columns[name]
        if name in ADVICE or name.startswith("current_"):
            return self._wrong(f"{name}: {CLOCK}")
        if self._columns is None:
            return UNKNOWN
        return self._wrong(f"no field {name!r}{proposal(name, self._columns)}")

    def _constant(self, literal: Mapping[str, str]) -> Meaning:
        match literal["kind"]:
            case "INTEGER" if LEAST_INTEGER <= int(literal["text"]) <= MOST_INTEGER:
                return Meaning("BIGINT", required=True, neutral=True)
            case "NUMERIC" if self._division:
                return NUMBER
            case "STRING" if "'" in literal["text"]:
                return self._wrong("a text has no quote in it")
            case "STRING":
                return Meaning("VARCHAR", "text", required=True)
            case "BOOLEAN":
                return Meaning("BOOLEAN", "boolean", required=True)
            case "NULL_LITERAL":
                return UNKNOWN
        shown = literal.get("text", "this")
        return self._wrong(f"{shown}: write whole numbers of 64 bits; 1.50 of two places is 150")

    def _compared(self, nodes: Sequence[Node], depth: int) -> Meaning:
        meanings = self._meanings(nodes, depth)
        self._alike(meanings, "a comparison")
        values = next((meaning.values for meaning in meanings if meaning.values), ())
        for node in nodes:
            literal = node.get("literal", {})
            if values and literal.get("kind") == "STRING" and literal["text"] not in values:
                text = literal["text"]
                self._tell(f"{text!r} is no value of the field{proposal(text, values)}")
        return Meaning("BOOLEAN", "boolean", required=all(each.required for each in meanings))

    def _operator(self, kind: str, nodes: Sequence[Node], depth: int) -> Meaning:
        if kind == "COMPARE_IN":
            return self._compared(nodes, depth)
        if kind in ("ARRAY_EXTRACT", "ARRAY_SLICE", "STRUCT_EXTRACT"):
            return self._wrong("lists and their elements are not allowed")
        meanings = [self.meaning(each, depth + 1) for each in nodes]
        match kind:
            case "OPERATOR_NOT":
                return self._alike(meanings, "NOT", "BOOLEAN", TRUTH)
            case "OPERATOR_IS_NULL" | "OPERATOR_IS_NOT_NULL":
                return Meaning("BOOLEAN", "boolean", required=True)
            case "OPERATOR_COALESCE":
                found = self._alike(meanings, "coalesce")
                required = any(meaning.required for meaning in meanings)
                return Meaning(found.sql, found.read_as, found.scale, required=required)
        return self._wrong("this operator is not allowed")

    def _cast(self, node: Node, depth: int) -> Meaning:
        child = self.meaning(node["child"], depth + 1)
        wanted = node["type_expr"].get("type_name", "").upper()
        match child.sql, wanted:
            case _ if node["try_cast"]:
                return self._wrong("TRY_CAST is not the same everywhere; declare the field's type")
            case (("BIGINT" | "BOOLEAN" | None), "VARCHAR"):
                return Meaning("VARCHAR", "text", required=child.required)
            case (("BOOLEAN" | "BIGINT" | None), "BIGINT"):
                return Meaning("BIGINT", required=child.required)
        return self._wrong(
            f"CAST to {wanted or 'this type'} is not allowed: an event could fail it;"
            " there are numbers and truths AS VARCHAR, and truths AS BIGINT"
        )

    def _function(self, node: Node, depth: int) -> Meaning:
        name = node["function_name"].lower()
        nodes = [argument["expression"] for argument in node["arguments"]]
        if node["schema"] or node["filter"] or node["distinct"] or node["order_bys"]["orders"]:
            return self._wrong(f"{name}: write it without FILTER, DISTINCT, ORDER BY and a schema")
        if name in AGGREGATES:
            shown = name.partition("_")[0]
            return self._wrong(f"{shown} stands only at the start of a measure")
        if self._division and name in ("/", "//", "round"):
            if name != "round" and not _never_zero(nodes[-1]):
                self._tell("what divides may be 0: write a / nullif(b, 0)")
            return self._alike([self.meaning(each, depth + 1) for each in nodes], name, "BIGINT")
        if name not in (*FUNCTIONS, *ALIKE, "+", "-", "*", "%"):
            if name in ADVICE:
                return self._wrong(f"{name}: {ADVICE[name]}")
            words = (each for each in (*FUNCTIONS, *ALIKE, "coalesce") if each.isalpha())
            return self._wrong(f"no function {name!r}{proposal(name, words)}")
        meanings = [self.meaning(each, depth + 1) for each in nodes]
        if name in ("+", "-", "*", "%"):
            return self._arithmetic(name, nodes, meanings)
        if name in ALIKE:
            return self._alike(meanings, name)
        kinds, optional, result = FUNCTIONS[name]
        if not len(kinds) - optional <= len(nodes) <= len(kinds):
            return self._wrong(f"{name} takes {len(kinds)} arguments")
        for kind, meaning in zip(kinds, meanings, strict=False):
            self._alike([meaning], name, kind)
        return result

    def _arithmetic(self, sign: str, nodes: list[Node], meanings: list[Meaning]) -> Meaning:
        found = self._alike(meanings, sign, "BIGINT")
        if sign == "%":
            divisor = nodes[-1].get("literal", {"kind": "", "text": ""})
            if divisor["kind"] != "INTEGER" or int(divisor["text"]) == 0:
                return self._wrong("after % stands a whole number that is not 0")
        read = {(each.read_as, each.scale) for each in meanings if not each.neutral}
        scales = {scale for kind, scale in read if kind == "decimal"}
        if sign in "+-" and len(scales) > 1:
            self._tell(
                f"{sign} of decimals of {' and '.join(map(str, sorted(scales)))} places;"
                " multiply one of them by 10, 100, ... first"
            )
        neutral = all(each.neutral for each in meanings)
        if sign == "*":
            # What a literal multiplies is of another unit: it is read as what it is added to.
            neutral = any(each.neutral for each in meanings)
        plain = Meaning("BIGINT", required=found.required, neutral=neutral)
        if sign == "*" and scales and not neutral:
            scale = sum(each.scale for each in meanings if each.read_as == "decimal")
            return Meaning("BIGINT", "decimal", scale, required=found.required)
        times = [each.read_as for each in meanings].count("timestamp")
        if sign in "*%" or times > 1 or (times and found.read_as != "timestamp"):
            return plain
        return found

    def _alike(
        self,
        meanings: Sequence[Meaning],
        what: str,
        kind: SqlType | None = None,
        result: Meaning | None = None,
    ) -> Meaning:
        kinds = sorted({each.sql for each in meanings if each.sql} | ({kind} if kind else set()))
        if len(kinds) > 1:
            wanted = f"; it takes {kind}" if kind else ""
            return self._wrong(f"{what} of {' and '.join(kinds)}{wanted}")
        found = common(meanings)
        return found if result is None else Meaning(
            result.sql, result.read_as, required=found.required
        )  # fmt: skip

    def _wrong(self, text: str) -> Meaning:
        self._tell(text)
        return UNKNOWN


def _never_zero(node: Node) -> bool:
    """Whether it is a number other than 0, or `nullif(..., 0)`."""
    if node["class"] == "CONSTANT":
        return node["literal"].get("kind") in ("INTEGER", "NUMERIC") and not _is_zero(node)
    arguments = [each["expression"] for each in node.get("arguments", ())]
    return node.get("function_name", "").lower() == "nullif" and _is_zero(arguments[-1])


def _is_zero(node: Node) -> bool:
    literal = node.get("literal", {})
    return literal.get("kind") in ("INTEGER", "NUMERIC") and Decimal(literal["text"]) == 0
