"""What single pages ask for beside the stream: the operation, a day to replay, the jobs."""

from collections.abc import Callable

from fastapi import FastAPI
from starlette.responses import JSONResponse, Response

from dashboard.access.reader import READER
from dashboard.app import Currency, answer
from dashboard.archive.jobs import Jobs, NoRunError
from dashboard.archive.queue_watch import QueueWatch
from dashboard.archive.replay import Replays
from dashboard.state.model import Model
from tillstream.clock import Clock

#: Where the operations page asks, once a second.
OPERATION_PATH = "/operation"
#: Where the page of a replayed day asks, once.
DAY_PATH = "/day"
#: Where the page of jobs asks, every few seconds, and for what a run wrote.
JOBS_PATH, JOB_LOG_PATH = "/jobs/state", "/jobs/log"

#: Whether all that the pages show is of now, for whoever watches the dashboard.
HEALTH_PATH = "/health"

Add = Callable[[FastAPI], None]


def health(model: Model, clock: Clock) -> Add:
    """200 while every feed and the archive are live, else 503; which is not, and since when."""

    # Whether the process can serve is another question: `/health/live` and `/health/ready`.
    async def state() -> Response:
        now = clock()
        feeds = model.feeds(now)
        body = {
            "archive": model.archive_trouble(now) or "",
            "feeds": {
                name: {"state": feed.state, "as_of": feed.as_of} for name, feed in feeds.items()
            },
        }
        healthy = all(feed.state == "live" for feed in feeds.values())
        return JSONResponse(body, 200 if healthy else 503, {"Cache-Control": "no-store"})

    return lambda server: server.add_api_route(HEALTH_PATH, state, methods=["GET"])


def operation(watch: QueueWatch) -> Add:
    """Queues, the ledger's lag and the last proof."""

    # No coroutine: it may wait for MongoDB, in a thread of its own.
    def state() -> Response:
        return answer(watch.operation)

    return lambda server: server.add_api_route(OPERATION_PATH, state, methods=["GET"])


def replay(of: Callable[[str], Replays]) -> Add:
    """`?day=2026-11-21`, `?currency=`: the day by minutes, of all stores that the reader sees."""

    def day(day: str, currency: Currency = "") -> Response:
        replays = of(currency)
        try:
            stores = READER.get().within("")
            return answer(lambda: replays.day(day, stores))
        except ValueError:
            return JSONResponse({"problem": "day must be like 2026-11-21"}, 400)

    return lambda server: server.add_api_route(DAY_PATH, day, methods=["GET"])


def jobs(found: Jobs) -> Add:
    """Every job with its newest runs; `?run=` of the other path is a run's `_id`."""

    # No coroutines: they may wait for MongoDB, in a thread of their own.
    def state() -> Response:
        return answer(found.state)

    def log(run: str) -> Response:
        try:
            return answer(lambda: found.log(run))
        except NoRunError:
            return JSONResponse({"problem": "there is no such run"}, 404)

    def add(server: FastAPI) -> None:
        server.add_api_route(JOBS_PATH, state, methods=["GET"])
        server.add_api_route(JOB_LOG_PATH, log, methods=["GET"])

    return add
