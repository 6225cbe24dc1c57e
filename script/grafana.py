#!/usr/bin/env python3
"""Writes Grafana's boards, deploy/grafana/dashboards/*.json: `script/grafana.py [--check]`.

Runs with the Python of the project's environment. What they show is in script/grafana_boards.py.
"""

import argparse
import json
import sys
from pathlib import Path

from grafana_boards import BOARDS
from grafana_foundation_sdk.builders import (
    bargauge,
    common,
    dashboard,
    prometheus,
    stat,
    timeseries,
)
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.common import (
    BigValueGraphMode,
    LegendDisplayMode,
    LegendPlacement,
    StackingMode,
    VizOrientation,
)
from grafana_foundation_sdk.models.dashboard import DashboardCursorSync, DataSourceRef
from grafana_panels import Board, Panel

FOLDER = Path(__file__).resolve().parents[1] / "deploy" / "grafana" / "dashboards"
#: Chosen on the board, so that any Prometheus does.
PROMETHEUS = DataSourceRef(type_val="prometheus", uid="${datasource}")
#: Of Grafana's grid, 24 wide.
STAT, GRAPH = (4, 4), (8, 8)


def target(legend: str, query: str, *, now: bool) -> prometheus.Dataquery:
    """One query; `now` asks for the newest value alone."""
    made = prometheus.Dataquery().expr(query).legend_format(legend)
    return made.instant() if now else made.range()


def reduced() -> common.ReduceDataOptions:
    """The newest value."""
    return common.ReduceDataOptions().calcs(["lastNotNull"])


def graph(*, stacked: bool) -> timeseries.Panel:
    """Values over time."""
    columns, rows = GRAPH
    legend = common.VizLegendOptions().show_legend(True)
    legend = legend.display_mode(LegendDisplayMode.LIST).placement(LegendPlacement.BOTTOM)
    made = timeseries.Panel().legend(legend).axis_soft_min(0).span(columns).height(rows)
    if stacked:
        made = made.fill_opacity(30).stacking(common.StackingConfig().mode(StackingMode.NORMAL))
    return made


def panel(described: Panel) -> stat.Panel | bargauge.Panel | timeseries.Panel:
    """One panel."""
    made: stat.Panel | bargauge.Panel | timeseries.Panel
    if described.kind == "stat":
        columns, rows = STAT
        made = stat.Panel().span(columns).height(rows).reduce_options(reduced())
        made = made.graph_mode(BigValueGraphMode.NONE)
    elif described.kind == "bars":
        columns, rows = GRAPH
        made = bargauge.Panel().span(columns).height(rows).reduce_options(reduced())
        made = made.orientation(VizOrientation.HORIZONTAL)
    else:
        made = graph(stacked=described.kind == "stacked")
    made = made.title(described.title).unit(described.unit).datasource(PROMETHEUS)
    if described.description:
        made = made.description(described.description)
    for place, (legend, query) in enumerate(described.queries.items()):
        now = described.kind in {"stat", "bars"}
        made = made.with_target(target(legend, query, now=now).ref_id(chr(ord("A") + place)))
    return made


def board(described: Board) -> str:
    """A board as JSON, with its panels numbered."""
    made = (
        dashboard.Dashboard(described.title)
        .uid(described.uid)
        .tags(["tillstream"])
        .readonly()
        .refresh("5s")
        .time(described.begins, "now")
        .timezone("browser")
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .with_variable(
            dashboard.DatasourceVariable("datasource").label("Source").type("prometheus")
        )
    )
    number = 0
    for title, panels in described.rows.items():
        number += 1
        made = made.with_row(dashboard.Row(title).id(number))
        for each in panels:
            number += 1
            made = made.with_panel(panel(each).id(number))
    return json.dumps(made.build(), cls=JSONEncoder, indent=2, sort_keys=True) + "\n"


def main() -> int:
    """Write the boards, or say which are not what is described."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; 1 when one is old")
    made = {f"{each.uid}.json": board(each) for each in BOARDS}
    if not parser.parse_args().check:
        for name, text in made.items():
            (FOLDER / name).write_text(text)
        return 0
    there = {path.name: path.read_text() for path in FOLDER.glob("*.json")}
    old = sorted(name for name in made.keys() | there if made.get(name) != there.get(name))
    if old:
        print(f"run script/grafana.py: {', '.join(old)}", file=sys.stderr)
    return 1 if old else 0


if __name__ == "__main__":
    sys.exit(main())
