"""The events that the windows have and the archive has not yet, from the log."""

import threading
from collections.abc import Collection, Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from events.windows.decoding import MessageDecoder
from events.windows.deduplication import NewEvents, new_events
from events.windows.figures import Aside, Progress
from events.windows.identities import Identities
from tillstream.log.reader import LogTruncatedError
from tillstream.streams.definition import Definitions
from tillstream.streams.events_log import EventsLog


class KnownIdentities(Identities):
    """Identities that are only looked up."""

    def first(
        self,
        keys: Sequence[bytes],
        offset: int,
        rows: Sequence[int],
        seen_day: int,  # noqa: ARG002 - looked up, never kept
    ) -> npt.NDArray[np.bool_]:
        """Whether each is kept as having come first here."""
        known = self._known(keys)
        return np.fromiter(
            (known.get(key) == (offset, row) for key, row in zip(keys, rows, strict=True)),
            np.bool_,
            len(keys),
        )


def tail(
    url: str,
    definitions: Definitions,
    progress: Progress,
    archived_to: Mapping[str, int],
    identities: Identities,
    stop: threading.Event,
) -> Iterator[NewEvents]:
    """What stood in the log before the state's position and is in no file.

    `archived_to`: of each stream that is wanted the position that its files end before. Raises
    LogTruncatedError where the log does not hold all of it any more.
    """
    if progress.archive_from is None or progress.next_offset is None:
        return
    begin, end = progress.archive_from, progress.next_offset
    if begin >= end:
        return
    if begin < progress.base:
        raise LogTruncatedError(
            f"positions {begin} to {progress.base - 1} are not archived, and the log that had them"
            " was replaced"
        )
    log = EventsLog(url)
    first = log.first_offset()
    if first is None or first + progress.base > begin:
        have = "nothing" if first is None else f"what is from {first + progress.base} on"
        raise LogTruncatedError(
            f"positions from {begin} on are not archived yet, and the log has {have}"
        )
    # Of a stream that is not wanted as little as can be is unpacked.
    unwanted: dict[str, Collection[str]] = {
        name: () for name in definitions.events if name not in archived_to
    }
    decoder = MessageDecoder(definitions.events, unwanted or None)
    messages = log.read(stop, end - 1 - progress.base, begin - progress.base)
    for some in messages:
        for message in some:
            decoded = decoder.decode(message._replace(offset=message.offset + progress.base))
            if isinstance(decoded, Aside) or decoded.stream in unwanted:
                continue
            if decoded.offset < archived_to[decoded.stream]:
                continue
            new = new_events(decoded, definitions.streams[decoded.stream], identities)
            if len(new.rows):
                yield new
