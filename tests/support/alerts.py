"""For tests of alerts: receivers of mails and webhooks, and a watcher by a clock of ours."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from local.ports import free_port


class Webhook:
    """Keeps every message that is posted; answers as it is told to."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.status = 200
        #: While it is clear, nothing is answered.
        self.answering = threading.Event()
        self.answering.set()
        self.asked = threading.Event()
        webhook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = webhook.status
                webhook.asked.set()
                webhook.answering.wait(30)
                if status == 200:
                    webhook.messages.append(json.loads(body))
                self.send_response(status)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Nothing: tests read the messages."""

        self.port = free_port()
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    @property
    def url(self) -> str:
        """For Apprise; with something in it that nobody may tell."""
        return f"json://somebody:sesame@127.0.0.1:{self.port}/hook/sesame"

    @property
    def titles(self) -> list[str]:
        return [each["title"] for each in self.messages]

    def __enter__(self) -> "Webhook":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.answering.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)


class _Keeps:
    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []

    async def handle_DATA(self, _: SMTP, __: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        content = envelope.content
        assert isinstance(content, bytes)
        self.mails.append(message_from_bytes(content, policy=policy.default))
        return "250 OK"


class MailBox:
    """An SMTP server that keeps what it gets."""

    def __init__(self, port: int, keeps: _Keeps) -> None:
        self.url = f"mailto://127.0.0.1:{port}?from=shop@example.com&to=you@example.com"
        self._keeps = keeps

    @property
    def mails(self) -> list[EmailMessage]:
        return self._keeps.mails


@contextmanager
def mail_box() -> Iterator[MailBox]:
    """A running one."""
    keeps, port = _Keeps(), free_port()
    controller = Controller(keeps, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield MailBox(port, keeps)
    finally:
        controller.stop()
