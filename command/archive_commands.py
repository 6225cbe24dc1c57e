"""Commands on what is kept: count again, refill, ask, export, back up, restore, erase."""

from pathlib import Path
from typing import Annotated

import typer

from command.examples import examples
from command.options import Wait, chosen, flag, given, waiting
from command.rooms import run

app = typer.Typer()


@app.command(epilog=examples("recount", "recount --from archive", "recount --streams"))
def recount(
    source: Annotated[
        str, typer.Option("--from", help="log or archive", metavar="log|archive")
    ] = "log",
    streams: Annotated[
        bool, flag("--streams", "The windows of streams of events, instead of the receipts.")
    ] = False,
    wait: Wait = None,
) -> None:
    """Count everything again, from the log or the archive."""
    if streams:
        if source != "log" or wait is not None:
            raise typer.BadParameter("--streams reads log and archive; leave --from and --wait out")
        run("events", "recount")
    run("analytics", "recount", "--from", source, *waiting(wait))


@app.command(epilog=examples("refill", "refill --day 2026-11-29"))
def refill(
    day: Annotated[
        list[str] | None,
        typer.Option(
            help="Also bring to the log what it lacks of this day; several by repetition.",
            metavar="YYYY-MM-DD",
        ),
    ] = None,
) -> None:
    """Bring to the archive what it lacks and the log has, as `verify` names it."""
    run("persistence", "refill", *(word for each in day or () for word in ("--day", each)))


@app.command(
    epilog=examples(
        'sql "select count(*) from receipts"',
        'sql --csv "select * from lines limit 5" > lines.csv',
    )
)
def sql(
    query: Annotated[str, typer.Argument(help="A SELECT, in DuckDB's SQL.")],
    csv: Annotated[bool, flag("--csv", "For programs: every row, no table.")] = False,
) -> None:
    """Ask every receipt and every event that is kept."""
    run("persistence", "sql", *chosen({"--csv": csv}), "--", query)


@app.command(epilog=examples("export", "export --from 2026-11-01 --to /srv/out"))
def export(
    to: Annotated[str | None, typer.Option(help="Folder or fsspec URL; else PARQUET_URL.")] = None,
    first: Annotated[str | None, typer.Option("--from", help="First business day.")] = None,
    last: Annotated[str | None, typer.Option("--to-day", help="Last business day.")] = None,
) -> None:
    """Write closed business days to Parquet files."""
    place = _from_here(to) if to else None
    run("persistence", "export-parquet", *given({"--to": place, "--from": first, "--to-day": last}))


@app.command(epilog=examples("backup /srv/backups/2026-11-29"))
def backup(
    folder: Annotated[str, typer.Argument(help="Where it is made; must not exist.")],
) -> None:
    """Copy archive, log and state to a folder, while everything runs."""
    run("persistence", "backup", _from_here(folder))


@app.command(epilog=examples("restore --check /srv/backups/1", "restore /srv/backups/1"))
def restore(
    folder: Annotated[str, typer.Argument(help="A backup.")],
    check: Annotated[bool, flag("--check", "Check the backup, and restore nothing.")] = False,
    archive_only: Annotated[
        bool, flag("--archive-only", "MongoDB alone was lost; log and state stay.")
    ] = False,
) -> None:
    """Bring a backup into an empty system; start it with `up --servers-only`."""
    flags = chosen({"--check": check, "--archive-only": archive_only})
    # A check reads the files alone.
    run("persistence", "restore", *flags, _from_here(folder), running=not check)


@app.command(
    epilog=examples(
        "erase 4711",
        "erase --field user_id --value 17",
        "erase --field email --value a@b.eu --stream shop",
    )
)
def erase(
    customer: Annotated[str | None, typer.Argument(help="The customerID of receipts.")] = None,
    field: Annotated[str | None, typer.Option(help="A person's field of streams.")] = None,
    value: Annotated[str | None, typer.Option(help="As it was sent.")] = None,
    stream: Annotated[str | None, typer.Option(help="Of this stream alone.")] = None,
) -> None:
    """Take a customer out of the receipts, or a person out of the streams of events."""
    if customer is not None and field is None and value is None:
        run("persistence", "erase-customer", customer)
    if customer is not None or not (field and value):
        raise typer.BadParameter("give either a customerID, or --field and --value")
    run("events", "erase", *given({"--field": field, "--value": value, "--stream": stream}))


def _from_here(place: str) -> str:
    """A path as it is meant where it is typed; a URL as it is."""
    return place if "://" in place else str(Path.cwd() / place)
