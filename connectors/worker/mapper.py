"""What the worker asks of the definitions: pure for the worker, so that tests give their own."""

from typing import Protocol

from connectors.mapping.documents import Fetch, SaleState
from tillstream.receivers.delivery import Delivery


class Mapper(Protocol):
    """From a delivery to the states of sales that it says."""

    def fetch_of(self, delivery: Delivery) -> Fetch | None:
        """What has to be asked of the vendor first; None where the delivery has all.

        Raises MappingError.
        """

    def is_fetched(self, delivery: Delivery) -> bool:
        """Whether `fetch_of` gives what has to be asked, without a token. Raises MappingError."""

    def states(self, delivery: Delivery) -> list[SaleState]:
        """The states that it says; none where its topic is ignored. Raises MappingError."""

    def reload(self) -> None:
        """Read the definitions again. Raises TillstreamError, and those of before stay."""
