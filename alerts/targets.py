"""Whom alerts are sent to: addresses of Apprise by name. No address is ever told or logged."""

import enum
import logging
import re
from collections.abc import Mapping
from typing import Any

import apprise

from alerts.settings import AlertsSettings
from tillstream.alert_records import Severity
from tillstream.errors import SettingsError
from tillstream.streams import toml_file
from tillstream.streams.mistakes import Mistake

#: Before the name of a target in the environment.
PREFIX = "ALERT_TARGET_"
MOST_TARGETS = 20
#: Longest wait for a target to take a message, seconds.
SEND_SECONDS = 20.0
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
#: They write addresses into their logs, with the keys that are in them.
_TELLTALES = ("apprise", "urllib3", "requests")
_TYPES = {
    "info": apprise.NotifyType.INFO,
    "warning": apprise.NotifyType.WARNING,
    "critical": apprise.NotifyType.FAILURE,
    None: apprise.NotifyType.SUCCESS,
}


class Outcome(enum.Enum):
    """What became of a message."""

    SENT = "sent"
    FAILED = "the target did not take it"
    #: It may have arrived, or may yet.
    UNKNOWN = "the target did not answer in time"


class Target:
    """One address."""

    def __init__(self, name: str, service: Any) -> None:
        self.name = name
        self._apprise = apprise.Apprise()
        self._apprise.add(service)

    def send(
        self, title: str, body: str, severity: Severity | None, *, as_html: bool = False
    ) -> Outcome:
        """Send a message; `severity` is None where it tells of something good.

        `body` is a text, or with `as_html` HTML, of which a mail has the plain text beside it.
        """
        result = self._apprise.notify(
            body=body,
            title=title,
            notify_type=_TYPES[severity],
            body_format="html" if as_html else "text",
            timeout=SEND_SECONDS,
        )
        if result.status == apprise.AppriseResultStatus.SUCCESS:
            return Outcome.SENT
        # Of several receivers some have it: a second time they would have it twice.
        uncertain = (apprise.AppriseResultStatus.TIMEOUT, apprise.AppriseResultStatus.PARTIAL)
        return Outcome.UNKNOWN if result.status in uncertain else Outcome.FAILED


def load(settings: AlertsSettings, environ: Mapping[str, str]) -> dict[str, Target]:
    """The targets by name; raises SettingsError naming each that is none, without its address."""
    for name in _TELLTALES:
        logging.getLogger(name).propagate = False
    addresses: dict[str, tuple[str, object]] = {}
    problems: list[str] = []
    path = settings.alert_targets_file
    if path is not None:
        mistakes: list[Mistake] = []
        found = toml_file.content(path, mistakes)
        # What is wrong with it may quote it.
        problems += [
            f'{each.file}:{each.line}: not readable as TOML: write NAME = "ADDRESS", one a line'
            for each in mistakes
        ]
        for name, address in (found[1] if found else {}).items():
            addresses[name] = (f"{path}, {name}", address)
    for variable, address in environ.items():
        if variable.startswith(PREFIX) and address:
            addresses[variable.removeprefix(PREFIX).lower()] = (variable, address)
    targets: dict[str, Target] = {}
    for name, (where, address) in addresses.items():
        if not _NAME.fullmatch(name):
            problems.append(f"{where}: a name has letters, digits, - and _, at most 40")
        elif (service := _service(address)) is None:
            problems.append(
                f"{where}: no address that Apprise can send to, such as"
                " mailtos://user:password@mail.example.com?to=you@example.com"
            )
        else:
            targets[name] = Target(name, service)
    if len(addresses) > MOST_TARGETS:
        problems.append(f"at most {MOST_TARGETS} targets")
    morning = settings.alert_morning_target
    if morning and morning not in targets and not problems:
        problems.append(f"ALERT_MORNING_TARGET={morning!r}: no such target is set")
    if problems:
        raise SettingsError(problems)
    return targets


def _service(address: object) -> Any:
    return apprise.Apprise.instantiate(address) if isinstance(address, str) else None
