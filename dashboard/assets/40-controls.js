/* The controls of the header: time window in the address, pause and resume, CSV of what is shown. */
(function () {
  "use strict";
  const t = window.tillstream;
  /** Minutes of each window; a link shows the same view. @type {Record<string, number>} */
  const WINDOWS = { "15m": 15, "1h": 60, "6h": 360 };
  const address = () => new URLSearchParams(location.search);

  t.address = (name) => address().get(name) || "";
  /* Null is the whole day. */
  t.windowMinutes = () => WINDOWS[t.address("window")] || null;

  /** @type {Tillstream["keep"]} */
  function keep(name, value, usual) {
    const query = address();
    if (value === usual) query.delete(name);
    else query.set(name, value);
    const text = query.toString();
    history.replaceState(history.state, "", location.pathname + (text ? `?${text}` : ""));
  }

  /* eslint no-control-regex: off -- a spreadsheet skips U+0000 */
  /** Of a text that a spreadsheet would take for a formula, the sign is quoted. @param {unknown} value */
  function field(value) {
    const text = String(value === null || value === undefined ? "" : value);
    // White space before it, and its full-width twin, make no difference to the spreadsheet.
    const safe = /^[\s\u0000]*[=+@＝＋＠－\t\r\n]|^-(?![\d.]+$)/.test(text) ? `'${text}` : text;
    return /[",;\n\r]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe;
  }

  /** @type {Tillstream["csv"]} */
  const csv = (rows) => rows.map((row) => row.map(field).join(",")).join("\r\n") + "\r\n";

  /* Every figure and table on the page, exact: the same values as its `data-value`. */
  function shownRows() {
    /** @type {unknown[][]} */
    const rows = [["part", "name", "value"]];
    for (const name of ["store", "category"]) if (t.address(name)) rows.push(["filter", name, t.address(name)]);
    for (const figure of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(".figure"))) {
      rows.push(["figure", figure.id, figure.dataset.value]);
    }
    const categories = t.byId("categories");
    const byName = JSON.parse((categories && categories.dataset.value) || "{}");
    for (const [name, revenue] of Object.entries(byName)) rows.push(["category", name, revenue]);
    for (const table of document.querySelectorAll("table.rows")) {
      for (const line of table.querySelectorAll("tbody tr")) {
        const cells = [.../** @type {any} */ (line.children)].map((cell) => cell.innerText.trim());
        rows.push([table.id || "workers", ...cells]);
      }
    }
    return rows;
  }

  function save() {
    const day = (t.byId("data-time-long") || { dataset: {} }).dataset.value;
    const link = document.createElement("a");
    link.href = `data:text/csv;charset=utf-8,${encodeURIComponent(`\ufeff${csv(shownRows())}`)}`;
    link.download = `tillstream-${day || "now"}.csv`;
    link.click();
  }

  Object.assign(
    t,
    /** @satisfies {Partial<Tillstream>} */ ({
      csv,
      keep,
      chooseWindow: (chosen) => {
        keep("window", chosen, "day");
        t.redraw();
        return window.dash_clientside.no_update;
      },
      pause: (clicks) => {
        const paused = Boolean(clicks % 2);
        t.setPaused(paused);
        return [t.say(paused ? "Resume" : "Pause"), String(paused)];
      },
      saveCsv: (clicks) => {
        if (clicks) save();
        return window.dash_clientside.no_update;
      },
    }),
  );
})();
