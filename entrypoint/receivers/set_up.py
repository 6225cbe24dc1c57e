"""The receivers that are declared, with what the environment says of each."""

from collections.abc import Mapping
from typing import NamedTuple

from entrypoint.receivers.secrets import Secrets
from entrypoint.settings import EntrypointSettings
from tillstream.clock import Clock
from tillstream.receivers import definitions_file
from tillstream.receivers.definition import Receiver
from tillstream.receivers.variables import URL, variable


class SetUp(NamedTuple):
    """What the door knows of receivers."""

    receivers: Mapping[str, Receiver]
    secrets: Secrets
    #: Where each vendor sends to, "" where that is not said.
    urls: Mapping[str, str]


def set_up(settings: EntrypointSettings, environ: Mapping[str, str], clock: Clock) -> SetUp:
    """Read definitions and secrets; raises DefinitionError and SettingsError."""
    receivers = definitions_file.load_settings(settings)
    secrets = Secrets(receivers, environ, settings.receiver_secrets_file, clock)
    urls = {name: _url(settings.receivers_url, environ, name) for name in receivers}
    return SetUp(receivers, secrets, urls)


def _url(door: str | None, environ: Mapping[str, str], name: str) -> str:
    own = environ.get(variable(name, URL), "").strip()
    return own or (f"{door.rstrip('/')}/receivers/{name}" if door else "")
