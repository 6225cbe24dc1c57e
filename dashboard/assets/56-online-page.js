/* The page Online: tiles, revenue over time, the funnel and the tables, of the hour or the day. */
(function () {
  "use strict";
  const t = window.tillstream;
  const { byId, format, cell, name, online } = t;
  const { view } = online;
  const DRAW_MS = 250;
  const CREDIT = 1_000_000;
  const MODELS = ["first_touch", "last_touch", "last_non_direct", "linear", "time_decay", "position_based"];
  const REST = "*";

  const model = () => Math.max(0, MODELS.indexOf(t.address("model")));
  /** @param {unknown} value */
  const count = (value) => (value === null ? "–" : format.count(value));
  /** @param {unknown} value */
  const money = (value) => (value === null || value === undefined ? "–" : format.money(String(value)));

  /** Credits in millionths as purchases: 2 or 2.33. @param {number} credits */
  function purchases(credits) {
    if (credits % CREDIT === 0) return format.count(credits / CREDIT);
    const digits = String(credits).padStart(7, "0");
    return format.decimal(`${digits.slice(0, -6)}.${digits.slice(-6)}`);
  }

  /** Rows of a key and a count with their share; what has no key is said. @param {string} none */
  const shares =
    (none) =>
    (/** @type {Row} */ [key, number], /** @type {Row[]} */ rows) =>
      t.shareCells(label(key, none), number, rows, format.count);

  /** @param {string | null} key @param {string} none */
  function label(key, none) {
    if (key === null) return t.element("span", t.say(none), { class: "unknown" });
    return key === REST ? t.say("Other") : t.visible(key);
  }

  /** @param {number} start @param {number} end */
  const between = (start, end) => `${t.minuteOf(start)}–${t.minuteTime(end)}`;

  /** Of the chosen model, the largest first, what has no click last: source, credits. */
  function sources() {
    const rows = view.panels.sources;
    if (!rows) return undefined;
    const own = rows.map((row) => [row[0], row[1 + model()]]).filter(([, credits]) => credits);
    /** @param {Row} row */
    const last = ([key]) => (key === null ? 2 : key === REST ? 1 : 0);
    return own.sort((a, b) => last(a) - last(b) || b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  }

  function tiles() {
    const rows = new Map((view.panels.total || []).map((row) => [row[0], row.slice(1)]));
    const other = view.range === "hour" ? "day" : "hour";
    const shown = rows.get(view.range) || [];
    const beside = rows.get(other) || [];
    const { state } = online.card("revenue");
    const failed = online.card("fail_count").state;
    const about = t.say(other === "day" ? "today" : "last hour");
    /** @type {[string, (value: unknown) => string, string][]} */
    const figures = [
      ["revenue", money, state],
      ["profit", money, state],
      ["quantity", count, state],
      ["purchases", count, state],
      ["failed", count, failed],
    ];
    figures.forEach(([id, write, own], place) => {
      const value = shown[place] ?? null;
      const note = value === null ? "" : `${about} ${write(beside[place] ?? null)}`;
      online.figure(`online-${id}`, value, write(value), own, note);
    });
    const unknown = shown[5]
      ? `${count(shown[5])} ${t.say("purchases are not in these sums yet: their product is not known")}`
      : "";
    t.setText("online-message", unknown);
    const best = (sources() || []).find(([key]) => key !== null && key !== REST);
    const note = best ? `${purchases(best[1])} ${t.say("purchases")}` : t.say("none lately");
    online.figure(
      "online-best",
      best ? best[0] : null,
      best ? t.visible(best[0]) : "",
      online.card("source_credits").state,
      note,
    );
  }

  function revenue() {
    const { answer, range } = view;
    if (!answer) return;
    const [first, end] = answer[range];
    const { state, text } = online.card("revenue");
    byId("online-revenue-plot-drawing").dataset.state = state;
    const step = t.say(range === "hour" ? "by minute" : "by hour");
    t.setText("online-revenue-plot-until", [`${step}, ${between(first, end)}`, text].filter(Boolean).join(" · "));
    const points = view.panels[range === "hour" ? "minutes" : "hours"] || [];
    const x = points.map(([start]) => 1000 * start);
    /** @param {Row} row @param {number} place */
    const told = (row, place) => `${t.minuteTime(row[0])}  ${money(row[place])}`;
    const bars = {
      x,
      y: points.map((row) => Number(row[1])),
      text: points.map((row) => `${told(row, 1)}, ${count(row[4])} ×`),
    };
    const line = { x, y: points.map((row) => Number(row[2])), text: points.map((row) => told(row, 2)) };
    const half = range === "hour" ? 30 : 1800;
    online.plot("online-revenue-plot", t.overTime("online-revenue-plot", [bars, line], first - half, end - half));
  }

  function funnel() {
    const row = (view.panels.funnel || []).find(([range]) => range === view.range);
    const steps = ["View", "Cart", "Purchase"].map((step, place) => [
      step,
      row ? row[place + 1] : 0,
      row ? row[place] : 0,
    ]);
    online.table("online-funnel", row && steps, ([step, number, before]) => {
      const part = step !== "View" && before > 0 ? format.percent(number / before) : "";
      return [name(t.say(step)), cell(count(number), "number"), cell(part, "number")];
    });
  }

  function tables() {
    const { panels } = view;
    online.table("online-sources", sources(), ([key, credits], rows) =>
      t.shareCells(label(key, "no click found"), credits, rows, purchases),
    );
    online.table("online-categories", panels.categories, shares("product not known yet"));
    online.table("online-failures", panels.failures, shares("no reason given"));
    online.table("online-gender", panels.gender, shares("customer not known yet"));
    /** @param {string} window @param {number} seconds */
    const begun = (window, seconds) => {
      const [row] = panels[window] || [];
      return row ? between(row[0], row[0] + seconds) : "";
    };
    const customers = (panels.customer_analysis || [])[0];
    online.table(
      "online-customers",
      panels.customer_analysis,
      ([, gender, number, last]) => [
        name(label(gender, "not known")),
        cell(count(number), "number"),
        cell(last === null ? "–" : t.secondOf(last), "number"),
      ],
      customers ? t.minuteOf(customers[0]) : "",
    );
    online.table(
      "online-products",
      panels.sales_analysis,
      ([, product, sales, pieces, buyers]) => [
        name(label(product, "not known")),
        ...[sales, pieces, buyers].map((number) => cell(count(number), "number")),
      ],
      begun("sales_analysis", 3600),
    );
    online.table(
      "online-stock",
      panels.product_analysis,
      ([, category, price, stock]) => [
        name(label(category, "not known")),
        cell(money(price), "number"),
        cell(count(stock), "number"),
      ],
      begun("product_analysis", 3600),
    );
  }

  function buttons() {
    for (const button of /** @type {NodeListOf<HTMLElement>} */ (
      document.querySelectorAll("[data-range], [data-model]")
    )) {
      const { range, model: own } = button.dataset;
      const pressed = range ? range === (t.address("range") || "hour") : own === MODELS[model()];
      button.setAttribute("aria-pressed", String(pressed));
    }
  }

  function draw() {
    if (!byId("online-page") || !t.zone()) return;
    online.showStanding("revenue");
    if (!view.answer || t.paused()) {
      if (t.paused())
        for (const held of document.querySelectorAll("#online-page [data-state=live]"))
          /** @type {HTMLElement} */ (held).dataset.state = "stale";
      return;
    }
    tiles();
    revenue();
    funnel();
    tables();
  }

  document.addEventListener("click", (event) => {
    const button =
      event.target instanceof Element && event.target.closest("#online-page [data-range], #online-page [data-model]");
    if (!(button instanceof HTMLElement)) return;
    if (button.dataset.range) t.keep("range", button.dataset.range, "hour");
    else t.keep("model", button.dataset.model || "", MODELS[0]);
    buttons();
    draw();
  });

  setInterval(draw, DRAW_MS);
  const starting = setInterval(() => {
    if (!byId("online-page")) return;
    clearInterval(starting);
    buttons();
  }, 50);
})();
