/* The table of a window's rows: sorted, paged, its keys lead to their rows; and what the page's buttons do. */
(function () {
  "use strict";
  const t = window.tillstream;
  const { byId, element, format } = t;
  const PAGE = 25;
  /** What stands in the table by the row's id. @type {Map<string, { text: string, line: HTMLElement }>} */
  let lines = new Map();

  /** @param {Explored} view */
  function exploreTable(view) {
    const { keys, figures } = view.window;
    const names = ["start", ...keys, ...figures.map(({ name }) => name), "state"];
    const sort = t.address("sort") || "-start";
    const by = sort.replace(/^-/, "");
    const place = by === "start" ? 1 : t.exploredRow.column(view, by);
    const turned = sort.startsWith("-") ? -1 : 1;
    const value = (/** @type {Row} */ row) =>
      typeof row[place] === "string" && row[place] !== "" && !Number.isNaN(Number(row[place]))
        ? Number(row[place])
        : row[place];
    const order = [...view.rows.values()].sort((a, b) => {
      const [one, other] = [value(a), value(b)];
      if (one === other) return a[1] === b[1] ? (a[0] < b[0] ? -1 : 1) : b[1] - a[1];
      if (one === null || other === null) return one === null ? 1 : -1;
      return (one < other ? -1 : 1) * turned;
    });
    const pages = Math.max(1, Math.ceil(order.length / PAGE));
    const at = Math.min(pages, Math.max(1, Number(t.address("page")) || 1));
    const more = view.more ? ` · ${t.say("the newest only: choose a key or a shorter time")}` : "";
    const rows = t.say(order.length === 1 ? "row" : "rows");
    t.setText("explore-rows-count", `${format.count(order.length)} ${rows}${more}`);
    t.setText("explore-page-number", `${at} / ${pages}`);
    byId("explore-newer").disabled = at <= 1;
    byId("explore-older").disabled = at >= pages;
    head(view, names, sort);
    const wanted = order.slice((at - 1) * PAGE, at * PAGE).map((row) => {
      const text = JSON.stringify(row);
      const known = lines.get(row[0]);
      if (known && known.text === text) return { id: row[0], ...known };
      const line = element("tr", cells(view, row), { "data-id": row[0] });
      if (known) known.line.replaceWith(line);
      return { id: row[0], text, line };
    });
    lines = new Map(wanted.map(({ id, text, line }) => [id, { text, line }]));
    const body = byId("explore-rows");
    const same = body.children.length === wanted.length && wanted.every(({ line }, i) => body.children[i] === line);
    if (!same) body.replaceChildren(...wanted.map(({ line }) => line));
  }

  /** @param {Explored} view @param {Row} row */
  function cells(view, row) {
    const { keys, figures } = view.window;
    const { keyText, shown } = t.exploredRow;
    const [revision, late, final] = row.slice(-3);
    const marks = [
      late ? element("span", `${t.say("late")} ${format.count(late)}`, { class: "mark late" }) : "",
      revision > 1 ? element("span", `${t.say("revised")} ${format.count(revision - 1)}`, { class: "mark" }) : "",
      final ? "" : element("span", t.say("not final"), { class: "mark open" }),
    ];
    const named = keys.map((key, i) => {
      const value = row[3 + i];
      const button = element("button", keyText(value), { class: "plain", title: t.say("only these rows") });
      button.addEventListener("click", () =>
        t.explore.go({ [t.explore.prefix + key]: value === null ? "" : String(value), page: null }),
      );
      return t.cell(button, "name");
    });
    const values = figures.map(({ readAs }, i) => {
      const value = row[3 + keys.length + i];
      const isTime = readAs === "timestamp" && value !== null;
      return t.cell(isTime ? t.secondOf(Date.parse(value) / 1000) : shown(value), "number");
    });
    return [t.name(t.secondOf(row[1])), ...named, ...values, t.cell(marks.filter(Boolean), "number")];
  }

  /** The heads; each sorts. @param {Explored} view @param {string[]} names @param {string} sort */
  function head(view, names, sort) {
    const place = byId("explore-head");
    if (!place.childElementCount) {
      const own = names.map((name, i) => {
        const text = { start: t.say("Start"), state: t.say("State") }[name] || t.visible(name);
        const words = i <= view.window.keys.length;
        if (name === "state") return element("th", text, { scope: "col", class: "number" });
        const button = element("button", text, { class: "plain" });
        button.addEventListener("click", () => {
          const down = `-${name}`;
          t.explore.go({ sort: t.address("sort") === down ? name : down, page: null });
        });
        return element("th", button, { scope: "col", class: words ? "name" : "number", "data-name": name });
      });
      place.append(element("tr", own));
    }
    for (const each of place.querySelectorAll("th[data-name]")) {
      const { name } = /** @type {HTMLElement} */ (each).dataset;
      const way = sort === name ? "ascending" : sort === `-${name}` ? "descending" : "none";
      if (each.getAttribute("aria-sort") !== way) each.setAttribute("aria-sort", way);
    }
  }

  /** What the buttons of the page do. @param {Explored} view */
  function exploreControls(view) {
    const { go, range } = t.explore;
    /** @param {string} id @param {() => void} act */
    const on = (id, act) => byId(id).addEventListener("click", act);
    for (const button of document.querySelectorAll("[data-last]")) {
      const { last } = /** @type {HTMLElement} */ (button).dataset;
      button.addEventListener("click", () => go({ last: last || "0", from: null, to: null, page: null }));
    }
    /** Move both ends by parts of what is shown. @param {number} first @param {number} second */
    const move = (first, second) => () => {
      const length = view.to - view.from;
      range(view.from + first * length, view.to + second * length);
    };
    on("explore-earlier", move(-0.5, -0.5));
    on("explore-later", move(0.5, 0.5));
    on("explore-closer", move(0.25, -0.25));
    on("explore-wider", move(-0.5, 0.5));
    on("explore-lines", () => go({ as: t.address("as") === "lines" ? null : "lines" }));
    const page = () => Number(t.address("page")) || 1;
    on("explore-newer", () => go({ page: page() > 2 ? String(page() - 1) : null }));
    on("explore-older", () => go({ page: String(page() + 1) }));
  }

  Object.assign(t, { exploreTable, exploreControls });
})();
