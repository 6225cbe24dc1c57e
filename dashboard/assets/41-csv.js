/* What the page shows as a file for a spreadsheet: in sections, each with its title and its heads. */
(function () {
  "use strict";
  const t = window.tillstream;
  const { signs } = t;
  //: As spreadsheets of the reader's language read it: where a comma parts the decimals, a semicolon parts the cells.
  const SEPARATOR = signs.point === "," ? ";" : ",";
  /** Units of figures, by how they are written. @type {Record<string, string>} */
  const UNITS = { money: "EUR", ms: "ms", milliseconds: "ms" };

  /* eslint no-control-regex: off -- a spreadsheet skips U+0000 */
  /** Of a text that a spreadsheet would take for a formula, the sign is quoted. @param {unknown} value */
  function field(value) {
    const text = String(value === null || value === undefined ? "" : value);
    // White space before it, and its full-width twin, make no difference to the spreadsheet.
    const safe = /^[\s\u0000]*[=+@＝＋＠－\t\r\n]|^-(?!\d+([.,]\d+)?%?$)/.test(text) ? `'${text}` : text;
    return safe.includes(SEPARATOR) || /["\n\r]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe;
  }

  /** @type {Tillstream["csv"]} */
  const csv = (rows) => rows.map((row) => row.map(field).join(SEPARATOR)).join("\r\n") + "\r\n";

  /** Decimal text with the reader's sign. @type {(text: string) => string} */
  const decimal = (text) => (/^-?\d+\.\d+$/.test(text) ? text.replace(".", signs.point) : text);

  /** A written amount, count or share without groups and currency; other text stays. @type {Tillstream["plainNumber"]} */
  function plainNumber(text) {
    const digits = text
      .replace(/[\s€]/g, "")
      .split(signs.group.trim() || "\u00a0")
      .join("");
    const [whole, places, more] = digits.split(signs.point);
    const number = places === undefined ? /^-?\d+%?$/.test(digits) : /^-?\d+$/.test(whole) && /^\d+%?$/.test(places);
    return number && more === undefined ? digits : text;
  }

  /** @param {Element} element */
  const shown = (element) => /** @type {HTMLElement} */ (element).innerText.trim();

  /** @returns {unknown[][]} */
  function figures() {
    const found = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(".figure"));
    return [...found].map((figure) => {
      const { format = "", value = "" } = figure.dataset;
      const label = figure.parentElement && figure.parentElement.querySelector(".label");
      const note = t.byId(`${figure.id}-note`);
      const exact = format === "moment" || format === "text" ? shown(figure) : decimal(value);
      return [label ? shown(label) : "", exact, UNITS[format] || "", note ? shown(note) : ""];
    });
  }

  /** @param {Element} table */
  function tableRows(table) {
    const heads = [...table.querySelectorAll("thead :is(th, td)")].map(shown);
    const lines = [...table.querySelectorAll("tbody tr")].filter((line) => !line.querySelector(".empty"));
    const cells = lines.map((line) =>
      [...line.children].map((cell) => (cell.matches(".name") ? shown(cell) : plainNumber(shown(cell)))),
    );
    return [heads, ...cells];
  }

  /* Every figure and table on the page, exact. */
  function shownRows() {
    const place = shown(document.querySelector(".way[aria-current]") || document.querySelector("h1") || document.body);
    /** @type {unknown[][]} */
    const rows = [[place, shown(t.byId("data-time-long"))]];
    const filters = [
      ["Store", t.filters().store && t.numbered(t.filters().store)],
      ["Region", t.filters().region],
      ["Category", t.address("category")],
    ].filter(([, value]) => value);
    for (const [name, value] of filters) rows.push([t.say(name), value]);
    const known = figures();
    if (known.length) rows.push([], [t.say("Figure"), t.say("Value"), t.say("Unit"), t.say("Note")], ...known);
    const categories = t.byId("categories");
    const byName = Object.entries(JSON.parse((categories && categories.dataset.value) || "{}"));
    if (byName.length) {
      rows.push([], [t.say("Sales by category")], [t.say("Category"), `${t.say("Gross")} (EUR)`]);
      for (const [name, revenue] of byName) rows.push([name, decimal(String(revenue))]);
    }
    for (const table of document.querySelectorAll("table.rows")) {
      const card = table.closest(".card");
      const title = card && card.querySelector("h2");
      rows.push([], [title ? shown(title) : ""], ...tableRows(table));
    }
    const grid = t.gridRows ? t.gridRows() : [];
    if (grid.length) rows.push([], ...grid);
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
      plainNumber,
      saveCsv: (clicks) => {
        if (clicks) save();
        return window.dash_clientside.no_update;
      },
    }),
  );
})();
