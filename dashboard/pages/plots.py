"""The plots, still without data: the browser adds the points of each frame.

Colours of text and grid come from the style sheet, so that they follow the theme.
"""

from typing import Any

Figure = dict[str, Any]

#: Dash's config of a wall screen: nothing to click, nothing fetched from elsewhere.
CONFIG: Any = {
    "displayModeBar": False,
    "responsive": True,
    "plotlyServerURL": "",
    "showTips": False,
}

# On the dark card; on the light one the style sheet darkens them.
AMBER = "#f0a03c"
GREEN = "#3cc08f"
BLUE = "#5aa9f5"
RED = "#ff7b72"

#: 20k, but 0.5 and not 500m: steps below one are written out.
_SHORT: Figure = {
    "tickformatstops": [
        {"dtickrange": [None, 0.999], "value": ",.2~f"},
        {"dtickrange": [0.999, None], "value": "~s"},
    ]
}

_FONT = {"family": "Inter, system-ui, sans-serif", "size": 12}


def revenue() -> Figure:
    """Revenue over the business day, the day it is compared with, and the band it will end in."""
    before = _line(BLUE, "Last week")
    before["line"] = {"color": BLUE, "width": 1.6, "dash": "dot"}
    low = _line(AMBER, "Low", 0) | {"hoverinfo": "skip"}
    band = low | {"name": "High", "fill": "tonexty", "fillcolor": "rgba(240, 160, 60, 0.14)"}
    traces = [_line(AMBER, "Revenue"), _ground("rgba(240, 160, 60, 0.18)"), before, low, band]
    return {"data": traces, "layout": _over_time({"tickprefix": "€", **_SHORT})}


def receipts_per_minute() -> Figure:
    """Receipts received in the last 60 s, over the window."""
    traces = [_line(GREEN, "Receipts per minute"), _ground("rgba(60, 192, 143, 0.12)")]
    return {"data": traces, "layout": _over_time({"tickformat": ",d"})}


def network_delay() -> Figure:
    """Received to stored, over the window: three percentiles."""
    traces = [_line(BLUE, "p50", 1.5), _line(AMBER, "p95", 1.5), _line(RED, "p99", 1.5)]
    return {"data": traces, "layout": _over_time({"tickmode": "array"})}


def categories() -> Figure:
    """Revenue of the day by category: horizontal bars, largest on top, exact text beside."""
    bars = {
        "type": "bar",
        "orientation": "h",
        "x": [],
        "y": [],
        "text": [],
        "texttemplate": "%{text}",
        "hovertemplate": "%{hovertext}: %{text}<extra></extra>",
        "textposition": "outside",
        "cliponaxis": False,
        "marker": {"color": AMBER, "cornerradius": 4},
    }
    layout = _layout() | {
        "bargap": 0.34,
        "xaxis": {"visible": False, "fixedrange": True},
        "yaxis": {
            "autorange": "reversed",
            "automargin": True,
            "fixedrange": True,
            "ticks": "",
            "ticklabelstandoff": 6,
            "showgrid": False,
            "zeroline": False,
        },
    }
    return {"data": [bars], "layout": layout}


def products() -> Figure:
    """The largest products as bars that lie, each with a mark where the usual is."""
    figure = categories()
    figure["data"][0] |= {"texttemplate": "", "textposition": "none"}
    beside = {"type": "scatter", "x": [], "y": [], "hoverinfo": "skip", "cliponaxis": False}
    mark = {"symbol": "line-ns", "size": 16, "line": {"color": BLUE, "width": 3}}
    figure["data"] += [
        beside | {"mode": "markers", "marker": mark},
        # The amounts stand beyond bar and mark.
        beside | {"mode": "text", "text": [], "textposition": "middle right"},
    ]
    return figure


def hours() -> Figure:
    """Revenue of each hour of the day: bars, and a line for the day it is compared with."""
    bars = _money_bars("Today", AMBER)
    before = _line(BLUE, "Last week") | {"mode": "lines+markers", "marker": {"size": 5}}
    before["line"] = {"color": BLUE, "width": 1.6, "dash": "dot", "shape": "spline"}
    layout = _money_over_time()
    layout["xaxis"] = {"type": "category", "fixedrange": True, "showgrid": False, "nticks": 12}
    return {"data": [bars, before], "layout": layout}


def online() -> Figure:
    """Revenue of the online shop by minute or hour as bars, and its profit as a line."""
    bars = _money_bars("Revenue", AMBER)
    return {"data": [bars, _line(BLUE, "Profit")], "layout": _money_over_time()}


def channels() -> Figure:
    """Revenue of tills and online shop by hour, one upon the other."""
    layout = _money_over_time() | {"barmode": "stack"}
    layout["xaxis"] = {"type": "category", "fixedrange": True, "showgrid": False, "nticks": 12}
    return {
        "data": [_money_bars("Tills", AMBER), _money_bars("Online shop", BLUE)],
        "layout": layout,
    }


def days() -> Figure:
    """A figure of each day, week or month; and a sign where there is none."""
    layout = _money_over_time() | {"hovermode": "closest"}
    layout["xaxis"] = {
        "type": "category",
        "fixedrange": True,
        "showgrid": False,
        # Below what stands beside the axis's zero.
        "ticklabelstandoff": 8,
    }
    gaps = _line(BLUE, "No figure") | {"mode": "text", "textposition": "top center"}
    del gaps["hovertemplate"]
    return {"data": [_money_bars("Figure", AMBER), gaps | {"hoverinfo": "text"}], "layout": layout}


def stores_map() -> Figure:
    """Stores by their place, as wide as high; the browser adds a trace for each colour."""
    axis = {"visible": False, "fixedrange": True}
    layout = _layout() | {"margin": {"l": 8, "r": 8, "t": 8, "b": 8}, "hovermode": "closest"}
    return {
        "data": [],
        "layout": layout | {"xaxis": axis, "yaxis": axis | {"scaleanchor": "x", "scaleratio": 1}},
    }


def _money_bars(name: str, colour: str) -> Figure:
    return {
        "type": "bar",
        "name": name,
        "x": [],
        "y": [],
        "text": [],
        "textposition": "none",
        "hovertemplate": "%{text}<extra></extra>",
        "marker": {"color": colour, "cornerradius": 3},
    }


def _money_over_time() -> Figure:
    return _over_time({"tickprefix": "€", **_SHORT}) | {"bargap": 0.25}


def _line(colour: str, name: str, width: float = 2) -> Figure:
    # SVG lines: without a GPU WebGL draws an order slower (docs/decisions/0006).
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": [],
        "y": [],
        "text": [],
        "hovertemplate": "%{text}<extra></extra>",
        "line": {"color": colour, "width": width},
        "connectgaps": False,
    }


def _ground(colour: str) -> Figure:
    return {
        "type": "scatter",
        "mode": "none",
        "x": [],
        "y": [],
        "fill": "tozeroy",
        "fillcolor": colour,
        "hoverinfo": "skip",
    }


def _over_time(yaxis: Figure) -> Figure:
    return _layout() | {
        # At the right half of the last label, which stands under the newest point.
        "margin": {"l": 58, "r": 24, "t": 10, "b": 28},
        "hovermode": "x unified",
        # Instants as UTC; the browser writes the ticks in the store's zone.
        "xaxis": {
            "type": "date",
            "fixedrange": True,
            "showgrid": False,
            "tickvals": [],
            "ticktext": [],
            "ticklabelstandoff": 5,
            "ticklabeloverflow": "allow",
            "unifiedhovertitle": {"text": ""},
        },
        "yaxis": {
            "fixedrange": True,
            "rangemode": "tozero",
            "zeroline": False,
            # A fixed margin: measuring the labels anew each second costs as much as the lines.
            "ticklabeloverflow": "allow",
            "nticks": 5,
            "ticklabelstandoff": 6,
            **yaxis,
        },
    }


def _layout() -> Figure:
    return {
        "autosize": True,
        "dragmode": False,
        "font": _FONT,
        "margin": {"l": 8, "r": 14, "t": 10, "b": 28},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "showlegend": False,
        "hoverlabel": {"font": _FONT},
        # The browser's own template adds colours that the theme does not know.
        "template": {},
    }


def explored() -> Figure:
    """Figures of a window over time; the browser adds the traces, and the range by dragging."""
    layout = _over_time(_SHORT)
    layout["xaxis"] = layout["xaxis"] | {"fixedrange": False}
    return {"data": [], "layout": layout | {"dragmode": "zoom", "barmode": "stack", "bargap": 0.1}}
