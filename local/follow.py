"""Copies what programs write to their log files to the terminal, line by line."""

import contextlib
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, Self, TextIO

POLL_SECONDS = 0.2


class Follower:
    """Follows the files `NAME.log` of a folder from their present end; use it in a `with`.

    A file that is rotated away is read to its end, then the new one from its beginning.
    """

    def __init__(self, folder: Path, names: Sequence[str], terminal: TextIO) -> None:
        self._files = {name: folder / f"{name}.log" for name in names}
        self._width = max(map(len, names), default=0)
        self._terminal = terminal
        self._open: dict[str, BinaryIO] = {}
        self._rest: dict[str, bytes] = {}
        self._writing = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="logs", daemon=True)

    def __enter__(self) -> Self:
        for name, path in self._files.items():
            if path.exists():
                self._open[name] = path.open("rb")
                self._open[name].seek(0, 2)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        for file in self._open.values():
            file.close()

    def _run(self) -> None:
        while not self._ended.wait(POLL_SECONDS):
            self.copy()
        self.copy()

    def copy(self) -> None:
        """Copy every whole line that was written since the last call."""
        for name, path in self._files.items():
            self._copy_open(name)
            if self._is_new(name, path):
                # Written between the read and the rotation.
                self._copy_open(name)
                if name in self._open:
                    self._open.pop(name).close()
                self._open[name] = path.open("rb")
                self._copy_open(name)

    def say(self, line: str) -> None:
        """Write a line of our own, whole, between those of the programs.

        A terminal that is a file on a full disk loses the line, and nothing else.
        """
        with self._writing, contextlib.suppress(OSError):
            self._terminal.write(line + "\n")
            self._terminal.flush()

    def _copy_open(self, name: str) -> None:
        if name not in self._open:
            return
        *lines, rest = (self._rest.get(name, b"") + self._open[name].read()).split(b"\n")
        self._rest[name] = rest
        for line in lines:
            text = line.decode(errors="replace").rstrip("\r")
            self.say(f"{name:{self._width}} | {text}")

    def _is_new(self, name: str, path: Path) -> bool:
        try:
            there = path.stat()
        except FileNotFoundError:
            return False
        if name not in self._open:
            return True
        return there.st_ino != Path(f"/proc/self/fd/{self._open[name].fileno()}").stat().st_ino
