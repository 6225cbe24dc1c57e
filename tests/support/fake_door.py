"""A door on a port of its own that answers as a test wants, and notes what it got."""

import asyncio
import threading
from collections import Counter
from collections.abc import Callable

import msgspec
from aiohttp import web

from tillstream.money import minor_units
from tillstream.receipt import Receipt, receipt_key

#: What the door says to the n-th try (from 1) of a receipt; None hangs up.
Answers = Callable[[int, Receipt], web.Response | None]


def accept(_attempt: int, _receipt: Receipt) -> web.Response:
    return web.json_response({"key": "any"}, status=202)


class FakeDoor:
    """An HTTP server on a port of its own, in a thread; notes what it got and accepted."""

    def __init__(self) -> None:
        self.answers: Answers = accept
        self.ready = 200
        #: Whether receipts are taken and never answered.
        self.hold = False
        self.tries: Counter[str] = Counter()
        self.bodies: dict[str, set[bytes]] = {}
        self.accepted: dict[str, Receipt] = {}
        #: How many refused receipts of a batch are named, and the sizes of the batches.
        self.named = 100
        self.batches: list[int] = []
        self.port = 0
        self._started = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self._thread.start()
        assert self._started.wait(10)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        app = web.Application()
        app.router.add_post("/receipt", self._receipt)
        app.router.add_post("/receipts", self._receipts)
        app.router.add_get("/health/ready", self._health)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.port = runner.addresses[0][1]
        self._started.set()
        await self._stop.wait()
        await runner.cleanup()

    async def _health(self, _request: web.Request) -> web.Response:
        return web.Response(status=self.ready)

    async def _receipt(self, request: web.Request) -> web.Response:
        body = await request.read()
        try:
            receipt = msgspec.json.decode(body, type=Receipt)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return web.Response(status=400)
        key = receipt_key(receipt)
        self.tries[key] += 1
        self.bodies.setdefault(key, set()).add(body)
        if self.hold:
            await self._stop.wait()
        answer = self.answers(self.tries[key], receipt)
        if answer is None:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        if answer.status == 202:
            self.accepted[key] = receipt
        return answer

    async def _receipts(self, request: web.Request) -> web.Response:
        body = await request.read()
        assert request.content_type == "application/x-ndjson"
        refused = []
        lines = body.split(b"\n")
        self.batches.append(len(lines))
        for position, line in enumerate(lines, 1):
            try:
                receipt = msgspec.json.decode(line, type=Receipt)
            except (msgspec.DecodeError, UnicodeDecodeError):
                refused.append({"position": position, "errors": []})
                continue
            key = receipt_key(receipt)
            self.tries[key] += 1
            answer = self.answers(self.tries[key], receipt)
            if answer is not None and answer.status == 202:
                self.accepted[key] = receipt
            else:
                refused.append({"position": position, "errors": []})
        if len(refused) == len(lines):
            return web.Response(status=422)
        said = {
            "accepted": len(lines) - len(refused),
            "refused": len(refused),
            "errors": refused[: self.named],
        }
        return web.json_response(said, status=207 if refused else 202)

    def gross(self) -> int:
        return sum(minor_units(r.document_total.gross_total) for r in self.accepted.values())
