"""The report of a chaos run fails for each reason that it has, and for no other."""

from typing import Any

import pytest

from loadtest.chaos.history import Verdict
from loadtest.chaos.outage import Outage
from loadtest.chaos.plan import Fault
from loadtest.chaos.report import Proofs, Report, Row

WELL = {"entrypoint": Outage(0.0, 0.0), "totals": Outage(2.5, 2.25)}
ROW = Row(Fault("totals", "kill"), 1200, 0, 0, WELL, [])
VERIFIED: dict[str, Any] = {"stored": 1200, "counted": 1201, "status": 0}
EVENTS: dict[str, Any] = {"streams": [{"counted": 70}, {"counted": 30}], "status": 0}
DELIVERIES: dict[str, Any] = {"deliveries": 20, "status": 0}
PROOFS = Proofs(VERIFIED, EVENTS, DELIVERIES)
REPORT = Report(1, [ROW], Verdict(), 1200, 100, PROOFS, delivered=20)


def test_a_run_without_a_difference_is_well() -> None:
    expected = (
        "fault        accepted  lost  double-counted  unavailable s  back within s\n"
        "totals kill  1,200     0     0               totals 2.5     2.2\n"
        "ok: 1 faults, accepted 1,200, lost 0, double-counted 0, analytics verify: 0; "
        "events accepted 100, bodies that differ 0, events verify: 0; purchases 0, "
        "differences of the shop 0; sales delivered 20, differences 0, "
        "connectors verify: 0; minutes of the job 0, differences 0; seed 1"
    )

    assert (expected, []) == (REPORT.text(), REPORT.problems())
    assert REPORT.as_json()["ok"]


def test_what_was_brought_to_the_log_is_told_and_no_problem() -> None:
    report = REPORT._replace(rows=[ROW._replace(brought=1), ROW, ROW._replace(brought=2)])

    assert (3, []) == (report.as_json()["brought_to_log"], report.problems())
    assert "double-counted 0, brought to the log 3, analytics verify: 0" in report.last_line()
    assert report.rows[0].told().endswith("; brought to the log 1")


@pytest.mark.parametrize(
    "report",
    [
        REPORT._replace(rows=[]),
        REPORT._replace(rows=[ROW._replace(problems=["cents off: 1"])]),
        REPORT._replace(rows=[ROW._replace(accepted=0)]),
        REPORT._replace(rows=[ROW._replace(outages=WELL | {"rate": Outage(31.0, 30.5)})]),
        REPORT._replace(rows=[ROW._replace(outages=WELL | {"rate": Outage(31.0, None)})]),
        REPORT._replace(verdict=Verdict(missing=frozenset({"1/1/1"}))),
        REPORT._replace(verdict=Verdict(extra=frozenset({"1/1/1"}))),
        REPORT._replace(verdict=Verdict(double_counted=1)),
        REPORT._replace(verdict=Verdict(empty=True), accepted=0),
        REPORT._replace(verdict=Verdict(unread=True)),
        REPORT._replace(proofs=PROOFS._replace(analytics=VERIFIED | {"status": 1})),
        REPORT._replace(proofs=PROOFS._replace(analytics=VERIFIED | {"counted": 1199})),
        REPORT._replace(verdict=Verdict(events=("body 7 lost",))),
        REPORT._replace(verdict=Verdict(shop=("checkouts b1: None",))),
        REPORT._replace(verdict=Verdict(jobs=("60: never run",))),
        REPORT._replace(verdict=Verdict(deliveries=("sale 7: 0, not 5",))),
        REPORT._replace(proofs=PROOFS._replace(events=EVENTS | {"status": 1})),
        REPORT._replace(events=101),
        REPORT._replace(proofs=PROOFS._replace(connectors=DELIVERIES | {"status": 1})),
        REPORT._replace(delivered=21),
    ],
    ids=[
        "no fault",
        "a difference after a fault",
        "nothing accepted",
        "back too late",
        "not back",
        "lost",
        "extra",
        "double-counted",
        "an empty history",
        "not read",
        "verify fails",
        "verify saw less",
        "events differ",
        "purchases differ",
        "a minute was not run",
        "sales differ",
        "verify of events fails",
        "verify saw fewer events",
        "verify of deliveries fails",
        "verify saw fewer deliveries",
    ],
)
def test_each_reason_to_fail_is_one(report: Report) -> None:
    assert (1, False) == (len(report.problems()), report.as_json()["ok"])
    assert report.last_line().startswith("FAILED: ")


def test_the_longest_outage_is_the_faults() -> None:
    assert (2.5, 2.25) == (ROW.unavailable, ROW.back_after)
