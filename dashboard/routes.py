"""What single pages ask for beside the stream: the operation, and a day to replay."""

from collections.abc import Callable

from fastapi import FastAPI
from starlette.responses import JSONResponse, Response

from dashboard.app import answer
from dashboard.archive.queue_watch import QueueWatch
from dashboard.archive.replay import Replays

#: Where the operations page asks, once a second.
OPERATION_PATH = "/operation"
#: Where the page of a replayed day asks, once.
DAY_PATH = "/day"

Add = Callable[[FastAPI], None]


def operation(watch: QueueWatch) -> Add:
    """Queues, the ledger's lag and the last proof."""

    # No coroutine: it may wait for MongoDB, in a thread of its own.
    def state() -> Response:
        return answer(watch.operation)

    return lambda server: server.add_api_route(OPERATION_PATH, state, methods=["GET"])


def replay(replays: Replays) -> Add:
    """`?day=2026-11-21`: the day by minutes."""

    def day(day: str) -> Response:
        try:
            return answer(lambda: replays.day(day))
        except ValueError:
            return JSONResponse({"problem": "day must be like 2026-11-21"}, 400)

    return lambda server: server.add_api_route(DAY_PATH, day, methods=["GET"])
