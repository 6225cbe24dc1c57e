"""What `status` makes of what it has heard."""

import json
import os
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from command.status import watched
from command.status.asking import NoAnswerError, ask_all
from command.status.findings import (
    Death,
    FiguresFound,
    Findings,
    ProgramFound,
    QueuesFound,
    ReceiverFound,
    ReceiversFound,
    SizesFound,
    Unasked,
    json_text,
)
from command.status.problems import problems
from command.status.processes import Tree, trees
from command.status.programs import deaths
from command.status.rabbitmq import figures
from command.status.receivers import receivers as receivers_of
from command.status.report import text
from local.control import Status
from tillstream import topology
from tillstream.snapshots import RateSnapshot

LOG = """\
2026-11-29 07:24:31,104 WARN exited: totals (terminated by SIGKILL; not expected)
2026-11-29 07:24:31,105 INFO spawned: 'totals' with pid 26692
2026-11-29 07:24:35,104 WARN exited: totals (exit status 1; not expected)
2026-11-29 07:24:40,104 WARN stopped: rate (exit status 0)
2026-11-29 07:24:41,104 INFO exited: rate (exit status 0; expected)
"""
NOW = datetime(2026, 11, 29, 7, 25, tzinfo=UTC)
ROOM = SizesFound(0, 0, 0, 0, disk_free=10, disk_total=100, memory_used=0, memory_available=0)


def program(state: str = "RUNNING", death: Death | None = None, deaths: int = 0) -> ProgramFound:
    """A totals worker."""
    since = "2026-11-29T07:24:31+00:00"
    return ProgramFound("totals", "rooms", state, 1, since, 1, deaths, death)


def told(
    *programs: ProgramFound,
    unasked: tuple[Unasked, ...] = (),
    least: int = 0,
    receivers: ReceiversFound = ReceiversFound(),  # noqa: B008 - immutable
) -> list[str]:
    """What is wrong, without how to mend it."""
    found = problems(
        programs,
        FiguresFound(),
        QueuesFound(0, 0),
        ROOM,
        unasked,
        least,
        conflicts=0,
        receivers=receivers,
        now=NOW,
    )
    return [problem.what for problem in found]


def test_deliveries_that_wait_for_somebody_are_told_by_their_receiver() -> None:
    heard = {
        'tillstream_receiver_aside_deliveries{receiver="shopify"}': 3.0,
        'tillstream_receiver_aside_deliveries{receiver="square"}': 0.0,
        'tillstream_receiver_not_set_up{receiver="odoo"}': 1.0,
        'tillstream_receiver_set_aside_total{receiver="square"}': 7.0,
    }

    assert told(receivers=receivers_of(heard)) == [
        "3 deliveries of shopify are set aside",
        "odoo sends, and is refused: its receiver is not set up",
    ]


def test_each_receiver_is_told_with_what_the_worker_took_and_the_door_refused() -> None:
    found = receivers_of(
        {
            'tillstream_receiver_deliveries_total{receiver="shopify"}': 20.0,
            'tillstream_receiver_receipts_total{receiver="shopify"}': 22.0,
            'tillstream_receiver_fetches{receiver="shopify"}': 2.0,
            'tillstream_receiver_newest_timestamp_seconds{receiver="shopify"}': 1795248000.5,
            'tillstream_deliveries_refused_total{reason="unsigned",receiver="shopify"}': 3.0,
            'tillstream_deliveries_refused_total{reason="signature",receiver="shopify"}': 4.0,
            'tillstream_deliveries_refused_total{reason="unsigned",receiver="odoo"}': 1.0,
        }
    )

    assert found.receivers == (
        ReceiverFound("odoo", 0, 0, 0, refused=1, aside=0, newest=None),
        ReceiverFound("shopify", 20, 22, 2, 7, 0, "2026-11-21T08:00:00+00:00"),
    )


def test_only_ends_that_nobody_asked_for_are_deaths() -> None:
    found = deaths(LOG)

    assert {name: [death.how for death in ends] for name, ends in found.items()} == {
        "totals": ["terminated by SIGKILL", "exit status 1"]
    }


def test_a_death_of_before_is_in_the_table_and_no_longer_a_problem() -> None:
    killed = "terminated by SIGKILL"
    recent = Death("2026-11-29T07:24:31+00:00", killed)
    old = Death("2026-11-29T06:24:31+00:00", killed)

    assert told(program(death=recent, deaths=1)) == [
        "totals has died (terminated by SIGKILL); it runs again"
    ]
    assert told(program(death=old, deaths=1)) == []


def test_what_is_down_is_told_before_what_is_short() -> None:
    away = Unasked("mongodb", "no answer within 2 s")

    assert told(program("BACKOFF"), unasked=(away,), least=11) == [
        "totals does not run: BACKOFF",
        "mongodb: no answer within 2 s",
        "the disk has 10 bytes free, less than 11 bytes: 503 to senders",
    ]


def test_a_spare_program_that_waits_for_load_is_not_wrong() -> None:
    spare = Status("entrypoint-2", "spare", "STOPPED", 0, 0, 0, 0, "")
    room = Status("entrypoint", "rooms", "STOPPED", 0, 0, 0, 0, "")

    assert (spare.is_kept_back, room.is_kept_back) == (True, False)
    assert told(program("SPARE")) == []


def test_one_that_hangs_and_one_that_refuses_keep_no_answer_back() -> None:
    never = threading.Event()

    def refuse() -> None:
        raise NoAnswerError("no")

    given, missing = ask_all({"a": lambda: 1, "b": never.wait, "c": refuse}, 0.2)
    never.set()

    assert given == {"a": 1}
    assert missing == [Unasked("b", "no answer within 0.2 s"), Unasked("c", "no")]


def test_what_was_not_heard_or_not_understood_is_not_known() -> None:
    rate = msgspec.json.encode(RateSnapshot(146, 48.0, 1.0, 7))
    found = figures({topology.METRICS_STORM: rate, topology.COUNT: b"[]"})

    assert found == FiguresFound(receipts_per_minute=146, counted_after_ms=48.0, log_offset=7)


def test_figures_of_all_processes_are_put_together_and_what_nobody_told_is_not_known() -> None:
    heard = {
        "tillstream_day_receipts": 144.0,
        "tillstream_day_gross_minor": 66_109.0,
        "tillstream_received_to_committed_seconds_sum": 0.5,
        "tillstream_received_to_committed_seconds_count": 10.0,
        'tillstream_queue_messages{queue="persistence"}': 3.0,
        'tillstream_queue_messages{queue="receipts.dead"}': 1.0,
    }

    assert watched.figures(heard) == FiguresFound(
        receipts_of_the_day=144, sum_minor=66_109, counted_after_ms=50.0
    )
    assert watched.queues(heard) == QueuesFound(3, 1)
    assert watched.queues({}) is None
    assert watched.conflicts(heard) is None


def test_a_process_that_a_signal_stopped_is_told_with_what_lets_it_go_on() -> None:
    stopped = program()._replace(stopped_pids=(7, 8))

    assert told(stopped) == [
        "totals is stopped by a signal (SIGSTOP): it is there and does nothing"
    ]


def test_a_tree_is_a_process_with_all_that_it_started(tmp_path: Path) -> None:
    for pid, parent, state in ((5, 1, "S"), (6, 5, "T"), (7, 6, "S"), (9, 1, "S")):
        (tmp_path / str(pid)).mkdir()
        rest = " ".join(["0"] * 19)
        (tmp_path / str(pid) / "stat").write_text(f"{pid} (a) name) {state} {parent} {rest} 2 0")

    assert trees([5, 404], tmp_path) == {5: Tree(3 * 2 * os.sysconf("SC_PAGE_SIZE"), (6,))}


def found(figures: FiguresFound) -> Findings:
    """All that is found, of a system with one program that has died."""
    died = program(death=Death("2026-11-29T07:24:31+00:00", "terminated by SIGKILL"), deaths=1)
    return Findings(
        at="2026-11-29T07:25:00+00:00",
        state="wrong",
        version="0.1.0",
        data_dir="/srv/tillstream",
        since=None,
        urls={"archive-api": "http://127.0.0.1:3001"},
        programs=(died,),
        figures=figures,
        queues=None,
        receivers=ReceiversFound({"shopify": 3}),
        sizes=ROOM,
        unasked=(),
        problems=(),
    )


def test_a_program_gets_every_finding_with_its_own_name() -> None:
    got = json.loads(json_text(found(FiguresFound(sum_minor=5))))

    assert got["urls"] == {"archive-api": "http://127.0.0.1:3001"}
    assert got["programs"][0]["lastDeath"]["how"] == "terminated by SIGKILL"
    assert (got["figures"]["sumMinor"], got["queues"]) == (5, None)
    assert got["receivers"] == {"aside": {"shopify": 3}, "notSetUp": [], "receivers": []}


def test_the_sum_of_the_day_is_in_the_currency_of_the_chain() -> None:
    yen = FiguresFound(receipts_of_the_day=2, sum_minor=1_234_567, currency="JPY")

    assert "2 receipts counted, 1,234,567 JPY" in text(found(yen))
    assert "2 receipts counted, 12,345.67 EUR" in text(found(yen._replace(currency="EUR")))


def test_status_loads_no_library_that_takes_longer_than_its_answer() -> None:
    code = (
        "import sys; import command.status.command;"
        "print({'msgspec', 'typer', 'pika', 'pymongo'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "set()\n"
