"""What the exchange `receivers` said last: of the connectors' worker, and of each door. No I/O."""

import msgspec

from tillstream.receivers.snapshots import ReceiversSnapshot, RefusedSnapshot, Snapshot

#: A door that is silent for so long has ended, and with it its count, seconds.
DOOR_SECONDS = 10.0

decode = msgspec.json.Decoder(Snapshot).decode


class ReceiverRow(msgspec.Struct, frozen=True, rename="camel"):
    """One receiver, as the operations page shows it."""

    receiver: str
    taken: int
    #: Receipts that were made, reversals too.
    posted: int
    #: Deliveries that wait for an answer of the vendor's API.
    waiting: int
    #: By the doors that run, since each has started.
    refused: int
    set_aside: int
    #: When the newest delivery came, Unix seconds; None before any.
    newest: float | None


class ReceiversState(msgspec.Struct, frozen=True, rename="camel"):
    """All of them; `as_of` is when the worker said it last, None before."""

    rows: list[ReceiverRow]
    #: Receipts that wait for the broker.
    outbox: int
    as_of: float | None


class ReceiversHeard:
    """Not safe for several threads: the watch's lock guards it."""

    def __init__(self) -> None:
        self._worker: ReceiversSnapshot | None = None
        self._doors: dict[str, RefusedSnapshot] = {}

    def take(self, snapshot: Snapshot) -> None:
        """Keep it in the place of the one before."""
        if isinstance(snapshot, ReceiversSnapshot):
            self._worker = snapshot
        else:
            self._doors[snapshot.door] = snapshot

    def state(self, now: float) -> ReceiversState:
        """What is known, by name."""
        self._doors = {
            name: one for name, one in self._doors.items() if now - one.as_of < DOOR_SECONDS
        }
        refused: dict[str, int] = {}
        for door in self._doors.values():
            for name, reasons in door.refused.items():
                refused[name] = refused.get(name, 0) + sum(reasons.values())
        worker = self._worker
        known = {} if worker is None else {one.receiver: one for one in worker.receivers}
        rows = []
        for name in sorted(known.keys() | refused.keys()):
            one = known.get(name)
            of_door = refused.get(name, 0)
            if one is None:
                rows.append(ReceiverRow(name, 0, 0, 0, of_door, 0, None))
            else:
                rows.append(
                    ReceiverRow(
                        name,
                        one.taken,
                        one.receipts,
                        one.fetching,
                        of_door,
                        one.set_aside,
                        one.newest,
                    )
                )
        return ReceiversState(
            rows, 0 if worker is None else worker.outbox, None if worker is None else worker.as_of
        )
