"""The errors that several rooms raise or catch; each room has more of its own.

TillstreamError
├── SettingsError             a setting is missing or wrong; the process does not start
├── UndecodableMessageError   a message body that is not receipts; goes to the dead letters
├── PortTakenError            a port that we were told to listen on is in use
├── ServerNotReadyError       a private server did not come up before its deadline
├── TopologyDiffersError      the broker has a queue or exchange with other arguments than ours
├── DataFolderError           a data folder of another version; needs an upgrade, or a newer program
└── NotConfirmedError         the broker did not confirm a publish; nothing was accepted
    ├── BrokerAwayError       no connection, or it was lost before the confirm
    ├── BrokerBlockedError    the broker raised an alarm (memory, disk) and takes nothing
    ├── UnroutableError       returned: no queue is bound to the exchange
    ├── NackedError           the broker refused the message
    ├── ConfirmTimeoutError   no confirm came in time; the receipts may be stored
    ├── DiskShortError        the disk of the data folder is almost full; nothing was sent
    ├── TooManyInFlightError  our own bound is reached; nothing was sent
    └── ShuttingDownError     the door is draining; nothing was sent
"""

import re


class TillstreamError(Exception):
    """Base of every error raised on purpose."""


class SettingsError(TillstreamError):
    """Settings that do not hold. `problems` has one line for each."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("; ".join(problems))


class UndecodableMessageError(TillstreamError):
    """A message body that is not receipts. `reason` says why, in one line."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class PortTakenError(TillstreamError):
    """A port that is in use; `variable` is the setting that moves it."""

    def __init__(self, port: int, variable: str) -> None:
        self.port = port
        self.variable = variable
        super().__init__(f"port {port} is taken by another program; set {variable} to a free port")


class ServerNotReadyError(TillstreamError):
    """A private server that did not answer before its deadline."""


class TopologyDiffersError(TillstreamError):
    """A queue or an exchange that the broker has with other arguments than ours.

    `said` is the broker's text (reply code 406); `argument` is the one that differs, where it
    names one.
    """

    def __init__(self, kind: str, name: str, said: str) -> None:
        self.kind = kind
        self.name = name
        self.said = said
        found = re.search(r"inequivalent arg '([^']+)'", said)
        self.argument = found[1] if found else None
        values = re.search(r"received (.+) but current is (.+)", said)
        there = f" (there: {values[2]}; wanted: {values[1]})" if values else f" ({said})"
        super().__init__(
            f"the {kind} {name} is on the broker with another"
            f" {self.argument or 'argument'}{there}: another version of Tillstream has made it;"
            " end every room and run `python -m persistence upgrade`, which makes it anew"
            " and keeps what it holds"
        )


class DataFolderError(TillstreamError):
    """A data folder that this version of the program cannot work on as it is."""


class NotConfirmedError(TillstreamError):
    """A publish without a confirm. `retry_after` is in seconds."""

    reason = "the broker did not confirm the receipt"
    retry_after = 2

    def __init__(self, detail: str = "", *, reason: str = "") -> None:
        """`reason`, where given, is told to the sender instead of the class's."""
        self.detail = detail
        if reason:
            self.reason = reason
        super().__init__(detail or self.reason)


class BrokerAwayError(NotConfirmedError):
    reason = "the broker is away"


class BrokerBlockedError(NotConfirmedError):
    reason = "the broker has raised an alarm and takes no messages"
    retry_after = 5


class UnroutableError(NotConfirmedError):
    reason = "the broker has no queue for receipts"
    retry_after = 5


class NackedError(NotConfirmedError):
    reason = "the broker refused the message"


class ConfirmTimeoutError(NotConfirmedError):
    reason = "the broker did not confirm in time; the receipt may be stored, a retry is safe"


class DiskShortError(NotConfirmedError):
    reason = "the disk of DATA_DIR is almost full"
    retry_after = 10


class TooManyInFlightError(NotConfirmedError):
    reason = "too many receipts are waiting for the broker"
    retry_after = 1


class ShuttingDownError(NotConfirmedError):
    reason = "this door is shutting down"
    retry_after = 1
