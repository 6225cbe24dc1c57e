/* The tables of the page Products, and what can be chosen on it; all of it stands in the address. */
(function () {
  "use strict";
  const t = window.tillstream;
  const { byId, element, format, cell, name } = t;
  //: Rows that are shown before somebody wants all.
  const FEW = 20;
  const MOST_CHANGED = 8;

  /** @param {string} id @param {HTMLElement[][]} rows @param {unknown} value @param {string} said */
  function fill(id, rows, value, said) {
    const { state = "" } = byId("products-page").dataset;
    Object.assign(byId(id).dataset, { value: JSON.stringify(value), state: state === "empty" ? "live" : state });
    t.setText(`${id}-until`, said);
    const none = element("tr", element("td", t.say("none"), { class: "empty", colspan: 8 }));
    byId(`${id}-rows`).replaceChildren(...(rows.length ? rows.map((cells) => element("tr", cells)) : [none]));
  }

  /** @param {string} text */
  const number = (text) => cell(text, "number");
  /** @param {number | null} at */
  const when = (at) => (at === null ? t.say("not today") : t.minuteOf(at));
  /** Red where it fell. @param {Row} row */
  function changes(row) {
    const off = row[5] === null ? 0 : row[5] - row[7];
    return t.products
      .change(row)
      .map((text) => cell(text, off <= -0.5 ? "number falls" : off >= 0.5 ? "number rises" : "number"));
  }

  /** @param {ProductsPart} products */
  function all(products) {
    const units = t.address("sort") === "units";
    const sought = t.address("q").trim().toLocaleLowerCase();
    const place = units ? 3 : 2;
    const found = products.rows
      .filter((row) => !sought || `${row[1]}\u0000${row[0]}`.toLocaleLowerCase().includes(sought))
      .sort((a, b) => b[place] - a[place]);
    const shown = t.address("all") ? found : found.slice(0, FEW);
    const whole = products.rows.reduce((sum, row) => sum + Math.max(0, row[2]), Math.max(0, products.other));
    const rows = shown.map((row) => {
      const [, amount, share] = t.shareCells("", row[2], [["", whole]]);
      return [
        name(t.products.named(row[0])),
        amount,
        share,
        number(t.products.pieces(row[3])),
        number(row[7] === null ? "–" : format.minor(Math.round(row[7]))),
        ...changes(row),
        number(when(row[4])),
      ];
    });
    const other = products.other ? ` · ${t.say("Other")} ${format.minor(products.other)}` : "";
    const of = `${format.count(shown.length)} ${t.say("of")} ${format.count(found.length)}`;
    fill(
      "products-top",
      rows,
      shown,
      `${of}${other} · ${t.say("against usual")}${t.say(":")} ${t.products.compared()}`,
    );
    byId("products-by-gross").setAttribute("aria-pressed", String(!units));
    byId("products-by-units").setAttribute("aria-pressed", String(units));
    byId("products-all").setAttribute("aria-pressed", String(Boolean(t.address("all"))));
    byId("products-all").hidden = found.length <= FEW;
  }

  /** @param {string} id @param {string[]} codes @param {Map<string, Row>} rows */
  function changed(id, codes, rows) {
    const some = codes.slice(0, MOST_CHANGED).flatMap((code) => rows.get(code) || []);
    const known = codes.map((code) => rows.get(code)).filter((row) => row !== undefined);
    const lines = known
      .slice(0, MOST_CHANGED)
      .map((row) => [
        name(t.products.named(row[0])),
        number(format.minor(row[5])),
        number(format.minor(Math.round(row[7]))),
        ...changes(row),
      ]);
    fill(id, lines, some.length ? known.map((row) => row[0]) : [], t.products.compared());
  }

  /** @param {SoldOutPart | undefined} soldOut */
  function missing(soldOut) {
    if (!soldOut) return;
    const rows = soldOut.rows.map(([store, code, last, sold, usual, expected]) => {
      return [
        name(t.storeLink(store)),
        cell(t.products.named(code), "name"),
        number(when(last)),
        number(format.count(sold)),
        number(format.count(usual)),
        number(format.short(expected)),
      ];
    });
    const more = soldOut.number > rows.length ? `${format.count(rows.length)} ${t.say("of")} ` : "";
    const chance = format.count(Math.round(soldOut.watched / 100));
    const watched = `${format.count(soldOut.watched)} ${t.say("watched")}, ${t.say("about")} ${chance} ${t.say("by chance")}`;
    const said = [
      `${more}${format.count(soldOut.number)}`,
      ...(soldOut.watched ? [watched] : []),
      `${t.say("as of")} ${t.minuteOf(soldOut.readAt)}`,
    ];
    fill("products-soldout", rows, soldOut.rows, said.join(" · "));
  }

  /** @param {PairsPart | undefined} pairs */
  function together(pairs) {
    if (!pairs) return;
    const shown = t.address("all") ? pairs.pairs : pairs.pairs.slice(0, FEW);
    const rows = shown.map(([first, second, count, share, lift]) => [
      name(t.products.named(first)),
      cell(t.products.named(second), "name"),
      number(format.count(count)),
      number(format.percent(share)),
      number(`${format.short(lift)}\u00a0×`),
    ]);
    const said = [`${t.say("of the newest")} ${format.count(pairs.baskets)} ${t.say("receipts")}`];
    if (pairs.first !== null && pairs.last !== null) said.push(`${t.minuteOf(pairs.first)}–${t.minuteOf(pairs.last)}`);
    if (pairs.larger) said.push(`${format.count(pairs.larger)} ${t.say("with more than 20 products left out")}`);
    fill("products-pairs", rows, pairs.pairs, said.join(" · "));
  }

  /** @param {ProductsView} view */
  function tables(view) {
    const { products, soldOut, pairs } = t.products.within(view);
    if (!products) return;
    const rows = new Map(products.rows.map((row) => [row[0], row]));
    all(products);
    changed("products-fall", products.falling, rows);
    changed("products-rise", products.rising, rows);
    missing(soldOut);
    together(pairs);
    const fresh = products.rows.filter((row) => row[9]);
    const lines = fresh
      .slice(0, FEW)
      .map((row) => [
        name(t.products.named(row[0])),
        number(format.minor(row[2])),
        number(t.products.pieces(row[3])),
        number(when(row[4])),
      ]);
    fill(
      "products-new",
      lines,
      fresh.map((row) => row[0]),
      fresh.length ? format.count(fresh.length) : "",
    );
  }

  let offered = "";
  /** Regions, stores, categories and the search, once they are known. @param {ProductsView} view */
  function choices(view) {
    const place = byId("products-scope");
    const { choices: known, categories } = view.parts;
    if (!byId("products-search").childElementCount) search();
    if (!known) return;
    const named = Object.keys(categories ? categories.categories : {});
    const looks = JSON.stringify([known, named]);
    if (looks === offered && place.childElementCount) return;
    offered = looks;
    const regions = known.regions.map((region) => [region, t.visible(region)]);
    place.replaceChildren(
      ...(regions.length ? [select("region", "All regions", regions)] : []),
      select(
        "store",
        "All stores",
        known.stores.map((store) => [store, t.numbered(store)]),
      ),
      select(
        "category",
        "All categories",
        named.map((category) => [category, t.visible(category)]),
      ),
    );
  }

  /** @param {string} key @param {string} every @param {string[][]} options */
  function select(key, every, options) {
    const chosen = t.address(key);
    const known = options.some(([value]) => value === chosen) || !chosen;
    const more = known ? options : [[chosen, t.visible(chosen)], ...options];
    const made = /** @type {HTMLSelectElement} */ (
      element(
        "select",
        [["", t.say(every)], ...more].map(([value, text]) => element("option", text, { value })),
        { class: "control", id: `products-${key}`, "aria-label": t.say(every) },
      )
    );
    made.value = chosen;
    made.addEventListener("change", () => {
      t.keep(key, made.value, "");
      // A store is of one region: the other choice says nothing beside it.
      const other = { store: "region", region: "store" }[key];
      const beside = other && byId(`products-${other}`);
      if (other) t.keep(other, "", "");
      if (beside) beside.value = "";
      t.products.draw();
    });
    return made;
  }

  function search() {
    const made = /** @type {HTMLInputElement} */ (
      element("input", [], {
        type: "search",
        class: "control",
        id: "products-sought",
        maxlength: 100,
        placeholder: t.say("Search"),
        "aria-label": t.say("Search"),
      })
    );
    made.value = t.address("q");
    made.addEventListener("input", () => {
      t.keep("q", made.value, "");
      t.products.draw();
    });
    byId("products-search").append(made);
  }

  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element && event.target.closest("#products-page button");
    if (!button) return;
    if (button.id === "products-by-gross") t.keep("sort", "", "");
    else if (button.id === "products-by-units") t.keep("sort", "units", "");
    else if (button.id === "products-all") t.keep("all", t.address("all") ? "" : "1", "");
    t.products.draw();
  });

  Object.assign(t.products, { tables, choices });
})();
