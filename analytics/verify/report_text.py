"""The report of `verify`, for people and for programs."""

import msgspec

from analytics.verify.archived_alone import how_to_mend
from analytics.verify.comparison import Report
from analytics.verify.side_by_side import Row, as_text


def print_report(report: Report, sums: list[Row], *, as_json: bool) -> None:
    """The report for programs; for people the sums, the differences, and one line."""
    if as_json:
        told = msgspec.to_builtins(report) | {"sums": sums}
        print(msgspec.json.format(msgspec.json.encode(told)).decode())
        return
    print(as_text(sums))
    if report.differences:
        print(f"{'day':<11}{'store':<10}{'what':<32}{'expected':<44}found")
    for each in report.differences:
        print(f"{each.day:<11}{each.store:<10}{each.what:<32}{each.expected:<44}{each.found}")
    for one in report.aside:
        print(one.line())
    for alone in report.alone:
        print(alone.line())
    if report.archived_alone:
        print(how_to_mend(report.archived_alone, report.alone_days))
    if report.beyond_log:
        print(
            f"beyond the log {report.beyond_log}: of a log that was lost; the ledger and the"
            " archive have these receipts"
        )
    if report.unanswered:
        print(
            f"unanswered {report.unanswered}: a door was killed between confirm and answer, or"
            " `refill` brought them to the log"
        )
    if report.figures_behind:
        print(
            f"kept figures behind {report.figures_behind}: MongoDB has not yet what the ledger has"
            " of these days of stores; they were not compared"
        )
    print(report.line())
