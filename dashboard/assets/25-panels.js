/* The panels below the first screen: today by hour, and tables drawn as Dash's own components. */
(function () {
  "use strict";
  const t = window.tillstream;
  const { format } = t;
  /** @type {Record<string, Row[]>} */
  const held = {};
  const drawn = new WeakMap();

  const amount = format.minor;
  /** @type {(part: number, whole: number) => number} */
  const share = (part, whole) => (whole > 0 ? Math.max(0, Math.min(1, part / whole)) : 0);

  /* After a whole frame only what changed comes: of `hours` and `counters` single rows, of others all. */
  /** @type {Tillstream["takePanels"]} */
  function take(frame) {
    if (frame.whole) for (const name of Object.keys(held)) delete held[name];
    for (const [name, rows] of Object.entries(frame.panels)) {
      if (rows === null) delete held[name];
      else if ((name === "hours" || name === "counters") && held[name]) {
        const byKey = new Map(held[name].map((row) => [row[0], row]));
        for (const row of rows) byKey.set(row[0], row);
        const kept = [...byKey.values()];
        held[name] = name === "hours" ? kept.filter((row) => row[1] || row[2]).sort() : kept;
      } else held[name] = rows;
    }
  }

  /* Under a filter the part's rows; `place` is the element in which they stand. */
  /** @type {(id: string, place?: string) => Row[] | undefined} */
  function panel(id, place = id) {
    if (!t.narrows(place)) return held[id];
    const part = t.narrowedPart();
    return part ? part.panels[id] : undefined;
  }

  /** @type {Tillstream["cell"]} */
  const cell = (content, kind) => t.element("td", content, { class: kind });
  /** @type {Tillstream["name"]} */
  const name = (content) => t.element("th", content, { scope: "row", class: "name" });
  /** @type {Tillstream["link"]} */
  const link = (text, href) => t.element("a", text, { href });
  /** @param {number} part */
  function meter(part) {
    const made = t.element("span", [], { class: "meter" });
    made.style.setProperty("--part", `${(part * 100).toFixed(1)}%`);
    return made;
  }
  /** @type {(text: string) => string} */
  const label = (text) => (text === "*" ? t.say("Other") : t.visible(text) || t.say("not known"));
  /** @type {(store: string, number: string) => (HTMLElement | string)[]} */
  const till = (store, number) => [t.storeLink(store), ` · ${t.visible(number)}`];

  /** A name, its amount, and its share of all the rows'. @type {Tillstream["shareCells"]} */
  function shareCells(named, gross, rows, written = amount) {
    const part = share(
      gross,
      rows.reduce((sum, row) => sum + Math.max(0, row[1]), 0),
    );
    const text = [meter(part), t.element("span", format.percent(part), { class: "part" })];
    return [name(named), cell(written(gross), "number"), cell(text, "number share")];
  }

  /** @type {Tillstream["columns"]} */
  const columns = {
    tenders: ([tender, gross], rows) => shareCells(label(tender), gross, rows),
    vat: ([rate, gross, net]) => {
      const text = /^\d/.test(rate) ? format.percentage(rate) : label(rate);
      return [name(text), cell(amount(net), "number"), cell(amount(gross - net), "number")];
    },
    top: (row) => storeCells(row),
    bottom: (row) => storeCells(row),
    closed: ([day, gross, receipts, lateGross, late]) => [
      name(format.shortDay(day)),
      cell(amount(gross), "number"),
      cell(format.count(receipts), "number"),
      cell(format.count(late), "number"),
      cell(amount(lateGross), "number"),
    ],
    marks: ([rule, receipts, gross]) => [
      name(t.visible(rule)),
      cell(t.ruleBroken(rule), "name"),
      cell(format.count(receipts), "number"),
      cell(amount(gross), "number"),
    ],
    silent: ([store, number, since]) => [name(till(store, number)), cell(t.minuteOf(since), "number")],
    gaps: ([store, number, first, last, since]) => {
      const numbers = first === last ? plain(first) : `${plain(first)}–${plain(last)}`;
      return [name(till(store, number)), cell(numbers, "number"), cell(t.minuteOf(since), "number")];
    },
  };
  //: Rows that a table shows at most, where it shares a screen with others.
  const MOST = 6;

  /** A receipt's number as it is printed on it: without groups. @type {(number: unknown) => string} */
  const plain = (number) => (Number.isSafeInteger(number) ? String(number) : format.count(number));

  /** @param {Row} row */
  function storeCells([store, gross, receipts]) {
    return [name(t.storeLink(store)), cell(amount(gross), "number"), cell(format.count(receipts), "number")];
  }

  /** Every table that is on the page and whose rows have changed. @type {Tillstream["drawTables"]} */
  function drawTables(put) {
    for (const [id, cells] of Object.entries(columns)) {
      const table = t.byId(id);
      if (!table) continue;
      const known = panel(id);
      const value = known ? JSON.stringify(known) : "";
      if (drawn.get(table) === value) continue;
      drawn.set(table, value);
      const rows = (known || []).slice(0, t.byId("live-page") ? MOST : 50);
      const empty = known ? t.say("none") : t.say("waiting for data");
      put(id, { "data-value": value });
      put(`${id}-rows`, {
        rows: rows.length
          ? rows.map((row) => t.element("tr", cells(row, known || [])))
          : [t.element("tr", t.element("td", empty, { colspan: 5, class: "empty" }))],
      });
    }
  }

  /** Hours of the wall clock as hours after the business day began. @param {{ starts: number }} day */
  function clockOfDay(day) {
    const cutoff = Number(t.minuteTime(day.starts).slice(0, 2));
    return {
      after: (/** @type {string} */ hour) => (Number(hour) - cutoff + 24) % 24,
      hour: (/** @type {number} */ after) => String((after + cutoff) % 24).padStart(2, "0"),
    };
  }

  /* The day that this one is compared with, between two instants: so far, or each minute. */
  /** @type {Tillstream["comparedLine"]} */
  function comparedLine(frame, total, from, until) {
    const { after } = clockOfDay(frame);
    const rows = t.before("revenue-plot").map(([hour, gross]) => [after(hour), t.units(gross)]);
    /** @type {[number, number][]} */
    const points = [];
    let sum = 0;
    for (const [hour, gross] of rows.sort((a, b) => a[0] - b[0])) {
      const start = frame.starts + 3600 * hour;
      const [first, last] = [Math.max(start, from), Math.min(start + 3600, until)];
      /** Within an hour the sum is drawn as if it had grown evenly. @type {(time: number) => [number, number]} */
      const at = (time) => [time, total ? sum + (gross * (time - start)) / 3600 : gross / 60];
      if (first < last) points.push(at(first), at(last));
      sum += gross;
    }
    return points;
  }

  /* Bars of today and a line of the day it is compared with, of rows of hours. */
  /** @type {(id: string, day: { starts: number }, rows: Row[], before: Row[]) => Plot} */
  function hoursFigure(id, frame, rows, before) {
    const { data, layout } = t.basePlot(id);
    const { after, hour } = clockOfDay(frame);
    const known = [...rows, ...before].map((row) => after(row[0]));
    const hours = [];
    if (known.length) for (let h = Math.min(...known); h <= Math.max(...known); h += 1) hours.push(hour(h));
    const today = new Map(rows.map((row) => [row[0], row]));
    const last = new Map(before.map(([h, gross]) => [h, gross]));
    /** @param {string} h */
    const text = (h) => `${h}:00  ${amount(today.get(h)?.[1])}, ${format.count(today.get(h)?.[2])} ×`;
    const bars = {
      ...data[0],
      x: hours,
      y: hours.map((h) => (today.has(h) ? t.units(today.get(h)?.[1]) : null)),
      text: hours.map((h) => (today.has(h) ? text(h) : "")),
    };
    const line = {
      ...data[1],
      x: hours,
      y: hours.map((h) => (last.has(h) ? t.units(last.get(h)) : null)),
      text: hours.map((h) => (last.has(h) ? amount(last.get(h)) : "")),
    };
    return { data: [bars, line], layout, looks: JSON.stringify([bars.y, line.y]) };
  }

  t.plots["hours-plot"] = (frame) =>
    hoursFigure("hours-plot", frame, panel("hours", "hours-plot") || [], t.before("hours-plot"));
  Object.assign(
    t,
    /** @satisfies {Partial<Tillstream>} */ ({
      columns,
      cell,
      name,
      link,
      shareCells,
      takePanels: take,
      drawTables,
      comparedLine,
      panel: (id) => held[id],
      panelAt: panel,
    }),
  );
})();
