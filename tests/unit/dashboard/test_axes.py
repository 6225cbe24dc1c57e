"""Axes: never finer than what they measure, every label whole, times in the unit that fits."""

import re
from typing import Any
from urllib.parse import unquote

import pytest

from dashboard.pages import plots
from tests.support.scripts import evaluated

AXES = "18-axes.js"


def axes(expression: str, tag: str = "en-GB") -> Any:
    return evaluated(expression, AXES, tag=tag)


def spark_heights(values: list[float]) -> list[float]:
    """The heights of a sparkline's points, 0 at the top and 28 at its foot."""
    image = unquote(axes(f't.axes.spark({values}, "#fff")'))
    [points] = re.findall(r'points="([^"]+)"', image)
    return [float(point.split(",")[1]) for point in points.split()]


def test_a_day_without_a_sale_has_an_axis_of_whole_euros_and_whole_receipts() -> None:
    found = axes("[t.axes.money([0, 0, null]), t.axes.count([0, 1]), t.axes.money([])]")

    assert [{"range": [0, 10]}, {"range": [0, 5], "dtick": 1}, {"range": [0, 10]}] == found


def test_a_day_of_some_sales_has_plotlys_own_axis() -> None:
    assert [{}, {}, {}] == axes("[t.axes.money([12]), t.axes.count([0, 7]), t.axes.money([-40])]")


def test_no_step_below_one_is_written_in_thousandths() -> None:
    yaxes = [figure()["layout"]["yaxis"] for figure in (plots.revenue, plots.explored, plots.hours)]

    assert [
        {"dtickrange": [None, 0.999], "value": ",.2~f"},
        {"dtickrange": [0.999, None], "value": "~s"},
    ] == yaxes[0]["tickformatstops"]
    assert [None] * 3 == [each.get("tickformat") for each in yaxes]


def test_the_last_label_of_a_time_axis_has_room_for_its_half() -> None:
    # 23:40 is 34 px wide.
    figures = (plots.revenue(), plots.receipts_per_minute(), plots.network_delay())

    assert [True] * 3 == [each["layout"]["margin"]["r"] >= 34 / 2 + 2 for each in figures]


def test_a_large_negative_bar_leaves_room_for_the_amounts_on_both_sides() -> None:
    low, high = axes("t.axes.bars([117, 116, -12900])")
    width = high - low

    # Of 320 px: 12 signs of 6 px.
    assert (-12900 - low) / width * 320 > 72
    assert (high - 117) / width * 320 > 72


def test_bars_of_nothing_have_an_axis_and_no_counts_of_their_own() -> None:
    assert [0, 0.5] == axes("t.axes.bars([])")
    assert plots.categories()["layout"]["yaxis"]["showgrid"] is False


def test_a_sparkline_of_nearly_equal_values_is_nearly_flat() -> None:
    heights = spark_heights([449, 450, 449, 450])

    assert max(heights) - min(heights) < 1
    assert spark_heights([0, 0, 0]) == [14.0] * 3


def test_a_sparkline_of_what_doubles_has_all_of_its_height() -> None:
    heights = spark_heights([10, 15, 20])

    assert [26.0, 14.0, 2.0] == heights


@pytest.mark.parametrize(
    ("tag", "ms", "text"),
    [
        ("en-GB", 64, "64.0 ms"),
        ("en-GB", 1376.4, "1.4 s"),
        ("en-GB", -72901, "-1 min 13 s"),
        ("fr-FR", 540745, "9 min 1 s"),
        ("fr-FR", 8200, "8,2 s"),
        ("en-GB", 3_600_000, "1 h"),
        ("en-GB", 5_520_000, "1 h 32 min"),
        ("en-GB", 59_960, "1 min"),
    ],
)
def test_a_delay_is_told_in_the_unit_that_fits(tag: str, ms: float, text: str) -> None:
    assert text == axes(f"t.format.ms({ms})", tag).replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([0, 80], ["0 ms", "20 ms", "40 ms", "60 ms", "80 ms"]),
        ([8600, 90], ["0 s", "2 s", "4 s", "6 s", "8 s"]),
        ([540_745], ["0 min", "2 min", "4 min", "6 min", "8 min"]),
        ([], ["0 ms", "2 ms", "4 ms", "6 ms", "8 ms", "10 ms"]),
    ],
)
def test_an_axis_of_delays_has_ticks_in_the_unit_that_fits(
    values: list[float], texts: list[str]
) -> None:
    found = axes(f"t.axes.duration({values})")

    assert texts == [text.replace("\u00a0", " ") for text in found["ticktext"]]
