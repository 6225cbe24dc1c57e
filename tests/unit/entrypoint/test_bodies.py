"""What the headers say of a body is kept, or refused with what to send instead."""

import gzip
from typing import Any

import pytest
import zstandard

from entrypoint.bodies import unpacked_body
from tillstream.http.problems import ProblemError


def scope(**headers: str) -> dict[str, Any]:
    return {
        "headers": [(n.replace("_", "-").encode(), v.encode()) for n, v in headers.items()],
    }


def outcome(body: bytes, limit: int = 100, **headers: str) -> bytes | tuple[int, str]:
    """The plain body, or the status and the detail of the problem."""
    try:
        return unpacked_body(scope(**headers), body, limit, "MAX_RECEIPT_BYTES")
    except ProblemError as problem:
        return problem.status, problem.detail


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", gzip.compress(b"{}", mtime=0)),
        ("GZip", gzip.compress(b"{}", mtime=0)),
        ("x-gzip", gzip.compress(b"{}", mtime=0)),
        (" gzip ", gzip.compress(b"{}", mtime=0)),
        ("gzip", gzip.compress(b"{", mtime=0) + gzip.compress(b"}", mtime=0)),
        ("identity, gzip", gzip.compress(b"{}", mtime=0)),
        ("zstd", zstandard.compress(b"{}")),
        ("ZSTD", zstandard.compress(b"{") + zstandard.compress(b"}")),
        ("identity", b"{}"),
        ("Identity", b"{}"),
        ("", b"{}"),
        ("gzip", gzip.compress(b"\xef\xbb\xbf{}", mtime=0)),
    ],
)
def test_a_coding_that_is_known_is_undone(coding: str, body: bytes) -> None:
    assert b"{}" == outcome(body, content_encoding=coding)


@pytest.mark.parametrize(
    "coding", ["deflate", "br", "compress", "x-zstd", "gzip, zstd", "gzip, gzip", "gzip;q=1"]
)
def test_another_coding_is_refused_with_those_that_are_known(coding: str) -> None:
    expected = (415, f"Content-Encoding is {coding}; send one of gzip or zstd, or none.")

    assert expected == outcome(b"{}", content_encoding=coding)


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/json; charset=utf-8",
        "application/json;charset=UTF-8",
        'text/csv; header=present; Charset="utf-8"',
        "text/xml; charset=UTF8",
        "text/csv;",
    ],
)
def test_utf_8_is_taken_under_each_of_its_names(content_type: str) -> None:
    assert b"{}" == outcome(b"\xef\xbb\xbf{}", content_type=content_type)


@pytest.mark.parametrize("charset", ["iso-8859-1", "windows-1252", "UTF-16", "latin1", "us-ascii"])
def test_another_charset_is_refused(charset: str) -> None:
    expected = (
        415,
        f"Content-Type says charset={charset}; send UTF-8, with charset=utf-8 or without.",
    )

    assert expected == outcome(b"{}", content_type=f"text/csv; charset={charset}")


def test_a_packed_body_is_bounded_by_the_limit_of_the_unpacked_one() -> None:
    two = gzip.compress(b"a" * 60) + gzip.compress(b"a" * 60)

    expected = (413, "The body is larger than 100 bytes; send less, or raise MAX_RECEIPT_BYTES.")
    assert expected == outcome(two, content_encoding="gzip")
