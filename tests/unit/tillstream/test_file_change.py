from pathlib import Path

from tillstream.runtime.file_change import LOOK_SECONDS, FileChange


def test_a_file_is_read_first_and_then_once_for_each_change(tmp_path: Path) -> None:
    now = [100.0]
    path = tmp_path / "users.toml"
    path.write_text("first")
    change = FileChange(path, lambda: now[0])
    first, again = change.is_due(), change.is_due()

    path.write_text("second, longer")
    too_soon = change.is_due()
    now[0] += LOOK_SECONDS
    changed, known = change.is_due(), change.is_due()

    assert [True, False, False, True, False] == [first, again, too_soon, changed, known]


def test_a_file_that_is_removed_has_changed_and_a_clock_that_goes_back_stops_nothing(
    tmp_path: Path,
) -> None:
    now = [100.0]
    path = tmp_path / "keys.json"
    path.write_text("[]")
    change = FileChange(path, lambda: now[0])
    change.is_due()
    path.unlink()
    now[0] -= 3600

    assert change.is_due()
