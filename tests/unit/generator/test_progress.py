"""Law of the progress: without a terminal the log says now and then how far a run is."""

from structlog.testing import capture_logs

from generator.progress import LINE_SECONDS, Progress


def test_without_a_terminal_the_log_says_how_far_a_run_is() -> None:
    now = 0.0
    with capture_logs() as logs, Progress(1000, lambda: now) as progress:
        for _ in range(5):
            now += 0.6 * LINE_SECONDS
            progress.ended(10)

    assert [(20, 1000), (40, 1000)] == [(line["receipts"], line["of"]) for line in logs]
