/* When a plot is drawn: one a task, only while it is in sight, and only if it would look different. */
(function () {
  "use strict";
  const t = window.tillstream;
  //: From one plot to the next, so that the browser has its frames between them, ms.
  const PAUSE_MS = 90;
  //: Of a plot's type on most pages, px.
  const USUAL_TYPE = 12;
  const seen = new WeakSet();
  const pictures = new WeakMap();
  /** @type {Frame | null} */
  let frame = null;
  /** @type {string[]} */
  let waiting = [];
  /** @type {number | null} */
  let timer = null;

  const sight = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) seen.add(target);
      else seen.delete(target);
    }
    if (frame) drawPlots(frame);
  });

  /* Draw what is in sight from `newest`, a plot a task; what still waits is drawn from it too. */
  /** @type {Tillstream["drawPlots"]} */
  function drawPlots(newest) {
    frame = newest;
    waiting = [...new Set([...waiting, ...Object.keys(t.plots)])];
    if (!timer) timer = setTimeout(next, 0);
  }

  function next() {
    timer = null;
    while (waiting.length && !draw(waiting.shift() || ""));
    if (waiting.length) timer = setTimeout(next, PAUSE_MS);
  }

  /* Straight to Plotly: by way of Dash's store a figure costs as much again. True if it was drawn. */
  /** @type {(id: string) => boolean} */
  function draw(id) {
    const place = t.byId(`${id}-frame`);
    const graph = place && place.querySelector(".js-plotly-plot");
    if (!graph || !frame || document.hidden) return false;
    if (!pictures.has(place)) {
      sight.observe(place);
      // The first time also out of sight, so that it has its place and its name.
      seen.add(place);
    }
    if (!seen.has(place)) return false;
    const { data, layout, looks } = t.plots[id](frame);
    const size = t.plotType();
    // A phone that is turned has room for other ticks.
    const picture = `${looks} ${size} ${innerWidth < 640}`;
    if (pictures.get(place) === picture) return false;
    pictures.set(place, picture);
    layout.font = { ...layout.font, size };
    if (size !== USUAL_TYPE) {
      layout.margin = scaled(layout.margin, size / USUAL_TYPE);
      // Below the zero of the other axis, which reaches half a line down.
      layout.xaxis = { ...layout.xaxis, ticklabelstandoff: size / 2 };
    }
    window.Plotly.react(graph, data, layout, graph._context);
    return true;
  }

  /** The room that labels have, for larger ones. @param {Record<string, number>} margin @param {number} by */
  const scaled = (margin, by) => Object.fromEntries(Object.entries(margin).map(([side, px]) => [side, px * by]));

  /* Draw a plot of a page that decides itself when; false where it is not there yet. */
  /** @type {Tillstream["drawPlot"]} */
  function drawPlot(id, { data, layout }) {
    /** @type {any} */
    const graph = document.querySelector(`#${id} .js-plotly-plot, #${id}.js-plotly-plot`);
    if (!graph || document.hidden) return false;
    window.Plotly.react(graph, data, layout, graph._context);
    return true;
  }

  Object.assign(t, /** @satisfies {Partial<Tillstream>} */ ({ drawPlots, drawPlot }));
})();
