"""Commands whose words are all their room's: they have help of their own below each word."""

from typing import Annotated

import typer

from command.command_errors import CloneOnlyError
from command.examples import examples
from command.rooms import run
from command.start import start
from tillstream.runtime import product

#: What follows is the room's; `--help` alone is ours.
SETTINGS = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
HELP = ("--help", "-h")

app = typer.Typer()


def words(*known: str) -> typer.models.ArgumentInfo:
    """The words that follow; the shell completes the first by those that are `known`."""

    def completed(incomplete: str) -> list[str]:
        return [word for word in known if word.startswith(incomplete)]

    told: typer.models.ArgumentInfo = typer.Argument(
        metavar="|".join(known) or "WORDS",
        help="What follows goes to the room; WORD --help says more.",
        autocompletion=completed,
        show_default=False,
    )
    return told


def help_wanted(context: typer.Context, typed: list[str] | None, *, needed: bool) -> list[str]:
    """The words, or our own help where it is asked for, or where a word is `needed`."""
    found = list(typed or [])
    if (needed and not found) or (found and found[0] in HELP):
        print(context.get_help())
        raise typer.Exit(0 if found else 2)
    return found


@app.command(
    context_settings=SETTINGS,
    epilog=examples("keys add till-17 --store 17", "keys list --json", "keys revoke 3f2a"),
)
def keys(
    context: typer.Context,
    typed: Annotated[list[str] | None, words("add", "list", "revoke")] = None,
) -> None:
    """Make, list and revoke API keys."""
    run("entrypoint", "keys", *help_wanted(context, typed, needed=True), running=False)


@app.command(
    context_settings=SETTINGS,
    epilog=examples("users add mia --role manager --store 17", "users list", "users remove mia"),
)
def users(
    context: typer.Context,
    typed: Annotated[list[str] | None, words("add", "list", "remove")] = None,
) -> None:
    """Say who may look at the dashboard and ask the archive, and at which stores."""
    run("dashboard", "users", *help_wanted(context, typed, needed=True), running=False)


@app.command(
    "dead-letters",
    context_settings=SETTINGS,
    epilog=examples("dead-letters list", "dead-letters show 4f", "dead-letters replay --all"),
)
def dead_letters(
    context: typer.Context,
    typed: Annotated[list[str] | None, words("list", "show", "replay", "drop")] = None,
) -> None:
    """List, show, send again or drop what could not be archived."""
    run("persistence", "dead-letters", *help_wanted(context, typed, needed=True))


@app.command(context_settings=SETTINGS, epilog=examples("streams", "streams --json", "streams my/"))
def streams(
    context: typer.Context, typed: Annotated[list[str] | None, words("--json", "FOLDER")] = None
) -> None:
    """List the declared streams and windows, or every mistake of their files."""
    run("events", "check", *help_wanted(context, typed, needed=False), running=False)


@app.command(
    context_settings=SETTINGS,
    epilog=examples(
        "receivers check",
        "receivers try shopify order.json",
        "receivers status --json",
        "receivers retry shopify",
    ),
)
def receivers(
    context: typer.Context,
    typed: Annotated[list[str] | None, words("check", "try", "status", "retry", "verify")] = None,
) -> None:
    """Check and try receivers of other vendors' tills and shops, tell and mend what they did."""
    wanted = help_wanted(context, typed, needed=True)
    needed = wanted[0] in ("status", "retry", "verify")
    run("connectors", *wanted, running=needed, typed_as="tillstream receivers")


@app.command(
    context_settings=SETTINGS,
    epilog=examples("jobs list --json", "jobs run tiers", "jobs history tiers", "jobs log RUN"),
)
def jobs(
    context: typer.Context,
    typed: Annotated[
        list[str] | None, words("list", "check", "run", "history", "log", "rehearse")
    ] = None,
) -> None:
    """Tell and run what runs by the clock."""
    run("jobs", *help_wanted(context, typed, needed=True), typed_as="tillstream jobs")


@app.command(context_settings=SETTINGS, epilog=examples("demo", "demo --free-ports --stores 20"))
def demo(
    context: typer.Context, typed: Annotated[list[str] | None, words("--free-ports")] = None
) -> None:
    """Show a made-up chain: two weeks of sales, then live; nothing is left behind."""
    start("local.demo", *help_wanted(context, typed, needed=False))


@app.command(context_settings=SETTINGS, epilog=examples("chaos --kill totals", "chaos --rounds 3"))
def chaos(
    context: typer.Context, typed: Annotated[list[str] | None, words("--kill", "--how")] = None
) -> None:
    """Break a system of its own on purpose, and prove that nothing was lost."""
    _of_clone(context, "chaos", typed, needed=False)


@app.command(context_settings=SETTINGS, epilog=examples("bench door --quick", "bench report"))
def bench(
    context: typer.Context, typed: Annotated[list[str] | None, words("door", "system")] = None
) -> None:
    """Measure a part on this machine."""
    _of_clone(context, "bench", typed, needed=True)


def _of_clone(context: typer.Context, name: str, typed: list[str] | None, *, needed: bool) -> None:
    found = help_wanted(context, typed, needed=needed)
    if not product.IS_CLONE:
        raise CloneOnlyError(name)
    start(f"loadtest.{name}", *found)
