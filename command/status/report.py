"""The findings as people read them. Pure."""

from datetime import datetime

from command.status.findings import Findings, ProgramFound, ReceiverFound
from tillstream.currencies import EXPONENT, EXPONENTS
from tillstream.runtime.disk import in_units
from tillstream.runtime.printable import printable
from tillstream.runtime.text_table import text_table


def text(findings: Findings) -> str:
    """Programs, figures, sizes, and what is wrong last: that is what a terminal shows."""
    since = f" since {_clock(findings.since)}" if findings.since else ""
    parts = [f"Tillstream {findings.version} runs on {findings.data_dir}{since}"]
    parts += [f"  {name}: {url}" for name, url in findings.urls.items()]
    if findings.programs:
        heads = ("program", "state", "since", "died", "behind", "memory", "pid")
        parts += ["", text_table(heads, [_cells(each) for each in findings.programs], 3)]
    lines = [*_figures(findings), *_sizes(findings)]
    parts += ["", *lines] if lines else []
    if found := findings.receivers.receivers:
        heads = ("receiver", "taken", "receipts", "waiting", "refused", "set aside", "newest")
        parts += ["", text_table(heads, [_receiver(each) for each in found], 1)]
    parts.append("")
    for problem in findings.problems:
        at = f" (since {_clock(problem.since)})" if problem.since else ""
        page = f" [{problem.page}]" if problem.page else ""
        parts.append(f"WRONG: {printable(problem.what)}{at}")
        parts.append(f"       {printable(problem.mend)}{page}")
    if not findings.problems:
        parts.append("All is well.")
    return "\n".join(parts)


def _cells(program: ProgramFound) -> tuple[str, ...]:
    death = program.last_death
    died = f"{program.deaths}x, last {_clock(death.at)}" if death else ""
    memory = "" if program.memory_bytes is None else in_units(program.memory_bytes)
    pid = "" if program.pid is None else str(program.pid)
    state = "stopped by signal" if program.stopped_pids else program.state.lower()
    return (program.name, state, _clock(program.since), died, _behind(program), memory, pid)


def _receiver(one: ReceiverFound) -> tuple[str, ...]:
    many = (one.taken, one.receipts, one.waiting, one.refused, one.aside)
    return (printable(one.name), *(f"{each:,}" for each in many), _clock(one.newest))


def _behind(program: ProgramFound) -> str:
    messages, seconds = program.behind_messages, program.behind_seconds
    if messages is None:
        return ""
    return f"{messages} messages" + ("" if seconds is None else f", {seconds:.1f} s")


def _figures(findings: Findings) -> list[str]:
    figures, queues = findings.figures, findings.queues
    lines = []
    if figures.receipts_of_the_day is not None:
        lines.append(
            f"{figures.day or 'business day'}: {figures.receipts_of_the_day} receipts counted,"
            f" {_amount(figures.sum_minor or 0, figures.currency)}"
        )
    if figures.receipts_per_minute is not None:
        counted, stored = figures.counted_after_ms, figures.stored_after_seconds
        lines.append(
            f"rate: {figures.receipts_per_minute} receipts in the last minute"
            + (f"; counted after {counted:.0f} ms" if counted is not None else "")
            + (f"; stored after {stored:.2f} s" if stored is not None else "")
        )
    behind = []
    if figures.log_offset is not None and figures.next_offset is not None:
        behind.append(f"counting {max(0, figures.log_offset + 1 - figures.next_offset)} messages")
    if queues is not None:
        waited = figures.storing_behind_seconds
        seconds = f" and {waited:.1f} s" if waited is not None else ""
        behind.append(f"archive {queues.to_be_archived} messages{seconds}")
        behind.append(f"dead letters {queues.dead_letters}")
    return [*lines, f"lag: {'; '.join(behind)}"] if behind else lines


def _amount(minor: int, currency: str) -> str:
    digits = EXPONENTS.get(currency, EXPONENT)
    return f"{minor / 10**digits:,.{digits}f} {currency}"


def _sizes(findings: Findings) -> list[str]:
    sizes = findings.sizes
    if sizes is None:
        return []
    kept = (
        ("ledger", sizes.ledger),
        ("log and queues", sizes.log_and_queues),
        ("archive", sizes.archive),
        ("analytic archive", sizes.analytic_archive),
    )
    return [
        "kept: " + "; ".join(f"{name} {in_units(size)}" for name, size in kept),
        f"disk: {in_units(sizes.disk_free)} of {in_units(sizes.disk_total)} free; memory:"
        f" {in_units(sizes.memory_used)} used, {in_units(sizes.memory_available or 0)} available",
    ]


def _clock(moment: str | None) -> str:
    """The time of today, date and time of another day, in this machine's zone."""
    if moment is None:
        return ""
    at = datetime.fromisoformat(moment).astimezone()
    return at.strftime("%H:%M:%S" if at.date() == _today() else "%Y-%m-%d %H:%M:%S")


def _today() -> object:
    return datetime.now().astimezone().date()
