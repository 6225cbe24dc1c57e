"""A door for events that keeps what it accepted by Idempotency-Key, and fails as a test wants."""

import json
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class FakeEventsDoor:
    """Bodies by path and key; every key is first answered by each of `failures` in turn."""

    def __init__(self, failures: tuple[int, ...] = ()) -> None:
        self.failures = failures
        self.accepted: dict[tuple[str, str], bytes] = {}
        self.tries: Counter[str] = Counter()
        self.tokens: set[str | None] = set()
        self._lock = threading.Lock()
        door = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, answer = door.answer(
                    self.path, self.headers["Idempotency-Key"], self.headers["X-Token"], body
                )
                if status == 0:
                    self.close_connection = True
                    return
                text = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def answer(
        self, path: str, key: str, token: str | None, body: bytes
    ) -> tuple[int, dict[str, object]]:
        """Status and answer; 0 hangs up. Rows of another type than a view's are refused."""
        with self._lock:
            self.tokens.add(token)
            self.tries[key] += 1
            if self.tries[key] <= len(self.failures):
                return self.failures[self.tries[key] - 1], {}
            self.accepted[path, key] = body
        if path == "/track":
            return 200, {"detail": "Event created"}
        lines = body.splitlines()
        if not body.startswith(b"{"):
            del lines[0]
        bad = [n for n, line in enumerate(lines, 2) if b",look," in line]
        errors = [{"line": n, "field": "event_type", "rule": "unknown"} for n in bad]
        answer = {"accepted": len(lines) - len(bad), "refused": len(bad), "errors": errors}
        return (207 if bad else 202), answer

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)
