"""What `python -m events verify` has found, and how it is said."""

from collections.abc import Iterator

import msgspec

#: Differences that are named; the others are counted.
MAX_NAMED = 20


class Difference(msgspec.Struct, frozen=True):
    """A row of a window, or a figure of a stream, that two places do not agree on."""

    what: str
    #: The row's start and keys; "" of a stream.
    row: str
    #: As counted again, and as found; "" is none.
    expected: str
    found: str


class SetAside(msgspec.Struct, frozen=True):
    """An event that was not counted, and why."""

    position: int
    row: int
    stream: str
    reason: str


class StreamProof(msgspec.Struct, frozen=True, kw_only=True):
    """Where a stream's events were found."""

    name: str
    archived: int
    #: Only in the log yet.
    in_log: int
    #: Beyond the stream's retention.
    removed: int
    set_aside: int
    counted: int
    #: Whose identity came before.
    repeated: int = 0

    def expected(self) -> int:
        """How many were counted, by where they were found."""
        return self.archived + self.in_log + self.removed - self.set_aside


class ReceiptsProof(msgspec.Struct, frozen=True, kw_only=True):
    """How far the log of the receipts was counted."""

    offset: int
    duplicates: int
    conflicts: int
    #: Why its windows were not compared; "" if they were.
    not_compared: str = ""


class WindowProof(msgspec.Struct, frozen=True, kw_only=True):
    """What was compared of a window."""

    name: str
    rows: int
    differing: int
    #: Why it was not compared; "" if it was.
    not_compared: str = ""
    #: Rows that begin up to then are not compared: their events are beyond the stream's retention.
    unproved_to: str = ""
    #: Rows of MongoDB that were compared, that differ, and that are still to come.
    in_mongo: int = 0
    mongo_differing: int = 0
    mongo_behind: int = 0


class AttributionProof(msgspec.Struct, frozen=True, kw_only=True):
    """What was compared of an attribution's conversions that are final."""

    name: str
    conversions: int
    #: Whose rows or credits are not those of all events, such as ones that came late.
    differing: int
    #: Why it was not compared; "" if it was.
    not_compared: str = ""
    #: Those up to then are not compared: events are beyond their stream's retention.
    unproved_to: str = ""
    #: Documents of MongoDB, of conversions and of their credits: as of a window.
    in_mongo: int = 0
    mongo_differing: int = 0
    mongo_behind: int = 0


class Report(msgspec.Struct, kw_only=True):
    """Everything; times are Unix seconds."""

    position: int
    streams: list[StreamProof] = []
    #: None unless a window counts receipts.
    receipts: ReceiptsProof | None = None
    windows: list[WindowProof] = []
    attributions: list[AttributionProof] = []
    differences: list[Difference] = []
    aside: list[SetAside] = []

    def differing(self) -> int:
        """How many rows and figures differ."""
        rows = sum(one.differing + one.mongo_differing for one in self.windows)
        rows += sum(one.repeated for one in self.streams)
        rows += sum(one.differing + one.mongo_differing for one in self.attributions)
        return max(rows, len(self.differences))

    def holds(self) -> bool:
        """Whether all places agree, and everything was compared."""
        return not self.differing() and not self._not_compared()

    def _not_compared(self) -> int:
        windows = sum(bool(one.not_compared) for one in self.windows)
        return windows + sum(bool(one.not_compared) for one in self.attributions)

    def name(self, difference: Difference) -> None:
        """Name one, as long as there is room."""
        if len(self.differences) < MAX_NAMED:
            self.differences.append(difference)

    def verdict(self) -> str:
        """All in one line."""
        return (
            f"streams {len(self.streams)}, events {sum(one.counted for one in self.streams)},"
            f" windows {len(self.windows)}, rows {sum(one.rows for one in self.windows)},"
            f" set aside {sum(one.set_aside for one in self.streams)},"
            f" differing {self.differing()},"
            f" not compared {self._not_compared()}"
        )


def lines(report: Report) -> Iterator[str]:
    """The report for people."""
    yield f"up to position {report.position} of the log of events:"
    if report.receipts is not None:
        yield (
            f"up to offset {report.receipts.offset} of the log of receipts:"
            f" {report.receipts.duplicates} duplicates, {report.receipts.conflicts} conflicts"
        )
    for stream in report.streams:
        removed = f", {stream.removed} beyond the retention" if stream.removed else ""
        aside = f", {stream.set_aside} set aside" if stream.set_aside else ""
        repeated = f", {stream.repeated} repeated" if stream.repeated else ""
        yield (
            f"stream {stream.name}: {stream.counted} events, {stream.archived} archived,"
            f" {stream.in_log} in the log only{removed}{aside}{repeated}"
        )
    for window in report.windows:
        if window.not_compared:
            yield f"window {window.name}: not compared, {window.not_compared}"
            continue
        unproved = f", not those to {window.unproved_to}" if window.unproved_to else ""
        yield (
            f"window {window.name}: {window.rows} rows{unproved}, {window.differing} differ"
            f"{_in_mongo(window)}"
        )
    for attribution in report.attributions:
        if attribution.not_compared:
            yield f"attribution {attribution.name}: not compared, {attribution.not_compared}"
            continue
        unproved = f", not those to {attribution.unproved_to}" * bool(attribution.unproved_to)
        mended = ": `python -m events recount-attribution` mends them"
        yield (
            f"attribution {attribution.name}: {attribution.conversions} conversions{unproved},"
            f" {attribution.differing} differ{_in_mongo(attribution)}"
            f"{mended * bool(attribution.differing)}"
        )
    for one in report.aside:
        yield f"set aside: {one.stream} at {one.position}, row {one.row}: {one.reason}"
    for each in report.differences:
        yield (
            f"DIFFERS {each.what} {each.row}: expected {each.expected or 'none'},"
            f" found {each.found or 'none'}"
        )
    yield report.verdict()


def _in_mongo(proof: WindowProof | AttributionProof) -> str:
    if not (proof.in_mongo or proof.mongo_differing or proof.mongo_behind):
        return ""
    behind = f", {proof.mongo_behind} still to come" * bool(proof.mongo_behind)
    return f"; MongoDB {proof.in_mongo}, {proof.mongo_differing} differ{behind}"


def as_json(report: Report) -> str:
    """The report for programs."""
    content = msgspec.to_builtins(report)
    return msgspec.json.encode(
        {**content, "verdict": report.verdict(), "holds": report.holds()}
    ).decode()
