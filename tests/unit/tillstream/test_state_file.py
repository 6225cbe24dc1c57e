"""A room's state: its file is made once, however many open it at once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tillstream.errors import TillstreamError
from tillstream.runtime.state_file import FileKind, StateFile

AT_ONCE, TIMES = 8, 100


def unreadable(path: Path, reason: str) -> TillstreamError:
    return TillstreamError(f"{path} {reason}")


KIND = FileKind(
    1,
    "PRAGMA synchronous=FULL;",
    "BEGIN; CREATE TABLE one (number INTEGER); PRAGMA user_version=1; COMMIT;",
    unreadable,
    unreadable,
)


def test_of_those_who_open_a_new_file_at_once_one_makes_it_and_all_have_it(tmp_path: Path) -> None:
    barrier = threading.Barrier(AT_ONCE, timeout=30)

    def is_new(path: Path) -> bool:
        barrier.wait()
        with StateFile(path, KIND) as state:
            state.database.execute("SELECT number FROM one")
            return state.is_new

    with ThreadPoolExecutor(AT_ONCE) as pool:
        for time in range(TIMES):
            makers = list(pool.map(is_new, [tmp_path / str(time)] * AT_ONCE))

            assert 1 == makers.count(True)
