/* The points that the page holds, and the plots and sparklines drawn from them. */
(function () {
  "use strict";
  const t = window.tillstream;
  const { format, ticks, minuteTime, secondTime } = t;
  const HOUR = 3600;
  //: A day of one-minute points and an hour of finer ones; no series grows beyond it.
  const MAX_POINTS = 1900;
  //: Points of a line on the screen: more than its pixels show nothing more.
  const SCREEN_POINTS = 600;
  //: Steps of a plot's height below which nobody sees a change.
  const HEIGHT_STEPS = 800;
  const SPARK_POINTS = 40;
  /** @type {Record<"minutes" | "rates" | "delays", Point[]>} */
  const points = { minutes: [], rates: [], delays: [] };
  /** @type {Record<string, Figure>} */
  const bases = {};
  /** @type {Bar[]} */
  let wholeBars = [];
  let revenueView = "total";

  /** Set each point by its time; a whole frame starts afresh. @type {Tillstream["takePoints"]} */
  function take(frame) {
    for (const name of /** @type {(keyof typeof points)[]} */ (Object.keys(points))) {
      if (frame.whole) points[name] = [];
      for (const point of frame[name]) upsert(points[name], point);
      if (points[name].length > MAX_POINTS) points[name].splice(0, points[name].length - MAX_POINTS);
    }
    joinByMinute(points.rates, frame.at - HOUR, (_, newer) => newer);
    joinByMinute(points.delays, frame.at - HOUR, Math.max);
    const last = points.minutes[points.minutes.length - 1];
    // A new business day has begun: its first minute comes alone.
    if (last) points.minutes = points.minutes.filter((p) => p[0] >= frame.starts - 60);
    wholeBars = frame.bars;
  }

  /* What is older than `before` keeps one point a minute, as the server keeps it. */
  /** @param {Point[]} series @param {number} before @param {(old: number, newer: number) => number} join */
  function joinByMinute(series, before, join) {
    for (let i = 1; i < series.length && series[i][0] < before; i += 1) {
      const minute = Math.floor(series[i][0] / 60) * 60;
      if (series[i - 1][0] < minute) continue;
      const newer = series.splice(i, 1)[0];
      i -= 1;
      series[i] = series[i].map((old, column) => {
        if (column === 0) return minute;
        return old === null || newer[column] === null ? (old ?? newer[column]) : join(old, newer[column]);
      });
    }
  }

  /** @param {Point[]} series @param {Point} point */
  function upsert(series, point) {
    let at = series.length;
    while (at > 0 && series[at - 1][0] > point[0]) at -= 1;
    if (at > 0 && series[at - 1][0] === point[0]) series[at - 1] = point;
    else series.splice(at, 0, point);
  }

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
    if (!t.narrows("categories-plot")) return wholeBars;
    const part = t.narrowedPart();
    // Of a store nothing is known before the answer; a category stands among those of the day.
    if (!part) return t.filters().store ? [] : wholeBars;
    return part.bars || wholeBars;
  }

  /** Cents sold in each full minute, from the running sum. @param {number} now */
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

  /** Of few receipts: an axis with each whole number once. @type {Tillstream["wholeSteps"]} */
  const wholeSteps = (values) => (Math.max(...values.map(Number), 0) < 5 ? { dtick: 1 } : {});

  /** @param {Frame} frame */
  function revenuePlot(frame) {
    const total = revenueView === "total";
    const every = total ? minutes() : perMinute(frame.at);
    const shown = inWindow(every, frame);
    const euros = shown.map((p) => [p[0], p[1] === null ? null : p[1] / 100, p[1]]);
    /** @param {Point} p */
    const text = (p) => `${minuteTime(p[0])}  ${format.cents(p[2])}`;
    const to = shown.length ? shown[shown.length - 1][0] : frame.at;
    const line = column(euros, 1, text);
    const from = start(shown, frame);
    const before = t.lastWeek(frame, total, from, to);
    const compared = {
      x: before.map((p) => p[0] * 1000),
      y: before.map((p) => p[1]),
      text: before.map((p) => `${t.say("last week")}  ${format.money(p[1].toFixed(2))}`),
    };
    return overTime("revenue-plot", [line, ground(line), compared], from, to);
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
    return overTime("rate-plot", [line, ground(line)], start(shown, frame), frame.at, wholeSteps(line.y));
  }

  /** @param {Frame} frame */
  function delayPlot(frame) {
    const shown = inWindow(points.delays, frame);
    const columns = ["p50", "p95", "p99"].map((name, i) =>
      column(shown, i + 1, (p) => `${secondTime(p[0])}  ${name} ${format.ms(p[i + 1])}`),
    );
    return overTime("delay-plot", columns, start(shown, frame), frame.at);
  }

  /* Bars of names and exact amounts. By their places: two names may look alike, or like numbers. */
  /** @type {Tillstream["namedBars"]} */
  function namedBars(id, rows) {
    const { data, layout } = base(id);
    const amounts = rows.map(([, revenue]) => Number(revenue));
    const names = rows.map(([name]) => t.plotName(name));
    const places = rows.map((_, place) => place);
    // Room for the exact amount beside the longest bar.
    const range = [Math.min(0, ...amounts) * 1.3, Math.max(...amounts, 0.01) * 1.5];
    const texts = rows.map(([, revenue]) => format.money(revenue));
    return {
      data: [{ ...data[0], x: amounts, y: places, hovertext: names, text: texts }],
      layout: {
        ...layout,
        xaxis: { ...layout.xaxis, range },
        yaxis: { ...layout.yaxis, tickmode: "array", tickvals: places, ticktext: names },
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
    const sold = perMinute(frame.at).slice(-SPARK_POINTS);
    /** @param {Point[]} series @param {number} index */
    const recent = (series, index) => series.slice(-SPARK_POINTS).map((p) => p[index]);
    return {
      revenue: spark(
        sold.map((p) => p[1]),
        "#f0a03c",
      ),
      receipts: spark(
        sold.map((p) => p[2]),
        "#3cc08f",
      ),
      "receipts-per-minute": spark(recent(points.rates, 1), "#3cc08f"),
      "average-basket": spark(
        sold.map((p) => (p[2] ? p[1] / p[2] : null)),
        "#f0a03c",
      ),
      "network-delay": spark(recent(points.delays, 1), "#5aa9f5"),
      "connection-delay": spark(recent(points.delays, 2), "#5aa9f5"),
    };
  }

  /* A line without axes, as an image, so that it is one attribute to set. */
  /** @param {(number | null)[]} values @param {string} colour */
  function spark(values, colour) {
    const known = /** @type {number[]} */ (values.filter((v) => v !== null));
    // Of two points a line says nothing.
    if (known.length < 3) return "";
    const low = Math.min(...known);
    const span = Math.max(...known) - low || 1;
    const step = 100 / (known.length - 1);
    const path = known.map((v, i) => `${(i * step).toFixed(1)},${(26 - ((v - low) / span) * 24).toFixed(1)}`);
    const svg =
      `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 28" preserveAspectRatio="none">` +
      `<polyline points="${path.join(" ")}" fill="none" stroke="${colour}" stroke-width="1.6" ` +
      `stroke-linejoin="round" vector-effect="non-scaling-stroke"/></svg>`;
    return `data:image/svg+xml,${encodeURIComponent(svg)}`;
  }

  Object.assign(window.tillstream, {
    takePoints: take,
    dayMinutes: () => points.minutes,
    bars,
    sparks,
    basePlot: base,
    overTime,
    column,
    ground,
    inWindow,
    namedBars,
    wholeSteps,
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
