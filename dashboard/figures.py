"""What the dashboard tells Prometheus: viewers, what it hears and how old that is, queues."""

from prometheus_client import CollectorRegistry

from dashboard.archive.queue_watch import QueueWatch
from dashboard.state.model import Model
from dashboard.stream import Broadcaster
from tillstream.clock import Clock
from tillstream.runtime.watching.figures import Measured, measured


def add_figures(
    registry: CollectorRegistry,
    model: Model,
    broadcaster: Broadcaster,
    watch: QueueWatch,
    clock: Clock,
) -> None:
    """All are asked for at a scrape."""

    def ages() -> dict[str, float | None]:
        now = clock()
        return {
            name: None if feed.as_of is None else max(0.0, now - feed.as_of)
            for name, feed in model.feeds(now).items()
        }

    def fresh() -> dict[str, float | None]:
        return {name: feed.state == "live" for name, feed in model.feeds(clock()).items()}

    measured(
        registry,
        Measured("tillstream_viewers", "Open pages", lambda: broadcaster.viewers),
        Measured(
            "tillstream_frame_age_seconds",
            "Since the pages were told anything",
            lambda: max(0.0, clock() - broadcaster.framed_at),
        ),
        Measured("tillstream_shown_age_seconds", "Age of what is shown of each feed", ages, "feed"),
        Measured("tillstream_feed_live", "1 while a feed is not stale", fresh, "feed"),
        Measured(
            "tillstream_queue_messages",
            "Messages in a queue; of a stream all that it keeps",
            lambda: {name: depth[0] for name, depth in watch.depths().items()},
            "queue",
        ),
        Measured(
            "tillstream_queue_consumers",
            "Consumers of a queue; RabbitMQ 3.10 counts none of a stream",
            lambda: {name: depth[1] for name, depth in watch.depths().items()},
            "queue",
        ),
        Measured(
            "tillstream_ledger_behind_seconds",
            "How far the ledger is behind the log; 0 at its end",
            watch.behind_seconds,
        ),
    )
