"""Who ended by itself is told once, with its last lines."""

from pathlib import Path

from local.ends import Ends


def test_an_end_is_told_once_with_the_last_lines_and_one_that_was_asked_for_is_not(
    tmp_path: Path,
) -> None:
    log = tmp_path / "log"
    log.mkdir()
    (log / "totals.log").write_text("".join(f"line {number}\n" for number in range(9)))
    supervisord = log / "supervisord.log"
    supervisord.write_text(
        "INFO success: totals entered RUNNING state\n"
        "WARN exited: totals (terminated by SIGKILL; not expected)\n"
        "INFO stopped: rate (terminated by SIGTERM)\n"
        "WARN exited: dashb"
    )
    ends = Ends(tmp_path)
    told = [list(ends.found()), list(ends.found())]
    with supervisord.open("a") as file:
        file.write("oard (exit status 1; not expected)\n")
    told.append(list(ends.found()))

    lines = "".join(f"\n    line {number}" for number in range(4, 9))
    assert told == [
        [f"totals has ended (terminated by SIGKILL) and is started again; its last lines:{lines}"],
        [],
        ["dashboard has ended (exit status 1) and is started again"],
    ]
