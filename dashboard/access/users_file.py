"""The file of users, TOML: read when it has changed, and written by `tillstream users`."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import get_args

import msgspec
import structlog

from dashboard.access import passwords
from dashboard.access.reader import Reader, Role
from tillstream.bounds import STORE_IN_WORDS, is_store
from tillstream.clock import Clock
from tillstream.runtime import files
from tillstream.runtime.file_change import FileChange
from tillstream.stores import StoreTable, as_read
from tillstream.streams.declared_table import DeclaredTable
from tillstream.streams.mistakes import DefinitionError, proposal
from tillstream.streams.named_tables import read_named

log = structlog.get_logger()

#: Basic authentication has a colon behind the name, and a header no line break.
_NAME = re.compile(r"[^:\x00-\x20\x7f](?:[^:\x00-\x1f\x7f]{0,98}[^:\x00-\x20\x7f])?")
#: What the file says at its top.
HEAD = "# Users of the dashboard, written by `tillstream users`. Passwords are hashed.\n"


#: As many as a file of the size that is read has room for.
MOST_USERS = 5_000


class User(msgspec.Struct, frozen=True):
    """One user as the file has it; without a password only a proxy can name this one."""

    name: str
    roles: tuple[Role, ...]
    stores: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    password: str = ""

    def problem(self) -> str:
        """What does not hold; empty where all does."""
        if not _NAME.fullmatch(self.name):
            return "a name has 1 to 100 characters, no colon, and no space at its ends"
        if not all(text.isprintable() for text in (self.name, *self.stores, *self.regions)):
            return "a name, a store or a region has signs that cannot be printed"
        for store in self.stores:
            if not is_store(store):
                return f"the store {store!r}: {STORE_IN_WORDS}"
        if not all(region.strip() for region in self.regions):
            return "a region is one of STORES_FILE, and not empty"
        if not self.roles or len(set(self.roles)) < len(self.roles):
            return "roles are one or more of director, operator, manager, each once"
        if "manager" in self.roles and len(self.roles) > 1:
            return "a manager sees some stores only: no other role goes with it"
        if ("manager" in self.roles) != bool(self.stores or self.regions):
            return "a manager has stores or regions, and nobody else has"
        if self.password and not passwords.is_hash(self.password):
            return "the password is no hash of ours; `tillstream users add` makes one"
        return ""

    def reader(self, table: StoreTable) -> Reader:
        """Whom a request of this user is from."""
        if "manager" not in self.roles:
            return Reader(self.name, frozenset(self.roles), None)
        of_regions = (store for region in self.regions for store in table.of_region(region))
        stores = sorted({*self.stores, *of_regions}, key=as_read)
        return Reader(self.name, frozenset(self.roles), tuple(stores))


class UsersFile:
    """The file; who changes it holds its lock."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def users(self) -> dict[str, User]:
        """All by their names; raises DefinitionError with every mistake and its line."""
        return {user.name: user for user in read_named(self.path, "user", MOST_USERS, _user)}

    def put(self, user: User) -> bool:
        """Add a user, or put one of the same name in its place; whether there was one."""
        with self._changing() as users:
            known = user.name in users
            users[user.name] = user
        return known

    def remove(self, name: str) -> bool:
        """Remove a user; False when there is none of this name."""
        with self._changing() as users:
            return users.pop(name, None) is not None

    @contextmanager
    def _changing(self) -> Iterator[dict[str, User]]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with files.locked(self.path.with_name(f"{self.path.name}.lock")):
            users = self.users() if self.path.exists() else {}
            yield users
            files.write_durably(self.path, _text(users).encode(), 0o600)


class Users:
    """The users as they are now; a file that is damaged while we run changes nothing."""

    def __init__(self, file: UsersFile, table: StoreTable, clock: Clock) -> None:
        """Raises DefinitionError."""
        self._file = file
        self._table = table
        self._change = FileChange(file.path, clock)
        self._change.is_due()
        self._users = file.users()

    def find(self, name: str) -> User | None:
        """The user of a name."""
        self._reload()
        return self._users.get(name)

    def reader(self, user: User) -> Reader:
        """Whom a request of a user is from."""
        return user.reader(self._table)

    def _reload(self) -> None:
        if not self._change.is_due():
            return
        try:
            self._users = self._file.users()
        except DefinitionError as error:
            log.error("the users stay as they were", reason=str(error)[:300])


def _user(table: DeclaredTable) -> User | None:
    table.require("name", "roles")
    name, roles = table.text("name"), table.texts("roles")
    stores, regions = table.texts("stores"), table.texts("regions")
    password = table.text("password") if "password" in table else ""
    table.end()
    known = tuple(role for role in get_args(Role) if role in roles)
    for place, role in enumerate(roles):
        if role not in known:
            table.tell(f"roles: {role!r}{proposal(role, get_args(Role))}", "roles", place)
    if name is None or password is None or len(known) < len(roles):
        return None
    user = User(name, known, stores, regions, password)
    if problem := user.problem():
        table.tell(problem)
    return user


def _text(users: dict[str, User]) -> str:
    return HEAD + "".join(map(_table, users.values()))


def _table(user: User) -> str:
    # JSON's strings and lists are TOML's as well, of text that can be printed.
    values = {name: value for name, value in msgspec.to_builtins(user).items() if value}
    lines = (
        f"{name} = {json.dumps(value, ensure_ascii=False)}\n" for name, value in values.items()
    )
    return "\n[[user]]\n" + "".join(lines)
