/* The page of a store: its plots from the archive's minutes, and how fresh everything on it is. */
(function () {
  "use strict";
  const t = window.tillstream;
  const { format } = t;
  //: The page asks the archive every 5 s; older figures are stale, seconds.
  const LATE_SECONDS = 12;
  const ASK_MS = 500;
  const ANSWER_MS = 12_000;
  /** @type {Part} */
  let part;
  let asking = false;
  let askAt = 0;

  const money = format.cents;
  const page = () => t.byId("store-page");

  /* True once every plot is there. */
  function draw() {
    const minutes = t.windowMinutes();
    const end = part.read_at;
    const shown = part.minutes.filter((p) => minutes === null || p[0] > end - 60 * minutes);
    const first = shown.length ? shown[0][0] : end - 3600;
    const x = shown.map((p) => p[0] * 1000);
    const gross = shown.map((p) => p[1] / 100);
    const sold = [];
    for (let i = 1; i < shown.length; i += 1) sold.push([shown[i][0], shown[i][2] - shown[i - 1][2]]);
    // Of the whole day the first minute begins at nothing.
    if (shown.length && minutes === null) sold.unshift([shown[0][0], shown[0][2]]);
    const rate = {
      x: sold.map((p) => p[0] * 1000),
      y: sold.map((p) => p[1]),
      text: sold.map((p) => `${t.minuteTime(p[0])}  ${format.count(p[1])}`),
    };
    const revenueText = shown.map((p) => `${t.minuteTime(p[0])}  ${money(p[1])}`);
    const hours = t.hoursFigure("store-hours-plot", part, part.panels.hours, part.panels["last-week"]);
    for (const id of ["store-revenue-plot", "store-bars", "store-rate", "store-hours-plot"]) {
      t.byId(`${id}-until`).textContent = `${t.say("to")} ${t.minuteOf(end)}`;
    }
    const revenue = { x, y: gross, text: revenueText };
    return [
      t.drawPlot("store-revenue-plot", t.overTime("store-revenue-plot", [revenue, t.ground(revenue)], first, end)),
      t.drawPlot("store-rate", t.overTime("store-rate", [rate, t.ground(rate)], first, end, t.wholeSteps(rate.y))),
      t.drawPlot("store-hours-plot", hours),
      t.drawPlot("store-bars", t.namedBars("store-bars", part.bars || [])),
    ].every(Boolean);
  }

  async function ask() {
    const here = page();
    if (!here || asking || document.hidden || t.paused() || !t.zone() || Date.now() < askAt) return;
    asking = true;
    askAt = Date.now() + 2000;
    try {
      const query = new URLSearchParams({ store: here.dataset.store, category: t.address("category") });
      const response = await fetch(`${t.prefix}part?${query}`, { signal: AbortSignal.timeout(ANSWER_MS) });
      if (response.ok) {
        part = await response.json();
        if (draw()) askAt = Date.now() + Math.max(2, part.ask_again) * 1000;
      }
    } catch (error) {
      console.info("no answer", error);
    } finally {
      asking = false;
    }
  }

  /* As stale as what fills the archive, or as the answer itself. */
  /** @type {NonNullable<Tillstream["storeFigures"]>} */
  function fresh(put, frame, stateOf) {
    if (!page()) return;
    /** @type {HTMLElement | null} */
    const told = document.querySelector("#body [data-read]");
    if (!told) return;
    const read = Number(told.dataset.read);
    const feed = stateOf("metrics-db");
    const late = frame.at - read > LATE_SECONDS;
    const state = feed === "live" && late ? "stale" : feed;
    const since = feed === "stale" ? Math.min(read, frame.feeds["metrics-db"][1] || read) : read;
    put("store-page", { "data-state": state });
    put("store-fresh", {
      children:
        state === "live"
          ? `${t.say("to")} ${t.secondOf(read)}`
          : state === "stale"
            ? `${t.say("stale since")} ${t.secondOf(since)}`
            : t.say("waiting for data"),
    });
  }

  Object.assign(t, { storeFigures: fresh });
  setInterval(ask, ASK_MS);
})();
