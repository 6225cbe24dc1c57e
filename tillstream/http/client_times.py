"""How long a client takes to send a request and to take its answers, against the budgets."""

from tillstream.http.budgets import HttpBudgets
from tillstream.http.problems import ProblemError, too_late


class ReceiveTimes:
    """Since when the next part of a request is awaited; times are those of the event loop."""

    def __init__(self) -> None:
        #: Zero for a part that began after the last look.
        self.since = self.progress = 0.0

    def start(self, now: float = 0.0) -> None:
        """A new part is awaited from now on, or from the next look on."""
        self.since = self.progress = now

    def overdue(self, now: float, budgets: HttpBudgets, *, in_body: bool) -> ProblemError | None:
        """The ProblemError 408 of a part that did not come in its time."""
        if not in_body:
            if now - self.since > budgets.header_timeout_seconds:
                return too_late("headers", budgets.header_timeout_seconds)
        elif now - self.progress > budgets.body_idle_seconds:
            return too_late("next bytes of the body", budgets.body_idle_seconds)
        elif now - self.since > budgets.body_timeout_seconds:
            return too_late("body", budgets.body_timeout_seconds)
        return None


class SendTimes:
    """Since when a client has answers to take."""

    def __init__(self) -> None:
        #: Bytes that it had not taken at the last look.
        self._unsent = 0
        self._since = self._progress = 0.0

    def restart(self) -> None:
        """Most was taken: the time for the rest and for more begins anew."""
        self._unsent = 0

    def overdue(self, unsent: int, now: float, budgets: HttpBudgets) -> bool:
        """Whether it takes none of the `unsent` bytes, or takes them too slowly."""
        if not unsent or not self._unsent:
            self._since = self._progress = now
        elif unsent < self._unsent:
            self._progress = now
        self._unsent = unsent
        return (
            now - self._progress > budgets.body_idle_seconds
            or now - self._since > budgets.body_timeout_seconds
        )
