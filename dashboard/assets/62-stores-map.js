/* The map of the page Stores: places in equal scale, coloured by deviation, as large as revenue. */
(function () {
  "use strict";
  const t = window.tillstream;
  const { byId } = t;
  const KM_PER_DEGREE = 111.32;
  const SMALLEST = 7;
  const LARGEST = 20;
  //: Of the plot's margins (stores_map of pages/plots.py), px.
  const EDGE = 8;
  //: Room of a region's name, px: of a sign and of a line; and how far it stands from its stores.
  const SIGN_WIDTH = 8;
  const LINE_HEIGHT = 18;
  const LABEL_SHIFTS = [22, 40];
  //: As far from the middle of all as stores may be to be shown together in any case, degrees.
  const NEAR_DEGREES = 10;
  //: Distances that a scale shows, km.
  const SCALES = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000];
  /** Blue and orange, which everybody tells apart; and a shape for who sees no colour. */
  const KINDS = {
    "far-below": { color: "#d9540b", symbol: "triangle-down" },
    below: { color: "#eda35a", symbol: "triangle-down" },
    near: { color: "#8b94a1", symbol: "circle" },
    above: { color: "#6fb0e8", symbol: "triangle-up" },
    "far-above": { color: "#1f6fc4", symbol: "triangle-up" },
    unknown: { color: "#8b94a1", symbol: "circle-open" },
    zero: { color: "#d6336c", symbol: "x" },
  };
  /** @type {any} */
  let clickable = null;

  /** @param {StoreStanding} store @returns {keyof typeof KINDS} */
  function kind({ state, part }) {
    if (state === "zero") return "zero";
    if (part === null) return "unknown";
    if (part <= -0.2) return "far-below";
    if (part <= -0.05) return "below";
    if (part < 0.05) return "near";
    return part < 0.2 ? "above" : "far-above";
  }

  /** @param {StoreStanding} store */
  function told(store) {
    const lines = [
      t.plotName(store.title),
      ...(store.region ? [t.plotName(store.region)] : []),
      t.format.money(t.amount(store.gross)),
    ];
    if (store.deviation !== null) {
      const part = store.part === null ? "" : ` (${store.part > 0 ? "+" : ""}${t.format.percent(store.part)})`;
      lines.push(`${t.stores.signed(store.deviation)}${part} ${t.say("until")} ${store.until}`);
    }
    lines.push(store.stateText);
    return lines.join("<br>");
  }

  /** @param {number[]} values @param {number} part */
  const quantile = (values, part) => [...values].sort((a, b) => a - b)[Math.floor(part * (values.length - 1))];

  /* A few stores overseas would make all others a dot: the map is of those that are together. */
  /** @param {StoreStanding[]} placed */
  function together(placed) {
    /** @param {(store: StoreStanding) => number} place */
    const middle = (place) => quantile(placed.map(place), 0.5);
    const [latitude, longitude] = [middle((each) => Number(each.latitude)), middle((each) => Number(each.longitude))];
    /** @param {StoreStanding} store */
    const off = (store) => Math.hypot(Number(store.latitude) - latitude, Number(store.longitude) - longitude);
    const reach = Math.max(NEAR_DEGREES, 3 * quantile(placed.map(off), 0.75));
    return placed.filter((store) => off(store) <= reach);
  }

  /** @param {StoreStanding[]} rows */
  function map(rows) {
    const known = rows.filter(({ latitude }) => latitude !== null);
    const placed = known.length ? together(known) : [];
    const card = byId("stores-map-drawing").closest(".card");
    card.dataset.placed = String(placed.length > 0);
    const without = rows.length - known.length;
    const far = known.filter((store) => !placed.includes(store));
    const said = [
      far.length &&
        `${t.stores.many(far.length, "store is far off: choose its region", "stores are far off: choose their region")} (${[...new Set(far.map(({ region, title }) => t.visible(region || title)))].join(", ")})`,
      without && t.stores.many(without, "store has no place", "stores have no place"),
    ];
    t.setText("stores-map-until", said.filter(Boolean).join(" · "));
    if (!placed.length) return;
    const middle = placed.reduce((sum, each) => sum + Number(each.latitude), 0) / placed.length;
    const narrowing = Math.cos((middle * Math.PI) / 180);
    /** @param {StoreStanding} store */
    const x = (store) => Number(store.longitude) * narrowing;
    /** @param {StoreStanding} store */
    const y = (store) => Number(store.latitude);
    const most = Math.max(1, ...placed.map(({ gross }) => gross));
    const data = Object.entries(KINDS).map(([name, marker]) => {
      const some = placed.filter((store) => kind(store) === name);
      const size = some.map(({ gross }) => SMALLEST + (LARGEST - SMALLEST) * Math.sqrt(Math.max(0, gross) / most));
      return {
        ...{ type: "scatter", mode: "markers", name, x: some.map(x), y: some.map(y), text: some.map(told) },
        customdata: some.map(({ store }) => store),
        hovertemplate: "%{text}<extra></extra>",
        marker: { ...marker, size, opacity: 0.88, line: { width: 1, color: "rgba(20, 24, 31, 0.55)" } },
      };
    });
    const [left, right] = bounds(placed.map(x));
    const [low, high] = bounds(placed.map(y));
    const seen = view([left, right], [low, high]);
    const { looks: beneath, ...ground } = t.stores.outlines(seen, narrowing);
    const outlines = { type: "scatter", mode: "lines", hoverinfo: "skip", line: { width: 1, color: "#8b94a1" } };
    const { layout } = t.basePlot("stores-map");
    const across = (right - left) * KM_PER_DEGREE;
    const km = [...SCALES].reverse().find((each) => each <= across / 4) || SCALES[0];
    const length = km / KM_PER_DEGREE;
    const figure = {
      data,
      layout: {
        ...layout,
        xaxis: { ...layout.xaxis, range: [left, right] },
        yaxis: { ...layout.yaxis, range: [low, high] },
        shapes: [{ type: "line", x0: left, x1: left + length, y0: low, y1: low, line: { width: 2, color: "#8b94a1" } }],
        annotations: [
          { ...label(`${t.format.count(km)} km`, left + length / 2, low), yshift: 10 },
          ...regions(placed, x, y, seen),
        ],
      },
    };
    const looks = JSON.stringify([figure, beneath]);
    t.online.plot("stores-map", { ...figure, data: [{ ...outlines, ...ground }, ...data], looks });
    opens();
  }

  /** With a margin; a single place has some ground around it. @param {number[]} values */
  function bounds(values) {
    const [least, most] = [Math.min(...values), Math.max(...values)];
    const margin = Math.max(0.02, (most - least) * 0.08);
    return [least - margin, most + margin];
  }

  /** @param {string} text @param {number} x @param {number} y */
  const label = (text, x, y) => ({ text, x, y, showarrow: false, font: { size: 12 } });

  /** What is seen of ranges in equal scale: more than they hold on one of the axes. @param {number[]} across @param {number[]} up @returns {MapView} */
  function view([left, right], [low, high]) {
    const place = byId("stores-map");
    const [width, height] = [place.clientWidth, place.clientHeight].map((size) => Math.max(50, size - 2 * EDGE));
    const pixel = Math.max((right - left) / width, (high - low) / height);
    const [x, y] = [(left + right) / 2, (low + high) / 2];
    const [wide, tall] = [(pixel * width) / 2, (pixel * height) / 2];
    return { left: x - wide, right: x + wide, low: y - tall, high: y + tall, pixel };
  }

  /* Each region's name above the stores of it, or below where others' names are; without room none. */
  /** @param {StoreStanding[]} placed @param {(store: StoreStanding) => number} x @param {(store: StoreStanding) => number} y @param {MapView} seen */
  function regions(placed, x, y, { left, right, low, high, pixel }) {
    const names = [...new Set(placed.map(({ region }) => region))].filter(Boolean);
    const all = names.map((region) => ({ region, own: placed.filter((store) => store.region === region) }));
    /** Of a name's middle, px from the lower left corner. @type {{ x: number, y: number, width: number }[]} */
    const taken = [];
    return all
      .sort((a, b) => b.own.length - a.own.length)
      .flatMap(({ region, own }) => {
        const text = t.plotName(region);
        const width = text.length * SIGN_WIDTH;
        const middle = own.reduce((sum, store) => sum + x(store), 0) / own.length;
        const across = Math.min(Math.max((middle - left) / pixel, width / 2), (right - left) / pixel - width / 2);
        const [top, bottom] = [Math.max(...own.map(y)), Math.min(...own.map(y))];
        const spots = [
          ...LABEL_SHIFTS.map((shift) => (top - low) / pixel + shift),
          ...LABEL_SHIFTS.map((shift) => (bottom - low) / pixel - shift),
        ];
        const free = spots.find(
          (up) =>
            up > 2 * LINE_HEIGHT && // the scale stands there
            up < (high - low) / pixel - LINE_HEIGHT / 2 &&
            taken.every(
              (each) => Math.abs(each.x - across) >= (each.width + width) / 2 || Math.abs(each.y - up) >= LINE_HEIGHT,
            ),
        );
        if (free === undefined) return [];
        taken.push({ x: across, y: free, width });
        return [label(`<b>${text}</b>`, left + across * pixel, low + free * pixel)];
      });
  }

  /* A click on a store opens its page. */
  function opens() {
    const graph = document.querySelector("#stores-map .js-plotly-plot, #stores-map.js-plotly-plot");
    if (!graph || clickable === graph) return;
    clickable = graph;
    clickable.on("plotly_click", (/** @type {any} */ { points }) => {
      location.assign(t.stores.link(points[0].customdata));
    });
  }

  Object.assign(t, { stores: { ...t.stores, map } });
})();
