"""What single pages ask for beside the stream: the operation, and a day to replay."""

from collections.abc import Callable

from fastapi import FastAPI
from starlette.responses import Response

from dashboard.app import answer
from dashboard.watch import Watch

#: Where the operations page asks, once a second.
OPERATION_PATH = "/operation"

Add = Callable[[FastAPI], None]


def operation(watch: Watch) -> Add:
    """Queues, the ledger's lag and the last proof."""

    # No coroutine: it may wait for MongoDB, in a thread of its own.
    def state() -> Response:
        return answer(watch.operation)

    return lambda server: server.add_api_route(OPERATION_PATH, state, methods=["GET"])
