"""Days that are over become one file, old ones go, and no event is lost or doubled."""

import pytest

from events.archive.changing import ArchiveChanges
from events.archive.tidying import join_days, remove_old
from tests.support.kept_events import MINUTE_US, NOON_US, SHOP, EventsKept
from tillstream.log.reader import StoppedError
from tillstream.streams.events_files import EventsFiles

DAY_US = 86_400_000_000
TOMORROW = (NOON_US + DAY_US) / 1e6


@pytest.fixture
def kept(tmp_path_factory: pytest.TempPathFactory) -> EventsKept:
    found = EventsKept(tmp_path_factory.mktemp("events"))
    found.written(range(35))
    return found


def changes(kept: EventsKept) -> ArchiveChanges:
    return ArchiveChanges(kept.url, kept.folder, SHOP)


def never() -> bool:
    return False


def test_a_day_that_is_over_becomes_one_file_with_the_same_events(kept: EventsKept) -> None:
    before = kept.read()
    today = join_days(changes(kept), NOON_US / 1e6, never)
    fewer = join_days(changes(kept), TOMORROW, never)
    again = join_days(changes(kept), TOMORROW, never)

    assert (0, 3, 0) == (today, fewer, again)
    assert [f"day=2026-11-28/{0:020d}-{68:020d}.parquet"] == kept.files.manifest().names()
    assert before.to_pylist() == kept.read().to_pylist()


@pytest.mark.parametrize("ended_at", ["publish", "commit", "sweep"])
def test_joining_that_was_ended_leaves_each_event_once(
    kept: EventsKept, ended_at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = kept.read()

    def ends(*_: object) -> None:
        raise SystemExit

    monkeypatch.setattr(EventsFiles, ended_at, ends)
    with pytest.raises(SystemExit):
        join_days(changes(kept), TOMORROW, never)
    monkeypatch.undo()
    between = kept.read()
    changes(kept).prepare()
    join_days(changes(kept), TOMORROW, never)

    assert before.to_pylist() == between.to_pylist()
    assert before.to_pylist() == kept.read().to_pylist()
    assert 1 == len(list(kept.folder.rglob("*.parquet")))


def test_joining_gives_way_to_a_file_that_is_to_be_written(kept: EventsKept) -> None:
    before = kept.files.manifest()
    with pytest.raises(StoppedError):
        join_days(changes(kept), TOMORROW, lambda: True)

    assert before == kept.files.manifest()


def test_events_that_come_meanwhile_are_kept_beside_a_joined_day(kept: EventsKept) -> None:
    writer = kept.opened()
    kept.hand_on(range(35, 38), writer)
    join_days(changes(kept), TOMORROW, never)
    kept.written([], writer)

    assert set(range(0, 76, 2)) == set(kept.read()["log_offset"].to_pylist())


def test_days_beyond_the_retention_are_removed_and_counted(kept: EventsKept) -> None:
    assert SHOP.retention_us is not None
    kept.written(range(35, 40), begin_us=NOON_US + DAY_US)
    later = (NOON_US + SHOP.retention_us + DAY_US + MINUTE_US) / 1e6
    removed = remove_old(changes(kept), later)
    manifest = kept.files.manifest()

    assert (3_500, 0) == (removed, remove_old(changes(kept), later))
    assert (500, 3_500) == (manifest.rows(), manifest.removed)
    assert len(manifest.files) == len(list(kept.folder.rglob("*.parquet")))
