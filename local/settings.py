"""Settings of a local run: where the data lies, which ports, whose broker and database."""

from dataclasses import dataclass
from pathlib import Path

from tillstream.runtime import product, settings
from tillstream.runtime.settings import AmqpUrl, LogSettings, MongoUrl, Partitions, Port

#: The clone, or the files of an installed wheel; every program runs in it, and a relative DATA_DIR
#: is taken from here.
ROOT = product.FILES


@dataclass(frozen=True, kw_only=True)
class LocalSettings(LogSettings, settings.StoreTimeSettings, settings.DiskSettings):
    """What `script/server` reads; every other setting passes through to the rooms."""

    #: Where set, used instead of a private RabbitMQ.
    amqp_url: AmqpUrl | None = None
    #: See BrokerSettings.
    log_partitions: Partitions = 1
    #: Where set, used instead of a private MongoDB.
    mongo_url: MongoUrl | None = None
    entrypoint_port: Port = 3000
    dashboard_port: Port = 8050
    archive_api_port: Port = 3001
    data_dir: str = "var"

    def data_path(self) -> Path:
        """The data folder, absolute."""
        return (ROOT / self.data_dir).resolve()
