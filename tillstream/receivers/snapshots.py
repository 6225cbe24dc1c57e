"""The bodies of the exchange `receivers`: what became of deliveries, absolute figures, each 2 s."""

from tillstream.receipt import Wire


class ReceiverFigures(Wire, frozen=True):
    """One receiver, since the connectors' state began."""

    receiver: str
    #: Deliveries that the worker has read; of them those that said nothing new, and those kept
    #: apart, as tests are.
    taken: int
    passed_over: int
    apart: int
    #: Receipts that were made, reversals too; and the reversals among them.
    receipts: int
    reversals: int
    #: Deliveries that wait for an answer of the vendor's API, and that are set aside, now.
    fetching: int
    set_aside: int
    #: When the newest delivery came, Unix seconds; None before any.
    newest: float | None


class ReceiversSnapshot(Wire, frozen=True, tag_field="from", tag="connectors"):
    """From the connectors' worker; also when nothing changed."""

    #: Those that a delivery has come to, by name.
    receivers: tuple[ReceiverFigures, ...]
    #: Receipts that wait for the broker's confirm.
    outbox: int
    as_of: float


class RefusedSnapshot(Wire, frozen=True, tag_field="from", tag="entrypoint"):
    """From each process of the door that has refused a delivery since it started."""

    #: Which process: its start and its number.
    door: str
    #: Deliveries that were not taken, by receiver and why.
    refused: dict[str, dict[str, int]]
    as_of: float


#: Either of them.
Snapshot = ReceiversSnapshot | RefusedSnapshot
