"""API keys: hashed, scoped, revocable; and how fast their holders may send."""

import contextlib
from datetime import UTC, datetime
from pathlib import Path

from tillstream.http.keys import KeyFile, Keys, KeyScope
from tillstream.http.problems import ProblemError
from tillstream.http.rate_limit import Bucket

NOW = datetime(2026, 11, 21, tzinfo=UTC)


class Time:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_key_is_known_by_itself_and_kept_only_hashed(tmp_path: Path) -> None:
    file = KeyFile(tmp_path / "keys.json")
    _, key = file.add("Lyon", (), NOW)
    keys = Keys(file, 10, Time(), "add")

    found = [
        keys.caller(text) is not None for text in (key, key + "x", "till_x_y", "", "_", key[5:])
    ]

    assert [True, False, False, False, False, False] == found
    assert key.split("_", 2)[2] not in (tmp_path / "keys.json").read_text()


def test_a_key_covers_its_stores_only(tmp_path: Path) -> None:
    file = KeyFile(tmp_path / "keys.json")
    _, of_two = file.add("two", ("1", "2"), NOW)
    _, of_all = file.add("all", (), NOW)
    keys = Keys(file, 10, Time(), "add")

    covers = [
        caller.covers(store)
        for caller in (keys.caller(of_two), keys.caller(of_all))
        for store in ("1", "3")
        if caller is not None
    ]

    assert [True, False, True, True] == covers


def test_a_key_is_for_what_its_scopes_say_and_an_old_one_for_both(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    file = KeyFile(path)
    record, of_till = file.add("till", ("1",), NOW, ("send",))
    _, of_office = file.add("office", (), NOW, ("ask",))
    _, old = file.add("old", (), NOW)
    path.write_text(
        path.read_text().replace(',\n    "scopes": [\n      "send",\n      "ask"\n    ]', "")
    )
    keys = Keys(file, 10, Time(), "add")

    def may(key: str, scope: KeyScope) -> bool:
        caller = keys.caller(key)
        assert caller is not None
        with contextlib.suppress(ProblemError):
            caller.demand(scope)
            return True
        return False

    assert 2 == path.read_text().count("scopes"), record
    assert [(True, False), (False, True), (True, True)] == [
        (may(key, "send"), may(key, "ask")) for key in (of_till, of_office, old)
    ]


def test_a_revoked_key_ends_within_a_second(tmp_path: Path) -> None:
    time = Time()
    file = KeyFile(tmp_path / "keys.json")
    record, key = file.add("Lyon", (), NOW)
    keys = Keys(file, 10, time, "add")
    before = keys.caller(key) is not None
    revoked = [file.revoke(record.id), file.revoke(record.id)]
    time.now += 1.0

    assert (True, [True, False], None) == (before, revoked, keys.caller(key))


def test_a_bucket_lets_its_rate_through_and_says_how_long_to_wait() -> None:
    time = Time()
    bucket = Bucket(2, time)
    burst = [bucket.take(1) for _ in range(20)]
    refused = bucket.take(1)
    time.now += 0.5

    assert ([0.0] * 20, 0.5, 0.0) == (burst, refused, bucket.take(1))


def test_a_batch_larger_than_the_bucket_goes_through_as_a_debt() -> None:
    time = Time()
    bucket = Bucket(1, time)
    first, second = bucket.take(100), bucket.take(1)
    time.now += 91

    assert (0.0, 91.0, 0.0) == (first, second, bucket.take(1))
