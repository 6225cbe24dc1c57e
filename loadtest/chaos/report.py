"""What a run found, for people and for programs: no I/O."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from loadtest.chaos.history import Verdict
from loadtest.chaos.outage import PATIENCE_SECONDS, Outage
from loadtest.chaos.plan import FULL, SEGMENTS, Fault
from tillstream.runtime.text_table import text_table

#: Each component is to be back, and to have caught up, so soon after its fault is lifted, seconds.
BACK_SECONDS = 30.0
#: The same where the log is lost: it is rebuilt by commands, and the rate has a new minute to hear.
LOG_LOST_SECONDS = 90.0

#: An outage that is too short to be told from none.
SHORT = f"under {PATIENCE_SECONDS}"

HEADS = ("fault", "accepted", "lost", "double-counted", "unavailable s", "back within s")


class Row(NamedTuple):
    """What one fault did."""

    fault: Fault
    #: Receipts that were acknowledged in this round.
    accepted: int
    lost: int
    double_counted: int
    #: Of each component.
    outages: dict[str, Outage]
    #: What the check after it found, a line each.
    problems: Sequence[str]
    #: Receipts that only the archive had, none of them acknowledged, and that the log has got.
    brought: int = 0

    @property
    def unavailable(self) -> float:
        """Seconds without the component that was away longest."""
        return max(each.unavailable for each in self.outages.values())

    @property
    def back_after(self) -> float | None:
        """Seconds until the last component was back; None when one was not."""
        waits = [each.back_after for each in self.outages.values()]
        return None if None in waits else max(wait for wait in waits if wait is not None)

    def is_good(self) -> bool:
        """Whether nothing was lost or counted twice, and everything was back in time."""
        back = self.back_after
        allowed = LOG_LOST_SECONDS if self.fault.target in (FULL, SEGMENTS) else BACK_SECONDS
        return not self.problems and self.accepted > 0 and back is not None and back <= allowed

    def cells(self) -> tuple[str, ...]:
        """As a row under HEADS."""
        back = self.back_after
        return (
            self.fault.name,
            f"{self.accepted:,}",
            str(self.lost),
            str(self.double_counted),
            self._away(),
            "not back" if back is None else f"{back:.1f}" if self.unavailable else SHORT,
        )

    def told(self) -> str:
        """As one line."""
        told = [f"{head} {cell}" for head, cell in zip(HEADS, self.cells(), strict=True)]
        brought = [f"brought to the log {self.brought}"] if self.brought else []
        return "; ".join([", ".join(told), *brought, *self.problems])

    def _away(self) -> str:
        away = [
            f"{name} {each.unavailable:.1f}"
            for name, each in sorted(self.outages.items(), key=lambda one: -one[1].unavailable)
            if each.unavailable
        ]
        return " ".join(away) or SHORT


class Proofs(NamedTuple):
    """What `python -m ROOM verify` of each room found at the end, with its `status`."""

    analytics: dict[str, Any]
    events: dict[str, Any]
    connectors: dict[str, Any]


class Report(NamedTuple):
    """A whole run."""

    seed: int
    rows: Sequence[Row]
    #: After the drain.
    verdict: Verdict
    #: Receipts that were acknowledged in all.
    accepted: int
    #: Events that were acknowledged in all.
    events: int
    proofs: Proofs
    #: Purchases of the online shop that were acknowledged in all.
    purchases: int = 0
    #: Minutes for which the job of every minute was run.
    minutes: int = 0
    #: Sales of the receiver that were acknowledged in all.
    delivered: int = 0

    @property
    def brought(self) -> int:
        """Receipts that only the archive had, and that the log has got."""
        return sum(row.brought for row in self.rows)

    def problems(self) -> list[str]:
        """Why the run failed, a line for each reason; empty when it did not."""
        found = [f"round {number}, {row.told()}" for number, row in self._bad()]
        found += self.verdict.problems()
        if not self.rows:
            found.append("no fault was injected")
        return found + self._objections()

    def text(self) -> str:
        """A table with a row for each fault, the problems, and a last line with the sums."""
        table = text_table(HEADS, [row.cells() for row in self.rows], left=len(HEADS))
        problems = [f"! {problem}" for problem in self.problems()]
        return "\n".join([table, *problems, self.last_line()])

    def last_line(self) -> str:
        """The sums of the run, and whether all is well."""
        return (
            f"{'FAILED' if self.problems() else 'ok'}: {len(self.rows)} faults, "
            f"accepted {self.accepted:,}, lost {self.verdict.lost}, "
            f"double-counted {self.verdict.double_counted}, "
            + (f"brought to the log {self.brought}, " if self.brought else "")
            + f"analytics verify: {self.proofs.analytics['status']}; "
            f"events accepted {self.events:,}, "
            f"bodies that differ {len(self.verdict.events)}, "
            f"events verify: {self.proofs.events['status']}; purchases {self.purchases:,}, "
            f"differences of the shop {len(self.verdict.shop)}; sales delivered"
            f" {self.delivered:,}, differences {len(self.verdict.deliveries)}, connectors"
            f" verify: {self.proofs.connectors['status']}; minutes of the job {self.minutes}, "
            f"differences {len(self.verdict.jobs)}; seed {self.seed}"
        )

    def as_json(self) -> dict[str, Any]:
        """For programs; seconds, and None for what was not back."""
        return {
            "ok": not self.problems(),
            "seed": self.seed,
            "patience_seconds": PATIENCE_SECONDS,
            "accepted": self.accepted,
            "lost": self.verdict.lost,
            "double_counted": self.verdict.double_counted,
            "brought_to_log": self.brought,
            "events": self.events,
            "purchases": self.purchases,
            "minutes": self.minutes,
            "sales_delivered": self.delivered,
            "problems": self.problems(),
            "verify": self.proofs.analytics,
            "events_verify": self.proofs.events,
            "connectors_verify": self.proofs.connectors,
            "rounds": [
                {
                    **row.fault._asdict(),
                    "accepted": row.accepted,
                    "lost": row.lost,
                    "double_counted": row.double_counted,
                    "brought_to_log": row.brought,
                    "unavailable_seconds": round(row.unavailable, 2),
                    "back_within_seconds": row.back_after and round(row.back_after, 2),
                    "components": {name: each._asdict() for name, each in row.outages.items()},
                    "problems": list(row.problems),
                    "ok": row.is_good(),
                }
                for row in self.rows
            ],
        }

    def _objections(self) -> list[str]:
        """What the product's own checks have against the run."""
        found = []
        for room, verified in self.proofs._asdict().items():
            if verified["status"] != 0:
                told = {name: each for name, each in verified.items() if name != "differences"}
                found.append(f"{room} verify: {told}")
        if found:
            return found
        # Whoever recounts less than was accepted has not looked at everything.
        seen = min(self.proofs.analytics["stored"], self.proofs.analytics["counted"])
        if seen < self.accepted:
            found.append(f"analytics verify saw {seen} of {self.accepted} receipts")
        events = sum(stream["counted"] for stream in self.proofs.events["streams"])
        if events < self.events:
            found.append(f"events verify saw {events} of {self.events} events")
        deliveries = self.proofs.connectors["deliveries"]
        if deliveries < self.delivered:
            found.append(f"connectors verify saw {deliveries} of {self.delivered} sales")
        return found

    def _bad(self) -> list[tuple[int, Row]]:
        return [(number, row) for number, row in enumerate(self.rows, 1) if not row.is_good()]
