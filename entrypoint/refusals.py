"""Why a receipt is refused: each reason tells itself of one receipt, and of one of a batch."""

from collections.abc import Iterable, Sequence
from itertools import islice

from entrypoint import problems
from entrypoint.problems import MAX_VIOLATIONS, Violation
from tillstream.errors import TillstreamError
from tillstream.http.problems import ProblemError, foreign_store


class RefusedReceiptError(TillstreamError):
    """A receipt that is not accepted, by `rule`; nothing of it was published."""

    rule: str

    @property
    def violations(self) -> Sequence[Violation]:
        """What is told of it in the answer to a batch."""
        return [Violation(self.rule, "$", str(self))]

    def problem(self) -> ProblemError:
        """The answer to the request that brought it alone."""
        raise NotImplementedError


class NotJsonError(RefusedReceiptError):
    """The receipt is not a JSON text, or not of `format_name`; the message says where."""

    rule = "json"

    def __init__(self, reason: str, format_name: str = "JSON") -> None:
        self.format_name = format_name
        super().__init__(reason)

    def problem(self) -> ProblemError:
        return problems.unreadable(self.format_name, str(self))


class InvalidReceiptError(RefusedReceiptError):
    """The body is JSON and breaks the contract in the ways of `violations`.

    They are found when they are first asked for: that takes a hundred times as long as to know
    that there are some, and of a batch only the first ones are named.
    """

    def __init__(self, violations: Iterable[Violation]) -> None:
        self._violations = violations
        super().__init__("the receipt breaks the contract")

    @property
    def violations(self) -> list[Violation]:
        """Each broken rule, at most MAX_VIOLATIONS."""
        if not isinstance(self._violations, list):
            self._violations = list(islice(self._violations, MAX_VIOLATIONS))
        return self._violations

    def problem(self) -> ProblemError:
        return problems.invalid_receipt(self.violations)


class TooLargeReceiptError(RefusedReceiptError):
    """A receipt of another format or of a batch that is larger than `limit` bytes as JSON."""

    rule = "too-large"

    def __init__(self, size: int, limit: int) -> None:
        self.limit = limit
        super().__init__(f"the receipt has {size} bytes as JSON and MAX_RECEIPT_BYTES is {limit}")

    def problem(self) -> ProblemError:
        return problems.too_large(self.limit, "MAX_RECEIPT_BYTES")


class ForeignStoreError(RefusedReceiptError):
    """A receipt of a store that the caller may not send for."""

    rule = "foreign-store"

    def __init__(self, store: str) -> None:
        self.store = store
        super().__init__(f"this API key may not send for the store {store!r}")

    def problem(self) -> ProblemError:
        return foreign_store("send for", self.store)


class ConflictError(RefusedReceiptError):
    """A receipt whose identity is known with other content; `key` is the identity."""

    rule = "conflict"

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(f"{key} was sent before with another content")

    def problem(self) -> ProblemError:
        return problems.conflict(f"The receipt {self.key}")
