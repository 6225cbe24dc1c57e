/* The chart of a window's rows: by time, a line or bar for each figure, or of one figure by the first key. */
(function () {
  "use strict";
  const t = window.tillstream;
  const { byId, element, format } = t;
  const COLOURS = ["#f0a03c", "#5aa9f5", "#3cc08f", "#ff7b72", "#b58cf0"];
  const REST = "#8b94a3";
  //: Values of the first key that have a colour of their own.
  const TOP = COLOURS.length;
  //: Up to so many steps of time bars are wide enough to be seen.
  const BARS = 400;

  /** @param {Explored} view @param {string} name */
  const column = ({ window }, name) =>
    3 + [...window.keys, ...window.figures.map((each) => each.name), "revision", "late", "final"].indexOf(name);
  /** @param {unknown} value */
  const number = (value) =>
    value === null || value === undefined || typeof value === "boolean" ? null : Number(value);
  /** @param {unknown} key */
  const keyText = (key) => (key === null || key === undefined ? t.say("none") : t.visible(key));

  /** Sums, least or greatest of rows that share a place; null where they cannot be put together. */
  /** @param {string | null} merged @param {number | null} one @param {number | null} other */
  function together(merged, one, other) {
    if (one === null || other === null) return one ?? other;
    if (merged === "count" || merged === "sum") return one + other;
    if (merged === "min") return Math.min(one, other);
    return merged === "max" ? Math.max(one, other) : NaN;
  }

  /** The lines of the chart: by figure, or of one figure by the first key. @param {Explored} view */
  function series(view) {
    const { keys, figures, chart } = view.window;
    const chosen = t.address("figure");
    const usual = chart.length ? chart : figures.slice(0, 1).map(({ name }) => name);
    const names = figures.some(({ name }) => name === chosen) ? [chosen] : keys.length ? usual.slice(0, 1) : usual;
    /** @type {Map<string, Map<number, number | null>>} */
    const found = new Map();
    let unmerged = false;
    /** @param {string} name @param {number} at @param {number | null} value @param {string | null} merged */
    const add = (name, at, value, merged) => {
      const places = found.get(name) || new Map();
      found.set(name, places);
      const sum = places.has(at) ? together(merged, places.get(at), value) : value;
      unmerged = unmerged || Number.isNaN(sum);
      places.set(at, Number.isNaN(sum) ? null : sum);
    };
    const merged = (/** @type {string} */ name) =>
      (figures.find((each) => each.name === name) || { merged: null }).merged;
    if (!keys.length)
      for (const name of names)
        for (const row of view.rows.values()) add(name, row[1], number(row[column(view, name)]), merged(name));
    else {
      const [name] = names;
      /** @type {Map<string, number>} */
      const sizes = new Map();
      const of = (/** @type {Row} */ row) => keyText(row[3] === null ? null : String(row[3]));
      for (const row of view.rows.values())
        sizes.set(of(row), (sizes.get(of(row)) || 0) + Math.abs(number(row[column(view, name)]) || 0));
      const top = [...sizes]
        .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
        .slice(0, TOP)
        .map(([key]) => key);
      for (const key of top) found.set(key, new Map());
      const rest = `${t.say("the rest")} (${sizes.size - top.length})`;
      for (const row of view.rows.values())
        add(top.includes(of(row)) ? of(row) : rest, row[1], number(row[column(view, name)]), merged(name));
      if (keys.length && found.has(rest) && merged(name) === null) found.delete(rest);
    }
    return { names, found, unmerged };
  }

  /** @param {Explored} view */
  function exploreChart(view) {
    const { names, found, unmerged } = series(view);
    const starts = [...new Set([...view.rows.values()].map((row) => row[1]))].sort((a, b) => a - b);
    const asLines = t.address("as") === "lines" || starts.length > BARS;
    const open = new Set();
    const late = new Set();
    for (const row of view.rows.values()) {
      if (!row[row.length - 1]) open.add(row[1]);
      if (row[row.length - 2]) late.add(row[1]);
    }
    const half = view.window.seconds / 2;
    const data = [...found].map(([name, places], i) => {
      const colour = i < TOP ? COLOURS[i] : REST;
      const at = [...places.keys()].sort((a, b) => a - b);
      const trace = {
        name: t.plotName(name),
        x: at.map((start) => (start + half) * 1000),
        y: at.map((start) => places.get(start)),
        text: at.map((start) => `${t.plotName(name)}  ${shown(places.get(start))}`),
        hovertemplate: "%{text}<extra></extra>",
      };
      return asLines
        ? {
            ...trace,
            type: "scatter",
            mode: at.length > 1 ? "lines" : "markers",
            line: { color: colour, width: 2 },
            marker: { color: colour },
          }
        : {
            ...trace,
            type: "bar",
            textposition: "none",
            width: view.window.seconds * 900,
            marker: { color: colour, opacity: at.map((start) => (open.has(start) ? 0.55 : 1)) },
          };
    });
    const marks = starts.filter((start) => late.has(start));
    /** @param {number} at */
    const tops = (at) => {
      const values = [...found.values()].map((places) => places.get(at) || 0);
      return asLines || names.length > 1 ? Math.max(...values) : values.reduce((sum, value) => sum + value, 0);
    };
    const flag = {
      type: "scatter",
      mode: "markers",
      name: "late",
      x: marks.map((at) => (at + half) * 1000),
      y: marks.map((at) => tops(at)),
      text: marks.map(() => t.say("late events")),
      hovertemplate: "%{text}<extra></extra>",
      marker: { symbol: "triangle-up", size: 9, color: "#ff7b72" },
      cliponaxis: false,
    };
    legend(found, marks.length > 0, open.size > 0 && !asLines);
    const about = [
      names.map((name) => `${name}${unit(view, name)}`).join(", "),
      unmerged ? t.say("rows of several keys cannot be added up: choose a value of each key") : "",
    ];
    t.setText("explore-chart-until", about.filter(Boolean).join(" · "));
    const base = t.basePlot("explore-chart");
    const [from, to] = [view.from, Math.max(view.to, view.from + view.window.seconds)];
    const xaxis = { ...base.layout.xaxis, ...axis(from, to), range: [from * 1000, to * 1000] };
    const layout = { ...base.layout, xaxis, barmode: names.length > 1 ? "group" : "stack" };
    if (names.length > 1 && !asLines) for (const each of data) /** @type {any} */ (each).width = undefined;
    const looks = JSON.stringify([data, marks, xaxis, layout.barmode]);
    if (looks === view.drawn || !t.drawPlot("explore-chart", t.localised({ data: [...data, flag], layout }))) return;
    view.drawn = looks;
    const graph = /** @type {any} */ (
      document.querySelector("#explore-chart .js-plotly-plot, #explore-chart.js-plotly-plot")
    );
    if (graph.dataset.zooms) return;
    graph.dataset.zooms = "1";
    graph.on("plotly_relayout", (/** @type {Record<string, any>} */ moved) => {
      /** @param {any} end */
      const seconds = (end) => (typeof end === "number" ? end : Date.parse(`${String(end).replace(" ", "T")}Z`)) / 1000;
      const [from, to] = [moved["xaxis.range[0]"], moved["xaxis.range[1]"]];
      if (from !== undefined && to !== undefined) t.explore.range(seconds(from), seconds(to));
      else if (moved["xaxis.autorange"]) t.explore.go({ from: null, to: null });
    });
  }

  /** @param {Explored} view @param {string} name */
  function unit(view, name) {
    const found = view.window.figures.find((each) => each.name === name);
    return found && found.unit ? ` (${t.visible(found.unit)})` : "";
  }

  /** At most about seven ticks at round times, with the day where it changes. @param {number} from @param {number} to */
  function axis(from, to) {
    const DAY = 86_400;
    const most = window.innerWidth < 640 ? 3 : 7;
    const steps = [
      1,
      2,
      5,
      10,
      15,
      30,
      60,
      120,
      300,
      600,
      900,
      1800,
      3600,
      7200,
      10_800,
      21_600,
      43_200,
      DAY,
      2 * DAY,
      7 * DAY,
      14 * DAY,
      30 * DAY,
      91 * DAY,
      365 * DAY,
    ];
    const step = steps.find((each) => (to - from) / each <= most) || (to - from) / most;
    /** @type {number[]} */
    const values = [];
    for (let at = Math.ceil(from / step) * step; at <= to; at += step) values.push(at);
    const texts = values.map((at, i) => {
      if (step >= DAY) return format.shortDay(new Date(at * 1000).toISOString().slice(0, 10));
      const clock = step < 60 ? t.secondTime(at) : t.minuteTime(at);
      return i === 0 || t.date(at) !== t.date(values[i - 1]) ? t.minuteOf(at) : clock;
    });
    return { tickangle: 0, tickvals: values.map((at) => at * 1000), ticktext: texts };
  }

  /** @param {Map<string, unknown>} found @param {boolean} late @param {boolean} open */
  function legend(found, late, open) {
    const keys = [...found.keys()].map((name, i) =>
      element("span", name, { class: "key", style: `--key: ${i < TOP ? COLOURS[i] : REST}` }),
    );
    if (late) keys.push(element("span", `▲ ${t.say("late events")}`, { class: "late-key" }));
    if (open) keys.push(element("span", t.say("pale: not final"), {}));
    const place = byId("explore-legend");
    const text = keys.map((key) => key.outerHTML).join("");
    if (place.dataset.shown === text) return;
    place.dataset.shown = text;
    place.replaceChildren(...keys);
  }

  /** A value in the reader's signs; what is text stays as it is. @param {unknown} value */
  function shown(value) {
    if (value === null || value === undefined) return "–";
    if (typeof value === "number")
      return Number.isInteger(value)
        ? format.count(value)
        : String(Number(value.toPrecision(6))).replace(".", t.signs.point);
    const decimal = /^(-?)(\d+)\.(\d+)$/.exec(String(value));
    // Its digits are never rounded.
    return decimal ? `${decimal[1]}${format.count(decimal[2])}${t.signs.point}${decimal[3]}` : t.visible(value);
  }

  Object.assign(t, { exploreChart, exploredRow: { column, keyText, shown } });
})();
