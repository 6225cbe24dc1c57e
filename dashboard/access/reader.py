"""Who reads: name, roles, and the stores that are seen; and who asks the present request."""

from collections.abc import Collection
from contextvars import ContextVar
from typing import Literal, NamedTuple

from tillstream.errors import TillstreamError

Role = Literal["director", "operator", "manager"]


class NotYoursError(TillstreamError):
    """The reader may not see what was asked for."""


class Reader(NamedTuple):
    """Somebody who was let in."""

    name: str = ""
    roles: frozenset[Role] = frozenset()
    #: The only stores that are seen, in the order of their numbers; None is the whole chain.
    stores: tuple[str, ...] | None = ()

    def sees(self, store: str) -> bool:
        """Whether a store's figures may be shown to this reader."""
        return self.stores is None or store in self.stores

    def within(self, store: str, region: str = "") -> tuple[str, ...] | None:
        """The stores that a question of a store, a region or neither is narrowed to; None is all.

        Raises NotYoursError. A region is of the chain: nobody who sees only some stores may ask it.
        """
        if self.stores is None:
            return None
        if region or (store and not self.sees(store)):
            raise NotYoursError("this store or region is not yours")
        return (store,) if store else self.stores

    def only(self, stores: Collection[str]) -> list[str]:
        """Of some stores those that are seen, in their order."""
        return [store for store in stores if self.sees(store)]


#: Nobody: what is asked without a reader is refused.
NOBODY = Reader()
#: Where no sign-in is set, and the user of DASHBOARD_USER.
EVERYTHING = Reader("", frozenset({"director", "operator"}), None)

#: Of the present request. Dash gives its callbacks no request to ask.
READER: ContextVar[Reader] = ContextVar("reader", default=NOBODY)
