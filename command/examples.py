"""The help's last lines: examples, and the exit statuses."""

from command.exits import MEANINGS


def examples(*lines: str) -> str:
    """An epilog with a line for each example, as Typer shows one paragraph each."""
    return "\n\n".join(["Examples:", *(f"  tillstream {line}" for line in lines)])


def statuses() -> str:
    """The epilog of the whole command."""
    told = (f"  {number}  {meaning}" for number, meaning in MEANINGS.items())
    first = examples("up", "status", "send receipts.ndjson", "verify")
    completion = "  tillstream --install-completion"
    return "\n\n".join([first, completion, "Exit statuses:", *told])
