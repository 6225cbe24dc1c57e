"""What a process of a run writes: the newest lines, bounded, without secrets."""

import os
import re
import select
import threading
from collections import deque
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

from tillstream.runtime.printable import printable

MOST_LINES, MOST_CHARACTERS = 200, 500
#: Read at a time, bytes; a line that is longer is cut.
_CHUNK = 4_096
POLL_SECONDS = 0.1

_SECRET_NAME = re.compile(r"PASSWORD|PASSWD|SECRET|TOKEN|_KEY$|_KEYS$|CREDENTIAL")
_IN_URL = re.compile(r"(?<=://)[^\s/@]+@")
#: Shorter ones would blacken words.
_LEAST_SECRET = 6
_HIDDEN = "***"


class Output:
    """Lines of a process; `read` in a thread, the rest in another, after it has ended."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.lines: deque[str] = deque(maxlen=MOST_LINES)
        self.cut = 0
        self._secrets = secrets(environ)

    def read(self, source: int, over: threading.Event) -> None:
        """Take every line of a pipe until its end, or `over`: who was left behind may hold it."""
        line = b""
        while True:
            if not select.select([source], [], [], POLL_SECONDS)[0]:
                if over.is_set():
                    break
                continue
            chunk = os.read(source, _CHUNK)
            if not chunk:
                break
            *lines, line = (line + chunk).split(b"\n")
            for each in lines:
                self.add(each)
            # A line without an end is cut.
            if len(line) > _CHUNK:
                self.add(line)
                line = b""
        if line:
            self.add(line)

    def add(self, line: bytes) -> None:
        """Take a line."""
        text = printable(line.decode(errors="replace").rstrip("\r\n"))
        for secret in self._secrets:
            text = text.replace(secret, _HIDDEN)
        text = _IN_URL.sub(f"{_HIDDEN}@", text)
        if len(self.lines) == MOST_LINES:
            self.cut += 1
        self.lines.append(text[:MOST_CHARACTERS])


def secrets(environ: Mapping[str, str]) -> list[str]:
    """Values that no log shall hold, the longest first: of names that say so, and of URLs."""
    found = set()
    for name, value in environ.items():
        if _SECRET_NAME.search(name):
            found.add(value)
        if "://" in value and (password := _password(value)):
            found |= {password, unquote(password)}
    return sorted((each for each in found if len(each) >= _LEAST_SECRET), key=len, reverse=True)


def _password(url: str) -> str | None:
    try:
        return urlsplit(url).password
    except ValueError:
        return None
