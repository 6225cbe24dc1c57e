"""Refused rows of a body as events of the stream `quarantine`, to be mended and sent again."""

from collections.abc import Sequence

from entrypoint.events.broken_rules import RefusedRow
from entrypoint.events.contract import Contract, Row
from entrypoint.events.parcels import EventParcel, packed
from entrypoint.events.splitting import with_body
from tillstream.streams.builtin import MOST_ROW_CHARACTERS


def parcel(
    quarantine: Contract,
    stream: str,
    media_type: str,
    refusals: Sequence[RefusedRow],
    header: str,
    now_us: int,
    body: bytes | None,
) -> EventParcel:
    """One message of them; `header` is that of a CSV, `body` stands for the request's where it has
    an Idempotency-Key.
    """
    # One that is too long to be kept is of no use in parts.
    kept = header if 0 < len(header) <= MOST_ROW_CHARACTERS and "\0" not in header else None
    events = quarantine.batch(
        [(*_row(stream, media_type, refusal, now_us), kept) for refusal in refusals]
    )
    if body is not None:
        events = with_body(events, body + b"/quarantine")
    return packed(quarantine, events, now_us)


def _row(stream: str, media_type: str, refusal: RefusedRow, now_us: int) -> Row:
    first = refusal.broken[0]
    text = refusal.row[:MOST_ROW_CHARACTERS].replace("\0", "\N{REPLACEMENT CHARACTER}")
    truncated = len(refusal.row) > MOST_ROW_CHARACTERS
    return (
        *(now_us, stream, media_type, first.line, first.column or None, first.rule),
        *(text or None, truncated),
    )
