"""Laws of the results: medians, targets and comparisons are right, tables stay between markers."""

from pathlib import Path

import msgspec
import pytest

from loadtest.bench import harness, report, results
from loadtest.bench.harness import Better, Measurement, Result
from tests.support.machines import MACHINE
from tillstream.errors import TillstreamError


def measured(*values: float, better: Better = "higher", target: float | None = None) -> Measurement:
    return Measurement(
        name="receipts", unit="1/s", values=list(values), better=better, target=target
    )


def kept(
    folder: Path, *values: float, part: str = "door", quick: bool = False, commit: str = "abc"
) -> results.Record:
    series = Result()
    for value in values:
        series.add("receipts", "1/s", value, "higher", 100)
        series.add("delay", "ms", value / 10, "lower")
    here = msgspec.structs.replace(MACHINE, commit=commit)
    done = results.Record(part=part, rounds=len(values), quick=quick, machine=here, result=series)
    results.write(done, folder)
    return done


@pytest.mark.parametrize(
    ("values", "median", "spread"),
    [((3.0, 1.0, 2.0), 2.0, 1.0), ((1.0, 2.0), 1.5, 2 / 3), ((0.0,), 0.0, 0.0)],
)
def test_a_measurement_is_its_median_and_its_spread(
    values: tuple[float, ...], median: float, spread: float
) -> None:
    one = measured(*values)

    assert median == one.median
    assert one.spread == pytest.approx(spread)


@pytest.mark.parametrize(
    ("better", "target", "expected"),
    [
        ("higher", 2.0, True),
        ("higher", 2.1, False),
        ("lower", 2.0, True),
        ("lower", 1.9, False),
        ("lower", None, None),
    ],
)
def test_a_target_is_reached_by_the_median(
    better: Better, target: float | None, expected: bool | None
) -> None:
    assert expected == measured(1.0, 2.0, 3.0, better=better, target=target).reached


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    done = kept(tmp_path, 90, 110, 100)

    assert done == results.read("door-abc", tmp_path)


def test_a_result_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(TillstreamError, match="door-xyz"):
        results.read("door-xyz", tmp_path)


def test_a_quick_run_never_takes_the_place_of_a_full_one(tmp_path: Path) -> None:
    full = kept(tmp_path, 100)
    kept(tmp_path, 1, quick=True)

    assert {"door": full} == results.newest(tmp_path)


def test_a_comparison_says_what_became_better(tmp_path: Path) -> None:
    one, other = kept(tmp_path, 100, commit="one"), kept(tmp_path, 150, commit="other")

    assert [
        ("receipts", "1/s", "100", "150", "x 1.50", "better"),
        ("delay", "ms", "10", "15", "x 1.50", "worse"),
    ] == results.compared(one, other)


def test_a_difference_within_the_rounds_is_noise(tmp_path: Path) -> None:
    one = kept(tmp_path, 90, 100, 110, commit="one")
    others = [kept(tmp_path, *values, commit="other") for values in ((105, 120), (111, 120))]
    verdicts = [[row[-1] for row in results.compared(one, other)] for other in others]

    assert [["noise", "noise"], ["better", "worse"]] == verdicts


def test_a_comparison_keeps_units_apart_and_divides_by_no_zero() -> None:
    def record(cores: float, mib: float) -> results.Record:
        series = Result()
        series.add("idle: of all", "cores", cores, "lower")
        series.add("idle: of all", "MiB", mib, "lower")
        return results.Record(part="system", rounds=1, quick=False, machine=MACHINE, result=series)

    assert [
        ("idle: of all", "cores", "0", "0.02", "", "worse"),
        ("idle: of all", "MiB", "700", "700", "x 1.00", "same"),
    ] == results.compared(record(0, 700), record(0.02, 700))


@pytest.mark.parametrize(
    ("value", "text"),
    [(12345.6, "12,346"), (123.4, "123"), (12.34, "12.3"), (0.01234, "0.0123"), (0.0, "0")],
)
def test_figures_have_three_digits_that_matter(value: float, text: str) -> None:
    assert text == results.figure(value)


def test_the_report_changes_nothing_outside_its_markers(tmp_path: Path) -> None:
    page = "# P\n\nbefore\n\n<!-- bench:door -->\nold\n<!-- /bench:door -->\n\nafter\n"
    expected = "# P\n\nbefore\n\n<!-- bench:door -->\nnew\n<!-- /bench:door -->\n\nafter\n"

    assert expected == report.placed(page, "door", "new\n")
    assert expected == report.placed(report.placed(page, "door", "other\n"), "door", "new\n")


def test_a_part_without_markers_gets_them_at_the_end() -> None:
    text = report.placed("# P\n", "door", "new\n")

    assert "# P\n\n## Door\n\n<!-- bench:door -->\nnew\n<!-- /bench:door -->\n" == text


def test_a_table_says_target_and_machine(tmp_path: Path) -> None:
    lines = report.markdown(kept(tmp_path, 90, 110, 120)).splitlines()

    assert "| receipts | 1/s | 110 | 90 | 120 | 27% | >= 100 reached |" == lines[2]
    assert f"{MACHINE.cores} cores" in lines[5]


def test_every_part_is_a_module_with_a_run() -> None:
    for name in harness.PARTS:
        assert callable(harness.part(name))
