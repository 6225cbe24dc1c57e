"""A consumer of a quiet queue rests: to be woken by each message costs more than to read it.

What comes meanwhile is kept by the socket, and by the broker past the prefetch.
"""

import select

#: A queue is quiet while fewer messages, and fewer bytes of them, are gathered at a time.
QUIET_MESSAGES, QUIET_BYTES = 20, 65_536


def is_quiet(messages: int, size: int) -> bool:
    """By what was gathered last: messages, and bytes of their bodies."""
    return messages < QUIET_MESSAGES and size < QUIET_BYTES


def rest(seconds: float) -> None:
    """Do nothing for so long; not at all where it is 0 or less."""
    # Not time.sleep: it fails where the time of day is faked and the monotonic clock is not
    # (libfaketime).
    select.select((), (), (), max(0.0, seconds))
