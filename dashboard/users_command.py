"""`tillstream users add|list|remove`: who may look, by hand."""

import argparse
import getpass
import os
import sys
from pathlib import Path

from dashboard.access import passwords
from dashboard.access.users_file import User, UsersFile
from tillstream.errors import SettingsError
from tillstream.runtime import process
from tillstream.streams.mistakes import DefinitionError


class NoPasswordError(ValueError):
    """What was typed is no password; says why."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The three commands."""
    parser.add_argument(
        "--file",
        type=Path,
        default=os.environ.get("USERS_FILE") or None,
        help="the file of users; without it, USERS_FILE",
    )
    commands = parser.add_subparsers(dest="users_command", required=True)
    add = commands.add_parser(
        "add", help="add a user, or change one; asks for the password, or reads it from a pipe"
    )
    add.add_argument("name", help="as it is typed to sign in, or as the proxy says it")
    add.add_argument(
        "--role",
        action="append",
        required=True,
        choices=("director", "operator", "manager"),
        help="may be repeated; a manager has no other",
    )
    add.add_argument(
        "--store", action="append", default=[], metavar="ID", help="of a manager; may be repeated"
    )
    add.add_argument("--region", action="append", default=[], help="of STORES_FILE: all its stores")
    add.add_argument(
        "--no-password", action="store_true", help="only a proxy may name this user (USER_HEADER)"
    )
    commands.add_parser("list", help="all users, without their passwords")
    remove = commands.add_parser("remove", help="remove a user, within a second")
    remove.add_argument("name")


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked; returns the exit status."""
    if arguments.file is None:
        missing = "name the file: --file users.toml, or USERS_FILE in the environment"
        process.fail(SettingsError([missing]))
    file = UsersFile(arguments.file)
    try:
        match arguments.users_command:
            case "add":
                return _add(file, arguments)
            case "list":
                return _list(file)
        if not file.remove(arguments.name):
            return _error(f"there is no user {arguments.name!r}; `users list` shows them")
    except DefinitionError as error:
        process.fail(error)
    except NoPasswordError as error:
        return _error(str(error))
    except OSError as error:
        return _error(f"{file.path}: {error.strerror}")
    return 0


def _add(file: UsersFile, arguments: argparse.Namespace) -> int:
    user = User(
        arguments.name, tuple(arguments.role), tuple(arguments.store), tuple(arguments.region)
    )
    # Before a password is asked for.
    if problem := user.problem():
        return _error(problem)
    password = "" if arguments.no_password else passwords.hashed(_asked())
    known = file.put(
        User(user.name, user.roles, stores=user.stores, regions=user.regions, password=password)
    )
    print(f"{'changed' if known else 'added'} {user.name}; a running dashboard knows within 1 s")
    return 0


def _list(file: UsersFile) -> int:
    for user in file.users().values():
        sees = ", ".join([*user.stores, *(f"region {each}" for each in user.regions)])
        by = "" if user.password else "by the proxy only"
        print("  ".join(filter(None, [user.name, "+".join(user.roles), sees, by])))
    return 0


def _asked() -> str:
    """A password: of the terminal twice, else the first line of a pipe. Raises NoPasswordError."""
    if sys.stdin.isatty():
        password = getpass.getpass("Password: ")
        if getpass.getpass("Once more: ") != password:
            raise NoPasswordError("these are two passwords; nothing is changed")
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    least, most = passwords.LEAST_CHARACTERS, passwords.MOST_CHARACTERS
    if not least <= len(password) <= most:
        raise NoPasswordError(f"a password has {least} to {most} characters")
    return password


def _error(problem: str) -> int:
    print(f"error: {problem}", file=sys.stderr)
    return 1
