"""`tillstream send FILE`: posts receipts or events to the door, in bodies that it takes."""

import contextlib
import http.client
import sys
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote, urlsplit

from command import exits
from command.command_errors import CommandError
from tillstream.runtime.printable import printable

NDJSON, CSV = "application/x-ndjson", "text/csv"
#: Media types by the end of a file's name.
MEDIA_TYPES = {
    ".json": "application/json",
    ".ndjson": NDJSON,
    ".jsonl": NDJSON,
    ".xml": "application/xml",
    ".csv": CSV,
}
#: A body of lines is divided below this: the door's own bound is 16 MiB (MAX_BATCH_BYTES).
BODY_BYTES = 4 * 1024 * 1024
#: Longest wait for one answer, seconds.
ANSWER_SECONDS = 60
#: Of an answer, what is shown.
SHOWN_BYTES = 4_000


def send(file: Path, url: str, stream: str | None, media_type: str | None, key: str | None) -> int:
    """Post `file`; FAILED for the first body that is refused. Raises CommandError, OSError.

    Lines of NDJSON go in several bodies, and events of CSV, with their head on each. Receipts as
    CSV are one body: a receipt has several lines.
    """
    kind = media_type or MEDIA_TYPES.get(file.suffix.lower())
    if kind is None:
        raise CommandError(
            f"{file}: what is in it? Name it {', '.join(MEDIA_TYPES)}, or give --type MEDIA/TYPE"
        )
    path = "/receipts" if stream is None else f"/events/{quote(stream, safe='')}"
    place = urlsplit(url)
    headers = {"Content-Type": kind} | ({"Authorization": f"Bearer {key}"} if key else {})
    connection = http.client.HTTPConnection(
        place.hostname or "127.0.0.1", place.port or 80, timeout=ANSWER_SECONDS
    )
    try:
        for body in bodies(file, kind, whole=stream is None and kind == CSV):
            # Refused before all of it was read: the answer is there, and says why.
            with contextlib.suppress(BrokenPipeError):
                connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            said = answer.read(SHOWN_BYTES).decode(errors="replace")
            answer.read()
            print(f"{answer.status} {printable(said)}")
            if answer.status >= HTTPStatus.BAD_REQUEST:
                wait = answer.getheader("Retry-After")
                if wait:
                    print(
                        f"error: send it again after {wait} s; what was accepted counts once",
                        file=sys.stderr,
                    )
                return exits.FAILED
    except (ConnectionError, TimeoutError, http.client.HTTPException) as error:
        raise CommandError(
            f"{url} does not answer ({error}): `tillstream status` says why; send the file again,"
            " what was accepted counts once"
        ) from error
    finally:
        connection.close()
    return exits.OK


def bodies(file: Path, media_type: str, *, whole: bool) -> Iterator[bytes]:
    """The file in bodies, in one where it has no lines or is wanted `whole`; no row is divided."""
    lined = media_type in (NDJSON, CSV) and not whole
    if not lined or file.stat().st_size <= BODY_BYTES:
        yield file.read_bytes()
        return
    with file.open("rb") as lines:
        head = lines.readline() if media_type == CSV else b""
        while part := b"".join(lines.readlines(BODY_BYTES)):
            yield head + part + (_rest_of_row(part, lines) if media_type == CSV else b"")


def _rest_of_row(part: bytes, lines: BinaryIO) -> bytes:
    """What ends the last row of a CSV: a cell in quotes may have line breaks (RFC 4180).

    Of a file with quotes that nobody closes no more than BODY_BYTES.
    """
    rest, is_open = bytearray(), part.count(b'"') % 2 == 1
    while is_open and len(rest) < BODY_BYTES and (line := lines.readline()):
        rest += line
        is_open ^= line.count(b'"') % 2 == 1
    return bytes(rest)
