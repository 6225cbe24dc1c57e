"""Settings of a local run: where the data lies, which ports, whose broker and database."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from msgspec import Meta

from tillstream.runtime import product, settings
from tillstream.runtime.data_folder import real_folder
from tillstream.runtime.settings import AmqpUrl, LogSettings, MongoUrl, Partitions, Port

#: The clone, or the files of an installed wheel; every program runs in it, and a relative DATA_DIR
#: is taken from here.
ROOT = product.FILES


Positive = Annotated[int, Meta(ge=1)]
Seconds = Annotated[float, Meta(ge=0)]


@dataclass(frozen=True, kw_only=True)
class LocalSettings(
    LogSettings, settings.StoreTimeSettings, settings.DiskSettings, settings.ReceiversSettings
):
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
    #: Doors that share ENTRYPOINT_PORT, at most; 1: no other is ever added.
    doors_max: Positive = 1
    #: Persistence workers beside each other, at most; 1: no other is ever added.
    persistence_max: Positive = 1
    #: For so long there is too much to do before one is added, seconds.
    scale_up_seconds: Seconds = 3.0
    #: For so long there is little to do before one is taken away, seconds.
    scale_down_seconds: Seconds = 60.0

    def data_path(self) -> Path:
        """The data folder, absolute."""
        return real_folder(ROOT / self.data_dir)
