/* The page Tills and shop: the frames' figures of the tills beside those of the online shop. */
(function () {
  "use strict";
  const t = window.tillstream;
  const { byId, format, cell, name, online } = t;
  const { view } = online;
  const DRAW_MS = 250;

  /** Stale if either is. @param {string[]} states */
  const worst = (...states) => ["waiting", "stale", "live"].find((state) => states.includes(state)) || "waiting";

  /* Hour of the wall clock, revenue of the tills and of the shop as exact text; null where there is none. */
  /** @param {number} starts */
  function hours(starts) {
    /** @type {Map<string, [string | null, string | null]>} */
    const found = new Map();
    for (const [hour, cents] of t.panel("hours") || []) found.set(hour, [t.amount(cents), null]);
    for (const [start, revenue] of view.panels.hours || []) {
      const hour = t.minuteTime(start).slice(0, 2);
      const [tills, before] = found.get(hour) || [null, null];
      found.set(hour, [tills, before === null ? String(revenue) : online.sum([before, String(revenue)])]);
    }
    // From the hour at which the business day began; those between two that sold stand as well.
    const cutoff = Number(t.minuteTime(starts).slice(0, 2));
    const after = [...found.keys()].map((hour) => (Number(hour) - cutoff + 24) % 24);
    const every = [];
    for (let place = Math.min(...after); place <= Math.max(...after); place += 1) {
      const hour = String((place + cutoff) % 24).padStart(2, "0");
      every.push([hour, ...(found.get(hour) || [null, null])]);
    }
    return every;
  }

  /** @param {Frame} frame @param {string} tillState */
  function tiles(frame, tillState) {
    const row = (view.panels.total || []).find(([range]) => range === "day") || [];
    const tills = frame.values.revenue;
    const shop = row[1] === null || row[1] === undefined ? null : String(row[1]);
    const shopState = online.card("revenue").state;
    const both = tills === null || shop === null ? null : online.sum([tills, shop]);
    const part = both !== null && Number(both) > 0 ? Number(shop) / Number(both) : null;
    const state = worst(tillState, shopState);
    /** @param {number | null} value */
    const percent = (value) => (value === null ? "" : format.percent(value));
    online.figure("channels-both", both, both === null ? "" : format.money(both), state, t.say("gross"));
    online.figure(
      "channels-tills",
      tills,
      tills === null ? "" : format.money(tills),
      tillState,
      part === null ? "" : percent(1 - part),
    );
    online.figure("channels-shop", shop, shop === null ? "" : format.money(shop), shopState, percent(part));
    const { receipts } = frame.values;
    online.figure(
      "channels-receipts",
      receipts,
      receipts === null ? "" : format.count(receipts),
      tillState,
      t.say("Tills"),
    );
    const purchases = row[4] ?? null;
    online.figure(
      "channels-purchases",
      purchases,
      purchases === null ? "" : format.count(purchases),
      shopState,
      t.say("Online shop"),
    );
    online.figure(
      "channels-part",
      part === null ? null : part.toFixed(4),
      percent(part),
      state,
      t.say("of today's revenue"),
    );
  }

  /** @param {Row[]} rows @param {string} state */
  function plot(rows, state) {
    byId("channels-plot-drawing").dataset.state = state;
    const { data, layout } = t.basePlot("channels-plot");
    const x = rows.map(([hour]) => hour);
    const traces = data.map((trace, place) => ({
      ...trace,
      x,
      y: rows.map((row) => (row[1 + place] === null ? null : Number(row[1 + place]))),
      text: rows.map((row) => (row[1 + place] === null ? "" : `${row[0]}:00  ${format.money(row[1 + place])}`)),
    }));
    online.plot("channels-plot", { data: traces, layout, looks: JSON.stringify(rows) });
  }

  function tables(/** @type {Row[]} */ rows, /** @type {string} */ tillState) {
    const sold = rows.filter(([, tills, shop]) => tills !== null || shop !== null);
    online.table("channels-hours", sold, ([hour, tills, shop]) => {
      const known = [tills, shop].filter((text) => text !== null);
      return [
        name(`${hour}:00`),
        ...[tills, shop].map((text) => cell(text === null ? "–" : format.money(text), "number")),
        cell(format.money(online.sum(known)), "number"),
      ];
    });
    const ours = byId("channels-till-categories");
    const bars = t.bars().map(([category, revenue]) => [category, revenue]);
    online.table("channels-till-categories", bars, ([category, revenue], all) => {
      const amounts = all.map(([each, amount]) => [each, Number(amount)]);
      return t.shareCells(t.visible(category), Number(revenue), amounts, () => format.money(revenue));
    });
    ours.dataset.state = tillState;
    const frame = t.frame();
    const [word, at] =
      tillState === "live"
        ? [t.say("complete until"), frame && frame.complete_until]
        : [t.say("stale since"), frame && frame.feeds.categories[1]];
    t.setText("channels-till-categories-until", at ? `${word} ${t.minuteOf(at)}` : "");
    online.table("channels-shop-categories", view.panels.categories, ([category, number], all) =>
      t.shareCells(
        category === null
          ? t.element("span", t.say("product not known yet"), { class: "unknown" })
          : category === "*"
            ? t.say("Other")
            : t.visible(category),
        number,
        all,
        format.count,
      ),
    );
  }

  function draw() {
    if (!byId("channels-page") || !t.zone()) return;
    online.showStanding("revenue");
    const frame = t.frame();
    if (!frame || !view.answer || t.paused()) {
      if (t.paused())
        for (const held of document.querySelectorAll("#channels-page [data-state=live]"))
          /** @type {HTMLElement} */ (held).dataset.state = "stale";
      return;
    }
    const tillState = frame.feeds.count[0];
    const rows = hours(frame.starts);
    tiles(frame, tillState);
    plot(rows, worst(tillState, online.card("revenue").state));
    tables(rows, tillState);
  }

  setInterval(draw, DRAW_MS);
})();
