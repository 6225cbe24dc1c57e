"""Options that several commands have."""

from typing import Annotated, Any

import typer


def flag(name: str, said: str) -> Any:
    """An option that is there or not; without Typer's `--no-` of each."""
    return typer.Option(name, help=said, show_default=False)


Json = Annotated[bool, flag("--json", "For programs.")]
Wait = Annotated[
    float | None, typer.Option(help="Seconds for what is still on its way, at most.", min=0)
]


def waiting(seconds: float | None) -> list[str]:
    """`--wait` as the rooms have it."""
    return [] if seconds is None else ["--wait", f"{seconds:g}"]


def chosen(flags: dict[str, bool]) -> list[str]:
    """The flags that are there."""
    return [name for name, wanted in flags.items() if wanted]


def given(options: dict[str, str | None]) -> list[str]:
    """The options that have a value, each with it."""
    return [word for name, value in options.items() if value for word in (name, value)]
