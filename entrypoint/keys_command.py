"""`python -m entrypoint keys add|list|revoke`: the API keys, by hand."""

import argparse
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from tillstream.bounds import STORE_IN_WORDS, is_store
from tillstream.http.keys import EVERY_SCOPE, key_file
from tillstream.runtime.printable import printable

#: How a key is made, for whoever came without one.
ADD_KEY = "python -m entrypoint keys add"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The three commands."""
    commands = parser.add_subparsers(dest="keys_command", required=True)
    add = commands.add_parser("add", help="make a key and print it, once")
    add.add_argument("name", help="whose key it is, for the list")
    add.add_argument(
        "--store",
        action="append",
        default=[],
        metavar="ID",
        help="a store that it covers; may be repeated; without it, every store",
    )
    add.add_argument(
        "--scope",
        action="append",
        choices=EVERY_SCOPE,
        help="send: to the door; ask: the archive; may be repeated; without it, both",
    )
    listing = commands.add_parser("list", help="all keys, without the keys themselves")
    listing.add_argument("--json", action="store_true", help="for programs")
    revoke = commands.add_parser("revoke", help="end a key, within a second")
    revoke.add_argument("id", help="its id, as `list` shows it")


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked; returns the exit status."""
    file = key_file(Path(os.environ.get("DATA_DIR") or "var"))
    if arguments.keys_command == "add":
        if problem := _problem(arguments.name, arguments.store):
            return _error(problem)
        scopes = tuple(dict.fromkeys(arguments.scope or EVERY_SCOPE))
        record, key = file.add(arguments.name, tuple(arguments.store), datetime.now(UTC), scopes)
        print(key)
        print(
            f"key {record.id} of {record.name}; it is not kept, note it now."
            " Send it as `Authorization: Bearer ...`",
            file=sys.stderr,
        )
    elif arguments.keys_command == "list" and arguments.json:
        known = [
            {
                "id": each.id,
                "name": each.name,
                "stores": each.stores,
                "scopes": each.scopes,
                "created": each.created,
            }
            for each in file.records()
        ]
        print(msgspec.json.encode(known).decode())
    elif arguments.keys_command == "list":
        for record in file.records():
            stores = ",".join(record.stores) or "every store"
            only = "" if record.scopes == EVERY_SCOPE else f"  {'+'.join(record.scopes)} only"
            line = f"{record.id}  {record.created:%Y-%m-%d}  {record.name}  {stores}{only}"
            print(printable(line))
    elif not file.revoke(arguments.id):
        return _error(f"no key has the id {arguments.id}; `keys list` shows them")
    return 0


def _problem(name: str, stores: list[str]) -> str:
    """What does not hold; empty where all does."""
    if not (name.strip() and name.isprintable()):
        return f"name {name!r}: say whose key it is, in signs that can be printed"
    for store in stores:
        if not is_store(store):
            return f"--store {store!r}: {STORE_IN_WORDS}; no key was made"
    return ""


def _error(problem: str) -> int:
    print(f"error: {printable(problem)}", file=sys.stderr)
    return 1
