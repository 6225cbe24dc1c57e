"""The settings of every room, read as its processes will read them."""

from collections.abc import Mapping

from alerts.settings import AlertsSettings
from analytics.settings import VerifySettings
from connectors.settings import ConnectorsSettings
from dashboard.settings import DashboardSettings
from entrypoint.settings import EntrypointSettings
from events.settings import EventsSettings
from jobs.settings import JobsSettings
from persistence.api.settings import ArchiveApiSettings
from persistence.backup.settings import BackupSettings
from persistence.tiers.settings import TiersSettings
from spark.settings import QuerySettings
from tillstream.errors import SettingsError
from tillstream.runtime import settings
from tillstream.runtime.settings import Settings

#: What the processes of a local run read, and the jobs that run by the clock. These modules import
#: no library of their room's.
ALL: tuple[type[Settings], ...] = (
    EntrypointSettings,
    VerifySettings,
    ArchiveApiSettings,
    BackupSettings,
    TiersSettings,
    EventsSettings,
    ConnectorsSettings,
    JobsSettings,
    AlertsSettings,
    DashboardSettings,
    QuerySettings,
)


def problems(environ: Mapping[str, str]) -> list[str]:
    """What is wrong with any of them; of a setting that several rooms read, once."""
    found: list[str] = []
    for kind in ALL:
        try:
            settings.load(kind, environ)
        except SettingsError as error:
            found += error.problems
    return list(dict.fromkeys(found))
