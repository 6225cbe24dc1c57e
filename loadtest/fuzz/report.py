"""What a run found, for people."""

from typing import Any

from loadtest.fuzz.sender import Sent

#: Most memory that the door may take while it is fuzzed, MiB.
DOOR_MIB = 300
#: So much of what was sent is told of a failure.
TOLD_BYTES = 400


class Report:
    """The summary and the problems of one run."""

    def __init__(self, seed: int, sent: Sent, door_mib: float) -> None:
        self._seed = seed
        self.sent = sent
        self.door_mib = door_mib
        #: What `verify` found, with its `status`.
        self.verdict: dict[str, Any] | None = None
        self.problems: list[str] = []
        for what, request, answer in sent.failures:
            self.problems.append(
                f"{what}: {answer.status} {answer.body[:TOLD_BYTES]!r} to {request.path}"
                f" {dict(request.headers)} {request.body[:TOLD_BYTES]!r}"
            )
        if door_mib > DOOR_MIB:
            self.problems.append(f"the door took {door_mib:.0f} MiB; {DOOR_MIB} are allowed")

    def all_problems(self) -> list[str]:
        """Everything that does not hold."""
        verdict = self.verdict
        if verdict is None:
            return [*self.problems, "verify said nothing"]
        if verdict["status"] != 0:
            return [*self.problems, f"verify ends with {verdict['status']}: {_short(verdict)}"]
        heard, accepted = verdict["accepted"], self.sent.accepted
        if not accepted - self.sent.repeated <= heard <= accepted:
            return [
                *self.problems,
                f"the door accepted {accepted} by its answers, the log has {heard}",
            ]
        return self.problems

    def text(self) -> str:
        """Counts by answer, the books, and what does not hold."""
        sent, lines = self.sent, []
        for kind in ("allowed", "broken"):
            answers = sorted(
                (status, n) for (what, status), n in sent.answers.items() if what == kind
            )
            told = ", ".join(f"{n:,} x {status or 'closed'}" for status, n in answers)
            lines.append(f"{kind:<8} {told}")
        lines.append(
            f"accepted {sent.accepted:,} receipts; the door took at most {self.door_mib:.0f} MiB"
        )
        if self.verdict is not None:
            names = ("accepted", "stored", "counted", "duplicates", "conflicts", "dead_lettered")
            told = ", ".join(f"{name} {self.verdict.get(name)}" for name in names)
            lines.append(f"verify {told}: status {self.verdict['status']}")
        problems = self.all_problems()
        lines += [f"problem: {each}" for each in problems]
        lines.append(f"seed {self._seed}: {'FAILED' if problems else 'every place agrees'}")
        return "\n".join(lines)


def _short(verdict: dict[str, Any]) -> str:
    told = {name: each for name, each in verdict.items() if name not in ("sums", "differences")}
    return f"{told}, {str(verdict.get('differences', ''))[:1_500]}"
