/* What the page shows as a file, CSV or Excel: in sections, each with its title and its heads. */
(function () {
  "use strict";
  const t = window.tillstream;
  const { signs } = t;
  //: What stands beside an amount on the page.
  const SIGN = t.currency.pattern.replace("{}", "").trim();
  //: As spreadsheets of the reader's language read it: where a comma parts the decimals, a semicolon parts the cells.
  const SEPARATOR = signs.point === "," ? ";" : ",";
  //: Longest wait for the workbook, and the time for which its browser may read it, ms.
  const WORKBOOK_MS = 20_000;
  /** Units of figures, by how they are written. @type {Record<string, string>} */
  const UNITS = { money: t.currency.code, ms: "ms", milliseconds: "ms" };

  /* eslint no-control-regex: off -- a spreadsheet skips U+0000 */
  /** Of a text that a spreadsheet would take for a formula, the sign is quoted. @param {unknown} value */
  function field(value) {
    const text = String(value === null || value === undefined ? "" : value);
    // White space before it, and its full-width twin, make no difference to the spreadsheet.
    const safe = /^[\s\u0000]*[=+@＝＋＠－\t\r\n]|^-(?!\d+([.,]\d+)?%?$)/.test(text) ? `'${text}` : text;
    return safe.includes(SEPARATOR) || /["\n\r]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe;
  }

  /** @type {Tillstream["csv"]} */
  const csv = (rows) =>
    rows.map((row) => row.map((cell) => field(written(cell))).join(SEPARATOR)).join("\r\n") + "\r\n";

  /** A number by the reader's signs, without groups and currency. @param {unknown} cell */
  const written = (cell) =>
    Array.isArray(cell) ? `${cell[1].replace(".", signs.point)}${cell[0] === "percent" ? "%" : ""}` : cell;

  /** A written amount, count or share without groups and currency; other text stays. @type {Tillstream["plainNumber"]} */
  function plainNumber(text) {
    const digits = text
      .replace(SIGN, "")
      .replace(/\s/g, "")
      .split(signs.group.trim() || "\u00a0")
      .join("");
    const [whole, places, more] = digits.split(signs.point);
    const number = places === undefined ? /^-?\d+%?$/.test(digits) : /^-?\d+$/.test(whole) && /^\d+%?$/.test(places);
    return number && more === undefined ? digits : text;
  }

  /** What is written, with its kind where it is a number; a zero before it makes it a name. @type {Tillstream["typed"]} */
  function typed(text) {
    const plain = plainNumber(text.replace("\u2212", "-").replace(/^\+/, ""));
    const number = plain.replace("%", "").replace(signs.point, ".");
    if (!/^-?(0|[1-9]\d*)(\.\d+)?$/.test(number)) return plain === number ? text : plain;
    if (plain.endsWith("%")) return ["percent", number];
    if (text.includes(SIGN)) return ["money", number];
    return [number.includes(".") ? "decimal" : "count", number];
  }

  /** @param {Element} element */
  const shown = (element) => /** @type {HTMLElement} */ (element).innerText.trim();

  /** What a cell shows: margins keep its parts apart on the page, spaces in a file. @param {Element} cell */
  const parts = (cell) =>
    [...cell.childNodes]
      .filter((part) => !(part instanceof HTMLElement) || part.getClientRects().length)
      .map((part) => (part instanceof HTMLElement ? shown(part) : (part.textContent || "").trim()))
      .filter(Boolean)
      .join(" ");

  /** @returns {Cell[][]} */
  function figures() {
    const found = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(".figure"));
    return [...found].map((figure) => {
      const { format = "", value = "" } = figure.dataset;
      const label = figure.parentElement && figure.parentElement.querySelector(".label");
      const note = t.byId(`${figure.id}-note`);
      const words = format === "moment" || format === "text" || !/^-?\d+(\.\d+)?$/.test(value);
      /** @type {Cell} */
      const exact = words
        ? value && shown(figure)
        : [format === "money" || format === "count" ? format : "decimal", value];
      return [label ? shown(label) : "", exact, UNITS[format] || "", note ? shown(note) : ""];
    });
  }

  /** @param {Element} table @returns {Section} */
  function tableSection(table) {
    const card = table.closest(".card");
    const title = card && card.querySelector("h2");
    const heads = [...table.querySelectorAll("thead :is(th, td)")].map(shown);
    const lines = [...table.querySelectorAll("tbody tr")].filter((line) => !line.querySelector(".empty"));
    const rows = lines.map((line) =>
      [...line.children].map((cell) => (cell.matches(".name") ? parts(cell) : typed(parts(cell)))),
    );
    return { title: title ? shown(title) : "", heads, rows };
  }

  /** Every figure and table on the page, exact. @returns {Shown} */
  function shownSections() {
    const place = shown(document.querySelector(".way[aria-current]") || document.querySelector("h1") || document.body);
    const { store, region, category } = t.filters();
    /** @type {[string, string][]} */
    const facts = [
      ["Store", store && t.numbered(store)],
      ["Region", region],
      ["Category", category],
    ];
    /** @type {Section[]} */
    const sections = [];
    const rows = figures();
    const heads = ["Figure", "Value", "Unit", "Note"].map(t.say);
    if (rows.length) sections.push({ title: t.say("Figures"), heads, rows });
    const categories = t.byId("categories");
    const byName = Object.entries(JSON.parse((categories && categories.dataset.value) || "{}"));
    if (byName.length)
      sections.push({
        title: t.say("Sales by category"),
        heads: [t.say("Category"), `${t.say("Gross")} (${t.currency.code})`],
        rows: byName.map(([name, revenue]) => [name, ["money", String(revenue)]]),
      });
    for (const table of document.querySelectorAll("table.rows")) sections.push(tableSection(table));
    const [head, ...lines] = t.gridRows ? t.gridRows() : [];
    if (head) sections.push({ title: place, heads: head.map(String), rows: lines });
    return {
      title: place,
      as_of: shown(t.byId("data-time-long") || document.body),
      currency: t.currency.code,
      facts: facts.filter(([, value]) => value).map(([name, value]) => [t.say(name), value]),
      sections,
    };
  }

  function csvRows() {
    const { title, as_of, facts, sections } = shownSections();
    /** @type {unknown[][]} */
    const rows = [[title, as_of], ...facts];
    for (const section of sections) rows.push([], [section.title], section.heads, ...section.rows);
    return rows;
  }

  /** @param {string} address @param {string} end */
  function save(address, end) {
    const day = (t.byId("data-time-long") || { dataset: {} }).dataset.value;
    t.setText("save-said", "");
    t.element("a", "", { href: address, download: `tillstream-${day || "now"}.${end}` }).click();
  }

  async function saveWorkbook() {
    try {
      const response = await fetch(`${t.prefix}workbook`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(shownSections()),
        signal: AbortSignal.timeout(WORKBOOK_MS),
      });
      if (!response.ok) throw new Error(`${response.status} ${(await response.text()).slice(0, 200)}`);
      const address = URL.createObjectURL(await response.blob());
      save(address, "xlsx");
      setTimeout(() => URL.revokeObjectURL(address), WORKBOOK_MS);
    } catch (error) {
      console.info("no workbook", error);
      t.setText("save-said", t.say("No Excel file could be made; CSV works without the server."));
      t.byId("save").open = true;
    }
  }

  Object.assign(
    t,
    /** @satisfies {Partial<Tillstream>} */ ({
      csv,
      plainNumber,
      typed,
      saveCsv: (clicks) => {
        if (clicks) save(`data:text/csv;charset=utf-8,${encodeURIComponent(`\ufeff${csv(csvRows())}`)}`, "csv");
        return window.dash_clientside.no_update;
      },
      saveWorkbook: (clicks) => {
        if (clicks) saveWorkbook();
        return window.dash_clientside.no_update;
      },
    }),
  );
})();
