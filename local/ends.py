"""Says which programs ended by themselves, how, and with which last words."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from local.programs import log_file

#: What supervisord writes of a program that nobody had asked to end.
ENDED = re.compile(rb"exited: (\S+) \((.+?); (?:not )?expected\)")
#: Lines of its log that are shown, and bytes from its end that are looked at for them.
LAST_LINES = 5
TAIL_BYTES = 16_384


class Ends:
    """Reads supervisord's own log from where it was read last."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._read = 0

    def found(self) -> Iterator[str]:
        """For each end since the last call what to say of it."""
        file = log_file(self._data_dir, "supervisord")
        try:
            if file.stat().st_size == self._read:
                return
            with file.open("rb") as log:
                # A new file begins where supervisord rotates it.
                log.seek(self._read if file.stat().st_size > self._read else 0)
                *lines, rest = log.read().split(b"\n")
                self._read = log.tell() - len(rest)
        except OSError:
            return
        for line in lines:
            if ended := ENDED.search(line):
                name, how = ended[1].decode(), ended[2].decode()
                yield f"{name} has ended ({how}) and is started again{self._last_lines(name)}"

    def say_to(self, say: Callable[[str], None]) -> None:
        """Tell what was found."""
        for said in self.found():
            say(said)

    def _last_lines(self, name: str) -> str:
        file = log_file(self._data_dir, name)
        try:
            with file.open("rb") as log:
                log.seek(max(0, file.stat().st_size - TAIL_BYTES))
                lines = log.read().decode(errors="replace").splitlines()[-LAST_LINES:]
        except OSError:
            return ""
        return "; its last lines:" + "".join(f"\n    {line}" for line in lines) if lines else ""
