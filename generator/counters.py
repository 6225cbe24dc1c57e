"""Receipt numbers per till that never restart, kept in a file that several runs may share."""

import fcntl
import mmap
import os
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Protocol

#: Tills of a store that the file has room for; the place of a till never moves.
MAX_TILLS = 64
#: Bytes of one counter: an unsigned integer in the machine's order.
WIDTH = 8

#: Gives the next number of a till of a store, from 1, without gaps.
Take = Callable[[int, int], int]


class Counters(Protocol):
    """Where tills get the numbers of their receipts from."""

    def issued(self) -> int:
        """How many numbers all tills have issued so far."""

    def take(self, store: int, till: int) -> int:
        """The next number of a till, from 1, without gaps."""

    def held(self) -> AbstractContextManager[Take]:
        """Within it nobody else takes numbers; what it gives takes one at little cost."""


class MemoryCounters:
    """Counters that start from nothing and end with the process."""

    def __init__(self) -> None:
        self._last: defaultdict[tuple[int, int], int] = defaultdict(int)

    def issued(self) -> int:
        """How many numbers all tills have issued so far."""
        return sum(self._last.values())

    def take(self, store: int, till: int) -> int:
        """The next number of a till, from 1, without gaps."""
        self._last[store, till] += 1
        return self._last[store, till]

    def held(self) -> AbstractContextManager[Take]:
        """Nobody else takes these numbers anyway."""
        return nullcontext(self.take)


class FileCounters:
    """The counters of one chain in one file, `tills.counters`, of `stores` x MAX_TILLS places.

    The file belongs to the tills and not to a seed: whatever the seed, the number of stores
    or of tills, a till goes on from the number after its last. Its pages are shared memory,
    so a number that was taken stays taken when the process is killed at any instruction,
    and two runs at the same time get different numbers. A machine that loses its power may
    fall back to the numbers of its last write to disk; as a receipt's identity has its
    time too, it is not used again even then.

    A number is taken just before its receipt is sent, so a run that is killed leaves at most
    the receipts it had on the way as gaps. Raises OSError when the file cannot be made.
    """

    def __init__(self, folder: Path, stores: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file = os.open(folder / "tills.counters", os.O_RDWR | os.O_CREAT, 0o644)
        # A larger chain appends its stores; nothing is ever cut off. Growing is guarded, as
        # a run of a smaller chain must not undo that of a larger one.
        fcntl.flock(self._file, fcntl.LOCK_EX)
        size = max(os.fstat(self._file).st_size, stores * MAX_TILLS * WIDTH)
        os.ftruncate(self._file, size)
        fcntl.flock(self._file, fcntl.LOCK_UN)
        self._pages = mmap.mmap(self._file, size)
        self._numbers = memoryview(self._pages).cast("Q")

    def __enter__(self) -> "FileCounters":
        return self

    def __exit__(self, *_: object) -> None:
        self._numbers.release()
        self._pages.flush()
        self._pages.close()
        os.close(self._file)

    def issued(self) -> int:
        """How many numbers all tills have issued so far."""
        return sum(self._numbers)

    def take(self, store: int, till: int) -> int:
        """The next number of a till, from 1, without gaps."""
        with self.held() as take:
            return take(store, till)

    @contextmanager
    def held(self) -> Iterator[Take]:
        """Within it no other run takes numbers; what it gives takes one at little cost."""
        numbers = self._numbers

        def take(store: int, till: int) -> int:
            place = (store - 1) * MAX_TILLS + till - 1
            numbers[place] = number = numbers[place] + 1
            return number

        fcntl.flock(self._file, fcntl.LOCK_EX)
        try:
            yield take
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)
