"""Of which stores the page Products shows."""

from typing import NamedTuple

from tillstream.stores import StoreTable


class Scope(NamedTuple):
    """What is looked at: a store, else a region, else the whole chain.

    `within` are the only stores that its reader sees; None is all.
    """

    region: str = ""
    store: str = ""
    within: tuple[str, ...] | None = None

    def stores(self, table: StoreTable) -> list[str] | None:
        """None is the whole chain."""
        if self.store:
            return [self.store]
        if self.within is not None:
            return list(self.within)
        return table.of_region(self.region) if self.region else None
