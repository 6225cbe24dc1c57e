"""A file of tables that have names, such as the jobs and the rules of alerts: read in one way."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TypeVar

from tillstream.streams import toml_file, toml_lines
from tillstream.streams.declared_table import DeclaredTable, Source
from tillstream.streams.mistakes import DefinitionError, Mistake

_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")


class Named(Protocol):
    """What is read of a table."""

    @property
    def name(self) -> str: ...


T = TypeVar("T", bound=Named)


def read_named(
    path: Path,
    kind: str,
    most: int,
    read: Callable[[DeclaredTable], T | None],
    *,
    required: bool = False,
) -> list[T]:
    """What `read` makes of each `[[kind]]`, in their order; None is left out.

    Raises DefinitionError with all mistakes: those that `read` told, more than `most` tables, a
    name that comes twice, and no table where one is `required`.
    """
    mistakes: list[Mistake] = []
    found = toml_file.content(path, mistakes)
    named: list[T] = []
    if found is not None:
        text, content = found
        source = Source(str(path), toml_lines.lines(text), mistakes)
        file = DeclaredTable(source, (), content, "this file")
        tables = file.tables(kind)
        if required and not tables:
            file.tell(f"it declares no {kind}; write [[{kind}]]")
        if len(tables) > most:
            file.tell(f"at most {most} {kind}s")
        for place, values in enumerate(tables):
            table = DeclaredTable(source, (kind, place), values, f"{kind} {place + 1}")
            one = read(table)
            if one is not None and any(one.name == other.name for other in named):
                table.tell(f"there is a {kind} {one.name!r} before it; take another name", "name")
            elif one is not None:
                named.append(one)
        file.end()
    if mistakes:
        raise DefinitionError(sorted(mistakes, key=lambda mistake: mistake[:2]))
    return named


def name_of(table: DeclaredTable) -> str | None:
    """The name of a table; None where it has none that holds, which is told."""
    name = table.text("name")
    if name is not None and not _NAME.fullmatch(name):
        table.tell(f"name = {name!r}: small letters, digits and -, at most 40", "name")
        return None
    return name
