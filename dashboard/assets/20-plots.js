/* The plots and sparklines of the live page, drawn from the points that it holds. */
(function () {
  "use strict";
  const t = window.tillstream;
  const { format, points, ticks, minuteTime, secondTime, wholeBars } = t;
  //: Points of a line on the screen: more than its pixels show nothing more.
  const SCREEN_POINTS = 600;
  //: Steps of a plot's height below which nobody sees a change.
  const HEIGHT_STEPS = 800;
  const SPARK_POINTS = 40;
  /** @type {Record<string, Figure>} */
  const bases = {};
  let revenueView = "total";

  /* At most SCREEN_POINTS of one column: of each stretch the lowest and the highest, so that no peak is lost. */
  /** @param {Point[]} series @param {number} index */
  function thinned(series, index) {
    if (series.length <= SCREEN_POINTS) return series;
    const stretch = Math.ceil(series.length / (SCREEN_POINTS / 2));
    const kept = [];
    for (let start = 0; start < series.length; start += stretch) {
      let low = start;
      let high = start;
      for (let i = start; i < Math.min(start + stretch, series.length); i += 1) {
        if (series[i][index] === null) continue;
        if (series[low][index] === null || series[i][index] < series[low][index]) low = i;
        if (series[high][index] === null || series[i][index] >= series[high][index]) high = i;
      }
      kept.push(series[Math.min(low, high)]);
      if (low !== high) kept.push(series[Math.max(low, high)]);
    }
    // The newest is what a viewer compares with the figure beside it.
    const newest = series[series.length - 1];
    if (kept[kept.length - 1] !== newest) kept.push(newest);
    return kept;
  }

  /* x, y and hover text of one column; a hole of more than HOLE seconds is left open. */
  const HOLE = 5 * 60;
  /** @param {Point[]} series @param {number} index @param {(point: Point) => string} text */
  function column(series, index, text) {
    /** @type {Column["x"]} */
    const x = [];
    const y = [];
    const texts = [];
    /** @type {number | null} */
    let before = null;
    for (const point of thinned(series, index)) {
      if (before !== null && point[0] - before > HOLE) {
        // Two, so that the ground under the line has both its edges.
        x.push((before + 1) * 1000, (point[0] - 1) * 1000);
        y.push(null, null);
        texts.push("", "");
      }
      before = point[0];
      x.push(point[0] * 1000);
      y.push(point[index]);
      texts.push(point[index] === null ? "" : text(point));
    }
    return { x, y, text: texts };
  }

  /** The ground under a line: down to zero in a hole, which would else be bridged. @type {Tillstream["ground"]} */
  function ground({ x, y }) {
    return { x, y: y.map((value) => value || 0) };
  }

  /* Under a filter the part's, else the whole day's. */
  const minutes = () => (t.narrows("revenue-plot") ? (t.narrowedPart() || { minutes: [] }).minutes : points.minutes);
  /** @type {Tillstream["bars"]} */
  function bars() {
    if (!t.narrows("categories-plot")) return wholeBars();
    const part = t.narrowedPart();
    // Of a store nothing is known before the answer; a category stands among those of the day.
    if (!part) return t.filters().store ? [] : wholeBars();
    return part.bars || wholeBars();
  }

  /** Minor units sold in each full minute, from the running sum. @param {number} now */
  function perMinute(now) {
    const sold = [];
    const series = minutes();
    for (let i = 1; i < series.length; i += 1) {
      if (series[i][0] + 60 > now) break;
      const known = series[i][0] - series[i - 1][0] === 60;
      sold.push([series[i][0], known ? series[i][1] - series[i - 1][1] : null, series[i][2] - series[i - 1][2]]);
    }
    return sold;
  }

  /** The figure of a plot with these columns between two instants. @type {Tillstream["overTime"]} */
  function overTime(id, columns, from, to, yaxis = {}) {
    const { data, layout } = base(id);
    const range = [Math.min(from, to - 300), to];
    return {
      data: data.map((trace, i) => ({ ...trace, ...columns[i] })),
      layout: {
        ...layout,
        yaxis: { ...layout.yaxis, ...yaxis },
        xaxis: { ...layout.xaxis, range: range.map((t) => t * 1000), ...ticks(range[0], range[1]) },
      },
      looks: looks(range, columns),
    };
  }

  /* What can be seen of a plot, as text: equal texts are equal pictures, to a fraction of a pixel. */
  /** @param {number[]} range @param {Column[]} columns */
  function looks([from, to], columns) {
    const pixel = (to - from) / HEIGHT_STEPS;
    const height = Math.max(...columns.flatMap(({ y }) => y.map(Number)), 1e-9) / HEIGHT_STEPS;
    const lines = columns.map(({ x, y }) => [
      x.length,
      Math.round(x[0] / 1000 / pixel),
      y.map((value) => (value === null ? "" : Math.round(value / height))).join(),
    ]);
    return JSON.stringify([
      Math.round(from / pixel),
      Math.round(to / pixel),
      columns.length && height.toPrecision(2),
      lines,
    ]);
  }

  /** The figure as Python made it, read once. @type {Tillstream["basePlot"]} */
  function base(id) {
    if (!bases[id]) bases[id] = t.localised(window.dash_component_api.getLayout(id).props.figure);
    return bases[id];
  }

  /** @param {Frame} frame */
  function revenuePlot(frame) {
    const total = revenueView === "total";
    const every = total ? minutes() : perMinute(frame.at);
    const shown = inWindow(every, frame);
    const amounts = shown.map((p) => [p[0], p[1] === null ? null : t.units(p[1]), p[1]]);
    /** @param {Point} p */
    const text = (p) => `${minuteTime(p[0])}  ${format.minor(p[2])}`;
    const to = shown.length ? shown[shown.length - 1][0] : frame.at;
    const line = column(amounts, 1, text);
    const from = start(shown, frame);
    const band = total && t.windowMinutes() === null && shown.length ? t.ahead(to, shown[shown.length - 1][1]) : null;
    const end = band ? band[band.length - 1][0] : to;
    const before = t.comparedLine(frame, total, from, end);
    const compared = {
      x: before.map((p) => p[0] * 1000),
      y: before.map((p) => p[1]),
      text: before.map((p) => `${t.beforeName()}  ${format.money(p[1].toFixed(t.currency.digits))}`),
    };
    const [low, high] = [1, 2].map((column) => ({
      x: (band || []).map((p) => p[0] * 1000),
      y: (band || []).map((p) => p[column]),
    }));
    const axis = t.axes.money([...line.y, ...compared.y, ...high.y]);
    return overTime("revenue-plot", [line, ground(line), compared, low, high], from, end, axis);
  }

  /** The points of the window that the address names. @param {Point[]} series @param {Frame} frame */
  function inWindow(series, frame) {
    const minutes = t.windowMinutes();
    return series.filter((p) => p[0] >= (minutes === null ? frame.starts : frame.at - 60 * minutes));
  }

  /** @type {(series: Point[], frame: Frame) => number} */
  const start = (series, frame) => (series.length ? series[0][0] : frame.at);

  /** @param {Frame} frame */
  function ratePlot(frame) {
    /** @param {Point} p */
    const text = (p) => `${secondTime(p[0])}  ${format.count(p[1])} ${t.say("receipts / min")}`;
    const shown = inWindow(points.rates, frame);
    const line = column(shown, 1, text);
    return overTime("rate-plot", [line, ground(line)], start(shown, frame), frame.at, t.axes.count(line.y));
  }

  /** @param {Frame} frame */
  function delayPlot(frame) {
    const shown = inWindow(points.delays, frame);
    const names = [t.say("half of them"), t.say("95 of 100"), t.say("99 of 100")];
    const columns = names.map((name, i) =>
      column(shown, i + 1, (p) => `${secondTime(p[0])}  ${name} ${format.ms(p[i + 1])}`),
    );
    const axis = t.axes.duration(columns.flatMap(({ y }) => y));
    return overTime("delay-plot", columns, start(shown, frame), frame.at, axis);
  }

  /* Bars of names and exact amounts. By their places: two names may look alike, or like numbers. */
  /** @type {Tillstream["namedBars"]} */
  function namedBars(id, rows) {
    const { data, layout } = base(id);
    const amounts = rows.map(([, revenue]) => Number(revenue));
    const names = rows.map(([name]) => t.plotName(name));
    const places = rows.map((_, place) => place);
    const texts = rows.map(([, revenue]) => format.money(revenue));
    return {
      data: [{ ...data[0], x: amounts, y: places, hovertext: names, text: texts }],
      layout: {
        ...layout,
        xaxis: { ...layout.xaxis, range: t.axes.bars(amounts) },
        // Of no name at all Plotly would count its own.
        yaxis: { ...layout.yaxis, visible: rows.length > 0, tickmode: "array", tickvals: places, ticktext: names },
      },
    };
  }

  function categoriesPlot() {
    const shown = bars();
    const chosen = t.chosenCategory();
    const {
      data: [trace],
      layout,
    } = namedBars("categories-plot", shown);
    const marker = { ...trace.marker, opacity: shown.map(([name]) => (!chosen || name === chosen ? 1 : 0.35)) };
    return { data: [{ ...trace, marker }], layout, looks: JSON.stringify([shown, chosen]) };
  }

  /** @type {Tillstream["sparks"]} */
  function sparks(frame) {
    // Of a part the archive keeps hours: its minutes are drawn between them, and say nothing each.
    const sold = t.narrows("revenue-plot") ? [] : perMinute(frame.at).slice(-SPARK_POINTS);
    /** @param {Point[]} series @param {number} index */
    const recent = (series, index) => series.slice(-SPARK_POINTS).map((p) => p[index]);
    return {
      revenue: t.axes.spark(
        sold.map((p) => p[1]),
        "#f0a03c",
      ),
      receipts: t.axes.spark(
        sold.map((p) => p[2]),
        "#3cc08f",
      ),
      "receipts-per-minute": t.axes.spark(recent(points.rates, 1), "#3cc08f"),
      "average-basket": t.axes.spark(
        sold.map((p) => (p[2] ? p[1] / p[2] : null)),
        "#f0a03c",
      ),
      "network-delay": t.axes.spark(recent(points.delays, 1), "#5aa9f5"),
      "connection-delay": t.axes.spark(recent(points.delays, 2), "#5aa9f5"),
    };
  }

  Object.assign(window.tillstream, {
    bars,
    sparks,
    basePlot: base,
    overTime,
    column,
    ground,
    inWindow,
    namedBars,
    plots: {
      "revenue-plot": revenuePlot,
      "categories-plot": categoriesPlot,
      "rate-plot": ratePlot,
      "delay-plot": delayPlot,
    },
    setRevenueView: (/** @type {string} */ view) => {
      revenueView = view;
    },
  });
})();
