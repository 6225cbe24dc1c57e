/* Coasts and borders beneath the map of the page Stores, fetched once and only there. */
(function () {
  "use strict";
  const t = window.tillstream;
  //: So much more than is seen is drawn, as a part of it.
  const MARGIN = 0.1;
  const ANSWER_MS = 20_000;
  /** Longitudes and latitudes of a line's points. @typedef {{ x: number[], y: number[] }} Line */
  /** @type {Line[]} */
  let lines = [];
  let asked = false;
  let drawn = "";
  /** @type {{ x: (number | null)[], y: (number | null)[] }} */
  let clipped = { x: [], y: [] };

  /** Hundredths of a degree, each the step from the last (script/outlines.py). @param {number[]} steps @returns {Line} */
  function line(steps) {
    /** @type {Line} */
    const found = { x: [], y: [] };
    let [x, y] = [0, 0];
    for (let place = 0; place < steps.length; place += 2) {
      x += steps[place];
      y += steps[place + 1];
      found.x.push(x / 100);
      found.y.push(y / 100);
    }
    return found;
  }

  /* Without them the map is one of places alone; the next visit asks again. */
  async function ask() {
    asked = true;
    try {
      const response = await fetch(`${t.prefix}assets/outlines.json`, { signal: AbortSignal.timeout(ANSWER_MS) });
      if (response.ok) lines = (await response.json()).map(line);
    } catch (error) {
      console.info("no outlines", error);
    }
  }

  /** What of the lines lies in a view, as one trace's columns with a gap after each part. @type {Tillstream["stores"]["outlines"]} */
  function outlines({ left, right, low, high, pixel }, narrowing) {
    if (!asked) ask();
    const looks = JSON.stringify([lines.length, left, right, low, high, narrowing]);
    if (looks === drawn) return { ...clipped, looks };
    drawn = looks;
    clipped = { x: [], y: [] };
    const [wide, tall] = [(right - left) * MARGIN, (high - low) * MARGIN];
    const [west, east] = [(left - wide) / narrowing, (right + wide) / narrowing];
    const [south, north] = [low - tall, high + tall];
    for (const { x, y } of lines) {
      /** Whether a step from the last point may be seen. @param {number} at */
      const seen = (at) =>
        at > 0 &&
        at < x.length &&
        Math.max(x[at - 1], x[at]) >= west &&
        Math.min(x[at - 1], x[at]) <= east &&
        Math.max(y[at - 1], y[at]) >= south &&
        Math.min(y[at - 1], y[at]) <= north;
      let last = -1;
      for (let at = 0; at < x.length; at += 1) {
        const [before, after] = [seen(at), seen(at + 1)];
        if (!before && !after) continue;
        // A step of less than a pixel is none.
        if (before && after && Math.hypot((x[at] - x[last]) * narrowing, y[at] - y[last]) < pixel) continue;
        last = at;
        clipped.x.push(x[at] * narrowing);
        clipped.y.push(y[at]);
        if (!after) {
          clipped.x.push(null);
          clipped.y.push(null);
        }
      }
    }
    return { ...clipped, looks };
  }

  Object.assign(t, { stores: { ...t.stores, outlines } });
})();
