"""What can be typed after `tillstream`: words, help and examples; each command is a room's own."""

from typing import Annotated, Any

import typer

from command import version_command
from command.examples import examples, statuses
from command.rooms import run
from command.start import start

app = typer.Typer(
    name="tillstream",
    help="Live sales of a chain, provable to the cent. The running system is found by itself:"
    " DATA_DIR, var of the clone, ./var, or ~/.local/share/tillstream.",
    epilog=statuses(),
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def flag(name: str, said: str) -> Any:
    """An option that is there or not; without Typer's `--no-` of each."""
    return typer.Option(name, help=said, show_default=False)


Json = Annotated[bool, flag("--json", "For programs.")]
Wait = Annotated[
    float | None, typer.Option(help="Seconds for what is still on its way, at most.", min=0)
]


@app.command(epilog=examples("up", "up --no-generator", "up --shop"))
def up(
    no_generator: Annotated[bool, flag("--no-generator", "Leave the made-up chain out.")] = False,
    shop: Annotated[bool, flag("--shop", "Add the made-up online shop.")] = False,
    servers_only: Annotated[
        bool,
        flag("--servers-only", "RabbitMQ and MongoDB and no room: for restore and upgrade."),
    ] = False,
) -> None:
    """Start all of it on this machine, in the foreground, until Ctrl-C."""
    flags = {"--no-generator": no_generator, "--shop": shop, "--servers-only": servers_only}
    start("local", *(flag for flag, wanted in flags.items() if wanted))


@app.command(epilog=examples("status", "status --json | jq .problems"))
def status(json: Json = False) -> None:
    """Tell what runs, how far behind it is, what is wrong and how to mend it."""
    # The others shall not carry its libraries.
    from command.status import command

    raise typer.Exit(command.run(as_json=json))


@app.command(epilog=examples("verify", "verify --streams --json"))
def verify(
    json: Json = False,
    all_days: Annotated[bool, flag("--all", "Also days that an earlier run has proved.")] = False,
    streams: Annotated[bool, flag("--streams", "Also the windows of streams of events.")] = False,
    by_store: Annotated[bool, flag("--by-store", "The sums of every store.")] = False,
    wait: Wait = None,
) -> None:
    """Prove that the door, the log, the ledger and the archive agree, to the cent."""
    words = {"--json": json, "--all": all_days, "--streams": streams, "--by-store": by_store}
    run("analytics", "verify", *(word for word, wanted in words.items() if wanted), *_wait(wait))


@app.command(epilog=examples("version", "version --json"))
def version(json: Json = False) -> None:
    """Tell version and commit; needs no running system."""
    print(version_command.text(as_json=json))


def _wait(seconds: float | None) -> list[str]:
    return [] if seconds is None else ["--wait", f"{seconds:g}"]
