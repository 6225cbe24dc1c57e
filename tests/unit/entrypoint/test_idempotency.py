"""The memory of retries: bounded, and never sure of what was not confirmed."""

import asyncio

import pytest

from entrypoint.idempotency import (
    ContentMemory,
    DifferentContentError,
    IdempotencyKeys,
    body_identity,
    digest,
    idempotency_key,
)
from tillstream.http.problems import ProblemError


def test_only_an_accepted_content_needs_nothing_more() -> None:
    memory = ContentMemory(10)
    is_new = [memory.claim("a", 1), memory.claim("a", 1)]
    memory.settle("a", 1, accepted=True)

    assert ([True, True], False) == (is_new, memory.claim("a", 1))


def test_another_content_is_told_whether_accepted_or_in_flight() -> None:
    memory = ContentMemory(10)
    memory.claim("a", 1)
    with pytest.raises(DifferentContentError):
        memory.claim("a", 2)
    memory.settle("a", 1, accepted=True)
    with pytest.raises(DifferentContentError):
        memory.claim("a", 2)


def test_what_failed_may_come_with_another_content() -> None:
    memory = ContentMemory(10)
    memory.claim("a", 1)
    memory.settle("a", 1, accepted=False)

    assert memory.claim("a", 2) is True


def test_the_oldest_are_forgotten_first() -> None:
    memory = ContentMemory(2)
    for key in "abc":
        memory.settle(key, 1, accepted=True)

    assert [True, False, False] == [memory.claim(key, 1) for key in "abc"]


def test_the_same_request_waits_for_the_first_and_another_body_is_refused() -> None:
    async def test() -> list[str]:
        keys = IdempotencyKeys(10)
        said: list[str] = []

        async def send(name: str, body: bytes) -> None:
            async with keys.hold(b"key", body):
                said.append(f"{name} begins")
                await asyncio.sleep(0)
                said.append(f"{name} ends")

        outcomes = await asyncio.gather(
            send("first", b"1"), send("again", b"1"), send("other", b"2"), return_exceptions=True
        )
        return [*said, *(type(each).__name__ for each in outcomes if each is not None)]

    said = asyncio.run(test())

    expected = ["first begins", "first ends", "again begins", "again ends", ProblemError.__name__]
    assert expected == said


def test_a_request_that_fails_frees_its_key_for_another_body() -> None:
    async def test() -> None:
        keys = IdempotencyKeys(10)
        with pytest.raises(ValueError, match="refused"):
            async with keys.hold(b"key", b"1"):
                raise ValueError("refused")
        async with keys.hold(b"key", b"2"):
            pass

    asyncio.run(test())


@pytest.mark.parametrize("name", [b"x-token", b"authorization"])
def test_callers_of_track_have_keys_of_their_own(name: bytes) -> None:
    known = {
        idempotency_key(
            {
                "path": "/track",
                "headers": [(b"idempotency-key", b"1"), (name, caller)],
            }
        )
        for caller in (b"Bearer one", b"Bearer two")
    }

    assert 2 == len(known)


def test_a_body_is_known_by_its_key_and_content_unless_it_says_by_the_key_alone() -> None:
    def known_by(key: bytes, body: bytes, *headers: tuple[bytes, bytes]) -> bytes:
        return body_identity({"headers": headers}, key, digest(body))

    by_key = (b"idempotency-by", b" Key")

    assert known_by(b"k" * 16, b"a") == known_by(b"k" * 16, b"a")
    assert 3 == len(
        {known_by(key * 16, body) for key, body in ((b"k", b"a"), (b"k", b"b"), (b"l", b"a"))}
    )
    assert known_by(b"k" * 16, b"a", by_key) == known_by(b"k" * 16, b"b", by_key)
