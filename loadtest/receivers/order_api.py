"""A vendor's API that answers with the newest order that was told of, for who names an id alone."""

import json
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from loadtest.receivers.delivery import Vendor
from loadtest.receivers.sales import Sale


class OrderApi:
    """`GET /v2/orders/ID` on loopback, with a bearer's token."""

    def __init__(self, vendor: Vendor, port: int) -> None:
        """Port 0: any that is free."""
        self._vendor = vendor
        self._orders: dict[str, tuple[int, dict[str, Any]]] = {}
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler(self))
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> "OrderApi":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)

    def learn(self, sale: Sale) -> None:
        """The newest version of its orders; an older one changes nothing."""
        if self._vendor.orders is None:
            return
        found = self._vendor.orders(sale)
        with self._lock:
            for name, order in found.items():
                if self._orders.get(name, (0, {}))[0] <= sale.version:
                    self._orders[name] = (sale.version, order)

    def answer(self, path: str) -> tuple[HTTPStatus, bytes]:
        """Of a path that was asked for."""
        with self._lock:
            found = self._orders.get(path.rpartition("/")[2])
        if found is None:
            return HTTPStatus.NOT_FOUND, b'{"errors": [{"code": "NOT_FOUND"}]}'
        return HTTPStatus.OK, json.dumps(found[1]).encode()


def _handler(api: OrderApi) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            authorized = self.headers.get("Authorization", "").startswith("Bearer ")
            status, body = api.answer(self.path) if authorized else (HTTPStatus.UNAUTHORIZED, b"{}")
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Nothing: there are thousands."""

    return Handler
