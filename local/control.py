"""Talks to a running supervisor: which programs run, start, stop and signal one of them."""

import http.client
import socket
import xmlrpc.client
from pathlib import Path
from typing import Any, NamedTuple, Self

from local.programs import SPARE, socket_file


class Status(NamedTuple):
    """A program as the supervisor sees it."""

    name: str
    group: str
    #: RUNNING, STARTING, BACKOFF, STOPPING, STOPPED, EXITED or FATAL.
    state: str
    #: 0 where it does not run.
    pid: int
    #: Of its last end.
    exit_status: int
    #: When it was last started, and when it last ended, Unix seconds; 0 is never.
    started: int
    ended: int
    #: Why it does not run, in the supervisor's words.
    detail: str

    @property
    def is_kept_back(self) -> bool:
        """Whether it does not run because there is not much to do."""
        return self.group == SPARE and self.state == "STOPPED"


#: Longest wait for an answer, seconds: a program that is to end has 15, and then is killed.
ANSWER_SECONDS = 60.0


class _Connection(http.client.HTTPConnection):
    """HTTP on a socket of the file system."""

    def __init__(self, file: Path) -> None:
        super().__init__("localhost", timeout=ANSWER_SECONDS)
        self._file = file

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._file))


class _Transport(xmlrpc.client.Transport):
    """Supervisor's own would load all of Supervisor: twice the time of `tillstream status`."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self._file = file

    def make_connection(self, host: Any) -> http.client.HTTPConnection:
        connection = self._connection[1]
        if connection is None:
            connection = _Connection(self._file)
            self._connection = host, connection
        return connection


class Control:
    """The programs of the supervisor that runs on `data_dir`; raises OSError when none does."""

    def __init__(self, data_dir: Path) -> None:
        self._transport = _Transport(socket_file(data_dir))
        self._server = xmlrpc.client.ServerProxy("http://localhost", transport=self._transport)
        self._groups: dict[str, str] = {}

    @staticmethod
    def socket(data_dir: Path) -> Path:
        """The socket that a supervisor on `data_dir` listens on."""
        return socket_file(data_dir)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the connection; the supervisor and its programs run on."""
        self._transport.close()

    def statuses(self) -> dict[str, Status]:
        """Every program by its name."""
        return {
            entry["name"]: Status(
                entry["name"],
                entry["group"],
                entry["statename"],
                entry["pid"],
                entry["exitstatus"],
                entry["start"],
                entry["stop"],
                entry["spawnerr"] or entry["description"],
            )
            for entry in self._call("getAllProcessInfo")
        }

    def start(self, name: str, *, wait: bool = False) -> None:
        """Start a program that does not run; `wait` until it has run for a second."""
        self._call("startProcess", self._full(name), wait)

    def stop(self, name: str) -> None:
        """End a program with SIGTERM, with SIGKILL at its deadline; it stays away."""
        self._call("stopProcess", self._full(name))

    def signal(self, name: str, signal: str) -> None:
        """Send `KILL`, `STOP`, `CONT`...; a program that ends by it is started again."""
        self._call("signalProcess", self._full(name), signal)

    def _full(self, name: str) -> str:
        if name not in self._groups:
            self._groups = {status.name: status.group for status in self.statuses().values()}
        return f"{self._groups[name]}:{name}"

    def _call(self, method: str, *arguments: object) -> Any:
        try:
            return getattr(self._server.supervisor, method)(*arguments)
        except (OSError, http.client.HTTPException, xmlrpc.client.ProtocolError):
            self._transport.close()
            raise
