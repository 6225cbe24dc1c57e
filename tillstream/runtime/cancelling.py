"""Whose cancellation it is."""

import asyncio


def is_cancelled() -> bool:
    """Whether the running task itself is cancelled, and not only what it waits for: a connection or
    a channel that closes cancels who waits for an answer on it.
    """
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
