"""Settings of the persistence room, from the environment."""

from dataclasses import dataclass

from tillstream.settings import BrokerSettings, MongoSettings, StoreTimeSettings


@dataclass(frozen=True, kw_only=True)
class PersistenceSettings(StoreTimeSettings, MongoSettings, BrokerSettings):
    """Where receipts come from, where they are kept, and how a business day is told."""
