"""The mapper that the definitions of RECEIVERS_DIR declare."""

from collections.abc import Mapping

from connectors.mapping.documents import Fetch, MappingError, SaleState
from connectors.mapping.mapper import fetch_of, is_fetched, mapped
from connectors.settings import ConnectorsSettings
from tillstream import stores
from tillstream.receivers import definitions_file
from tillstream.receivers.definition import Receiver
from tillstream.receivers.delivery import Delivery


class DefinitionsMapper:
    """See Mapper."""

    def __init__(self, settings: ConnectorsSettings, environ: Mapping[str, str]) -> None:
        """Raises DefinitionError with every mistake. `environ` has the tokens of APIs."""
        self._settings = settings
        self._environ = environ
        self.reload()

    def reload(self) -> None:
        """See Mapper."""
        table = stores.load(self._settings)
        self._receivers = definitions_file.load_settings(self._settings)
        self._stores = table

    def fetch_of(self, delivery: Delivery) -> Fetch | None:
        """See Mapper."""
        return fetch_of(self._receiver(delivery), delivery, self._environ)

    def is_fetched(self, delivery: Delivery) -> bool:
        """See Mapper."""
        return is_fetched(self._receiver(delivery), delivery)

    def states(self, delivery: Delivery) -> list[SaleState]:
        """See Mapper."""
        receiver, currency = self._receiver(delivery), self._settings.currency
        return mapped(receiver, delivery, self._stores, currency=currency)

    def _receiver(self, delivery: Delivery) -> Receiver:
        found = self._receivers.get(delivery.receiver)
        if found is None:
            raise MappingError(
                "receiver",
                "",
                f"no definition {delivery.receiver!r}",
                f"put {delivery.receiver}.toml into {self._settings.receivers_dir} again, then"
                f" `tillstream receivers retry {delivery.receiver}`",
            )
        return found
