"""`tillstream dead-letters`: list, show, send again, drop."""

import argparse
import sys
import time

import pika

from persistence.dead_letters.store import DeadLetters, Letter
from persistence.settings import PersistenceSettings
from persistence.writer.archive_writer import connect
from tillstream import topology
from tillstream.clock import utc
from tillstream.codec import MAX_UNPACKED_BYTES
from tillstream.runtime import broker, process
from tillstream.runtime.decompress import UNPACKERS, NotPackedError, TooLargeError
from tillstream.runtime.printable import printable, printable_lines

#: Characters of an id that are shown, and of a reason.
ID_CHARACTERS = 12
REASON_CHARACTERS = 70


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The four commands and their arguments."""
    commands = parser.add_subparsers(dest="action", required=True)
    commands.add_parser("list", help="the newest letters, one a line")
    showing = commands.add_parser("show", help="a letter: where from, why, its bytes")
    showing.add_argument("id", help="its id, or the beginning of it")
    showing.add_argument("--raw", action="store_true", help="only the bytes, as they came")
    replaying = commands.add_parser("replay", help="send letters to the system again, after a fix")
    which = replaying.add_mutually_exclusive_group(required=True)
    which.add_argument("id", nargs="*", default=[], help="ids, or the beginnings of them")
    which.add_argument("--all", action="store_true", help="all that were not sent again yet")
    dropping = commands.add_parser("drop", help="remove a letter for good")
    dropping.add_argument("id", help="its id, or the beginning of it")


def run(arguments: argparse.Namespace) -> int:
    """Do it; 0 when it is done. Raises UnknownLetterError."""
    settings = process.load_settings(PersistenceSettings)
    with connect(settings.mongo_url) as client:
        letters = DeadLetters(client[settings.mongo_database])
        match arguments.action:
            case "list":
                show_all(letters)
            case "show":
                show(letters, arguments.id, raw=arguments.raw)
            case "replay":
                ids = [letters.find(each)["_id"] for each in arguments.id]
                count = replay(
                    letters, settings.amqp_url, letters.waiting() if arguments.all else ids
                )
                print(f"sent {count} letters again; what is not mended comes back here")
            case "drop":
                found = letters.find(arguments.id)
                letters.drop(found["_id"])
                print(f"dropped {found['_id']}: {printable(found['reason'][:REASON_CHARACTERS])}")
    return 0


def show_all(letters: DeadLetters) -> None:
    """A table of the newest letters."""
    print(
        f"{'id':<{ID_CHARACTERS}}  {'last seen (UTC)':<19}  {'bytes':>9}  {'replayed':<8}  reason"
    )
    for each in letters.all():
        replayed = "yes" if each.get("replayedAt") else "no"
        if replayed == "yes" and each["lastAt"] > each["replayedAt"]:
            replayed = "failed"
        print(
            f"{each['_id'][:ID_CHARACTERS]}  {each['lastAt']:%Y-%m-%d %H:%M:%S}  {each['bytes']:>9}"
            f"  {replayed:<8}  {printable(each['reason'][:REASON_CHARACTERS])}"
        )


def show(letters: DeadLetters, beginning: str, *, raw: bool) -> None:
    """One letter, or only its bytes."""
    document = letters.find(beginning)
    letter = letters.letter(document)
    if raw:
        sys.stdout.buffer.write(letter.body)
        return
    print(f"id        {document['_id']}")
    print(f"reason    {printable(letter.reason)}")
    print(f"first     {document['firstAt']:%Y-%m-%d %H:%M:%S} UTC")
    print(f"last      {document['lastAt']:%Y-%m-%d %H:%M:%S} UTC")
    kind = f"{letter.content_type}, encoding {letter.content_encoding or 'none'}"
    print(f"type      {printable(kind)}")
    for name, value in letter.headers.items():
        print(f"header    {printable(f'{name}: {value}')}")
    print(f"\n{printable_lines(_text(letter))}")


def replay(letters: DeadLetters, amqp_url: str, ids: list[str]) -> int:
    """Publish these letters to `receipts`, as they came; returns how many were confirmed.

    The ledger and the archive know what they have by its identity: a letter may be sent again
    any number of times.
    """
    if not ids:
        return 0
    with broker.connect(amqp_url, "dead letters") as connection:
        channel = connection.channel()
        broker.declare(channel)
        channel.confirm_delivery()
        for letter_id in ids:
            letter = letters.letter(letters.find(letter_id))
            properties = pika.BasicProperties(
                content_type=letter.content_type,
                content_encoding=letter.content_encoding,
                delivery_mode=2,
            )
            # Before it is published: what comes back is newer.
            letters.replayed(letter_id, utc(time.time()))
            channel.basic_publish(topology.RECEIPTS, "", letter.body, properties, mandatory=True)
    return len(ids)


def _text(letter: Letter) -> str:
    body = letter.body
    unpack = UNPACKERS.get(letter.content_encoding or "")
    if unpack is not None:
        try:
            body = unpack(body, MAX_UNPACKED_BYTES)
        except (NotPackedError, TooLargeError) as error:
            return f"(does not unpack: {error}; see it with --raw)"
    return body.decode("utf-8", "backslashreplace")
