"""A full disk stops the archive, and loses nothing of it."""

from pathlib import Path

from structlog.testing import capture_logs

from tests.support.kept_events import EventsKept
from tests.support.small_disk import small_disk
from tests.support.waiting import wait_until


def test_what_a_full_disk_refused_is_archived_once_there_is_room(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 8) as disk, capture_logs() as logged:
        kept = EventsKept(disk.path)
        writer = kept.written(range(10))
        disk.fill()
        kept.hand_on(range(10, 25), writer)
        kept.clock.now += 120
        writer.write_due(kept.clock.now)

        def is_refused() -> bool:
            return writer.oldest_pending() == 20 and any(
                each["event"] == "events could not be archived" for each in logged
            )

        wait_until(is_refused, 10, "the refusal")
        during = set(kept.read()["log_offset"].to_pylist())
        disk.release()

        def is_durable() -> bool:
            kept.clock.now += 1
            writer.write_due(kept.clock.now)
            return writer.oldest_pending() is None

        wait_until(is_durable, 20, "the files")
        after = kept.read()["log_offset"].to_pylist()
        writer.close()

    assert set(range(0, 20, 2)) == during
    assert [2 * number for number in range(25) for _ in range(100)] == after
