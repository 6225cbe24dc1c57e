"""What can be typed after `tillstream`: words, help and examples; each command is a room's own."""

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from command import archive_commands, passed, version_command
from command.examples import examples, statuses
from command.options import Json, Wait, chosen, flag, waiting
from command.rooms import run
from command.send import send as send_file
from command.start import start
from command.system import find, require_running

#: Where the door listens unless it is said.
DOOR = "http://127.0.0.1:3000"


class Engine(StrEnum):
    """What counts the logs."""

    EMBEDDED = "embedded"
    SPARK = "spark"


app = typer.Typer(
    name="tillstream",
    help="Live sales of a chain, provable to the cent. The running system is found by itself:"
    " DATA_DIR, var of the clone, ./var, or ~/.local/share/tillstream.",
    epilog=statuses(),
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.command(epilog=examples("up", "up --no-generator", "up --shop", "up --engine spark"))
def up(
    no_generator: Annotated[bool, flag("--no-generator", "Leave the made-up chain out.")] = False,
    shop: Annotated[bool, flag("--shop", "Add the made-up online shop.")] = False,
    servers_only: Annotated[
        bool,
        flag("--servers-only", "RabbitMQ and MongoDB and no room: for restore and upgrade."),
    ] = False,
    engine: Annotated[
        Engine,
        typer.Option(help="What counts: the workers by themselves, or Spark for them."),
    ] = Engine.EMBEDDED,
) -> None:
    """Start all of it on this machine, in the foreground, until Ctrl-C."""
    flags = {"--no-generator": no_generator, "--shop": shop, "--servers-only": servers_only}
    start("local", *chosen(flags), "--engine", engine)


@app.command(epilog=examples("status", "status --json | jq .problems"))
def status(json: Json = False) -> None:
    """Tell what runs, how far behind it is, what is wrong and how to mend it."""
    # The others shall not carry its libraries.
    from command.status import command

    raise typer.Exit(command.run(as_json=json))


@app.command(
    epilog=examples(
        "send receipts.ndjson", "send views.csv --stream shop", "send r.txt --type text/csv"
    )
)
def send(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)],
    stream: Annotated[
        str | None, typer.Option(help="Events of this stream; without it, receipts.")
    ] = None,
    media_type: Annotated[
        str | None, typer.Option("--type", help="Media type; else by the file's name.")
    ] = None,
    key: Annotated[
        str | None, typer.Option(envvar="API_KEY", help="API key, where the door wants one.")
    ] = None,
) -> None:
    """Post a file of receipts or events to the door, and show its answers."""
    system = find(os.environ, Path.cwd())
    url = os.environ.get("ENTRYPOINT_URL") or system.environ.get("ENTRYPOINT_URL")
    if url is None:
        require_running(system)
    raise typer.Exit(send_file(file, url or DOOR, stream, media_type, key))


@app.command(
    "import",
    epilog=examples(
        "import export.zip", "import 2026-*.zip --check", "import saft.xml --store 'Filiale 3=0103'"
    ),
)
def import_files(
    files: Annotated[list[Path], typer.Argument(exists=True, readable=True)],
    check: Annotated[bool, flag("--check", "Compare with the closings; send nothing.")] = False,
    store: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=NUMBER", help="The chain's number of a shop; else STORES_FILE."),
    ] = None,
) -> None:
    """Bring files that tills export to the door: DSFinV-K, SAF-T PT, POSLog."""
    needed = not check and not os.environ.get("ENTRYPOINT_URL")
    names = [str(file) for file in files]
    numbers = [word for one in store or () for word in ("--store", one)]
    run("connectors", "import", *names, *chosen({"--check": check}), *numbers, running=needed)


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
    run("analytics", "verify", *chosen(words), *waiting(wait))


app.add_typer(archive_commands.app)
app.add_typer(passed.app)


@app.command(epilog=examples("version", "version --json"))
def version(json: Json = False) -> None:
    """Tell version and commit; needs no running system."""
    print(version_command.text(as_json=json))
