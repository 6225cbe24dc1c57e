"""Receipts that came a short while ago: a retry is answered, not published again.

Bounded memory of this process. What it has forgotten, or another process took, is published
again and counted once by its identity downstream (docs/idempotency.md).
"""

from collections import OrderedDict
from collections.abc import Hashable


class DifferentContentError(Exception):
    """The key is known with another content."""


class Recent:
    """Keys and the content that they came with; of the confirmed ones the oldest are forgotten."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._in_flight: dict[str, Hashable] = {}
        # To find the oldest one in a plain dict, those that were removed are walked again.
        self._confirmed: OrderedDict[str, Hashable] = OrderedDict()

    def is_confirmed(self, key: str, content: Hashable) -> bool:
        """Whether the broker is known to have this content under this key.

        Raises DifferentContentError when the key came with another content, confirmed or not.
        """
        confirmed = self._confirmed.get(key)
        if confirmed is not None:
            if confirmed != content:
                raise DifferentContentError
            return True
        if self._in_flight.get(key, content) != content:
            raise DifferentContentError
        return False

    def sent(self, key: str, content: Hashable) -> None:
        """The content is on its way; the same one may be sent again meanwhile."""
        self._in_flight[key] = content

    def confirmed(self, key: str, content: Hashable) -> None:
        """The broker has it."""
        self._in_flight.pop(key, None)
        self._confirmed[key] = content
        if len(self._confirmed) > self._limit:
            self._confirmed.popitem(last=False)

    def failed(self, key: str) -> None:
        """The broker may not have it: the next one is published."""
        self._in_flight.pop(key, None)
