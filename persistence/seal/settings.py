"""Settings of the seal, from the environment."""

from dataclasses import dataclass

from tillstream.errors import SettingsError
from tillstream.runtime.settings import LogSettings, MongoSettings, StoreTimeSettings

#: A shorter key could be guessed.
LEAST_KEY_CHARACTERS = 32


@dataclass(frozen=True, kw_only=True)
class SealSettings(StoreTimeSettings, MongoSettings, LogSettings):
    """Where receipts and seals are, when a business day is over, and what signs."""

    #: Signs seals, when it is set; without it the chain shows an alteration, but not who closed.
    seal_key: str | None = None

    def __post_init__(self) -> None:
        # Checked here, so that no message shows it.
        if self.seal_key is not None and len(self.seal_key) < LEAST_KEY_CHARACTERS:
            raise SettingsError(
                [f"SEAL_KEY is too short; at least {LEAST_KEY_CHARACTERS} characters, random"]
            )
