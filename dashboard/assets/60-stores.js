/* The page Stores: asks what is new, holds the stores, filters them, and says how old they are. */
(function () {
  "use strict";
  const t = window.tillstream;
  const { byId, element } = t;
  const ASK_MS = 2000;
  const ANSWER_MS = 10_000;
  //: Without an answer for so long nothing here is live, ms.
  const OLD_MS = 2900;
  const DRAW_MS = 250;
  //: So far below its usual a store is told of.
  const FAR = -0.2;
  const plural = new Intl.PluralRules(t.locale);
  /** @type {Map<string, StoreStanding>} */
  const held = new Map();
  let known = "";
  let readAt = 0;
  let heardAt = 0;
  let answered = false;
  let failed = false;
  let asking = false;
  let looks = "";

  /** @param {Row} row @returns {StoreStanding} */
  function store([
    id,
    title,
    region,
    latitude,
    longitude,
    state,
    gross,
    receipts,
    until,
    compared,
    usual,
    last,
    order,
  ]) {
    const deviation = usual === null ? null : compared - usual;
    return {
      ...{ store: id, title: t.visible(title), region: t.visible(region), latitude, longitude, state },
      stateText: stateText(state),
      ...{ gross, receipts, until, compared, usual, last, order, deviation },
      part: deviation !== null && usual > 0 ? deviation / usual : null,
      share: null,
      basket: receipts > 0 ? gross / receipts : null,
    };
  }
  /** @param {StoreStanding["state"]} state */
  function stateText(state) {
    if (state === "zero") return t.say("at zero");
    if (state === "closed") return t.say("closed now");
    return state === "new" ? t.say("no usual yet") : t.say("open");
  }

  /** @param {StandingsAnswer} answer */
  function take(answer) {
    if (answer.whole) held.clear();
    for (const row of answer.rows) held.set(row[0], store(row));
    known = answer.known;
    t.useZone(t.zone() || answer.zone);
    const total = [...held.values()].reduce((sum, { gross }) => sum + gross, 0);
    for (const each of held.values()) each.share = total > 0 ? each.gross / total : null;
  }

  async function ask() {
    asking = true;
    try {
      const response = await fetch(`${t.prefix}stores/state?${t.inCurrency(new URLSearchParams({ known }))}`, {
        signal: AbortSignal.timeout(ANSWER_MS),
      });
      failed = !response.ok;
      // On the server's clock: what has not changed is of later.
      if (response.ok) readAt += (Date.now() - heardAt) / 1000;
      if (response.ok) heardAt = Date.now();
      if (response.status === 200) {
        const answer = await response.json();
        take(answer);
        ({ readAt } = answer);
      }
      answered = answered || response.ok;
    } catch (error) {
      console.info("no stores", error);
      failed = true;
    } finally {
      asking = false;
    }
  }

  /** Why what stands here is not of now; empty where it is. */
  function old() {
    const frame = t.frame();
    if (t.paused()) return t.say("Paused");
    if (frame && frame.archive) return t.archiveWords(frame);
    if (failed || (answered && Date.now() - heardAt > OLD_MS)) return t.say("The archive does not answer");
    if (frame && frame.feeds.count[0] === "stale") return t.say("the counting is not heard");
    return "";
  }

  /** What the filters leave, in its first order. */
  function shown() {
    const region = t.address("region");
    const words = t.address("search").toLocaleLowerCase(t.locale).split(/\s+/).filter(Boolean);
    return [...held.values()]
      .filter((each) => !region || each.region === region)
      .filter((each) => {
        const text = `${each.title} ${each.store} ${each.region}`.toLocaleLowerCase(t.locale);
        return words.every((word) => text.includes(word));
      })
      .sort((a, b) => a.order - b.order || a.store.localeCompare(b.store, "en", { numeric: true }));
  }

  /** "10:00", where all stores are compared to the same hour. @param {StoreStanding[]} rows */
  function until(rows) {
    const all = new Set(rows.map((each) => each.until));
    return all.size === 1 ? [...all][0] : "";
  }

  function filters() {
    const place = byId("stores-filters");
    const regions = [...new Set([...held.values()].map(({ region }) => region))].filter(Boolean).sort();
    const value = JSON.stringify(regions);
    if (!held.size || place.dataset.value === value) return;
    place.dataset.value = value;
    const options = regions.map((region) => element("option", region, { value: region }));
    const region = /** @type {HTMLSelectElement} */ (
      element("select", [element("option", t.say("All regions"), { value: "" }), ...options], {
        id: "stores-region",
        class: "control",
        "aria-label": t.say("Region"),
      })
    );
    region.value = t.address("region");
    region.hidden = !regions.length;
    const search = /** @type {HTMLInputElement} */ (
      element("input", "", {
        id: "stores-search",
        type: "search",
        class: "control",
        placeholder: t.say("Search a store"),
        "aria-label": t.say("Search a store"),
      })
    );
    search.value = t.address("search");
    region.addEventListener("change", () => choose("region", region.value));
    search.addEventListener("input", () => choose("search", search.value));
    place.replaceChildren(region, search);
  }

  /** @param {string} name @param {string} value */
  function choose(name, value) {
    t.keep(name, value, "");
    draw();
  }

  /** @param {StoreStanding[]} rows @param {string} state */
  function tiles(rows, state) {
    /** @param {(each: StoreStanding) => number | null} figure */
    const sum = (figure) => rows.reduce((total, each) => total + (figure(each) || 0), 0);
    const gross = t.amount(sum(({ gross }) => gross));
    const many = t.stores.many(rows.length);
    t.online.figure("stores-revenue", gross, t.format.money(gross), state, many);
    const compared = rows.filter(({ usual }) => usual !== null);
    const usual = compared.reduce((total, each) => total + (each.usual || 0), 0);
    const deviation = compared.reduce((total, each) => total + (each.deviation || 0), 0);
    const hour = until(rows);
    const part = usual > 0 ? `${t.format.percent(deviation / usual)} · ` : "";
    const hours = hour ? `${t.say("until")} ${hour}` : t.say("of the hours that are over");
    const text = t.amount(deviation);
    t.online.figure(
      "stores-deviation",
      compared.length ? text : null,
      t.stores.signed(deviation),
      state,
      compared.length ? `${part}${hours}` : t.say("no usual yet"),
    );
    const zero = rows.filter((each) => each.state === "zero").length;
    t.online.figure("stores-zero", zero, t.format.count(zero), state, t.say("in opening hours"));
    const behind = rows.filter((each) => each.part !== null && each.part <= FAR).length;
    t.online.figure("stores-behind", behind, t.format.count(behind), state, t.say("20% or more below"));
  }

  function draw() {
    const page = byId("stores-page");
    if (!page || !t.zone()) return;
    const why = old();
    const state = !answered ? (why ? "stale" : "waiting") : why ? "stale" : held.size ? "live" : "empty";
    page.dataset.state = state;
    byId("stores-fresh").dataset.state = state;
    const word = answered && `${t.say(why ? "figures as of" : "as of")} ${t.secondOf(readAt)}`;
    t.setText("stores-fresh", [why, word].filter(Boolean).join(" · ") || t.say("waiting for data"));
    t.showStatus();
    t.setText("stores-message", state === "empty" ? t.say("No store has sold yet, and none is declared.") : "");
    if (!held.size) return;
    filters();
    const rows = shown();
    tiles(rows, state);
    const now = JSON.stringify([known, t.address("region"), t.address("search")]);
    byId("stores-map-drawing").dataset.state = state;
    t.stores.map(rows);
    if (now !== looks || !byId("stores-place").dataset.drawn) {
      looks = now;
      const hour = until(rows);
      const said = hour ? `${t.say("compared until")} ${hour}` : t.say("compared by the hours that are over");
      t.setText("stores-until", `${t.stores.many(rows.length)} · ${said}`);
      t.stores.grid(rows, hour);
    }
  }

  const before = t.ownStatus;
  Object.assign(
    t,
    /** @satisfies {Partial<Tillstream>} */ ({
      ownStatus: () => {
        if (!byId("stores-page")) return before ? before() : null;
        const why = old();
        if (why) return { state: "stale", text: why, feeds: true };
        return answered
          ? { state: "live", text: "", feeds: true }
          : { state: "waiting", text: t.say("Waiting for data"), feeds: true };
      },
      stores: {
        ...t.stores,
        link: (id) => `${t.prefix}store?${t.inCurrency(new URLSearchParams({ id }))}`,
        many: (count, one = "store", more = "stores") =>
          `${t.format.count(count)} ${t.say(plural.select(count) === "one" ? one : more)}`,
        signed: (minor) => (minor > 0 ? "+" : "") + t.format.money(t.amount(minor)),
      },
    }),
  );

  /** One question after the other, each soon after the last. */
  async function again() {
    if (byId("stores-page") && !asking && !document.hidden && !t.paused()) await ask();
    draw();
    setTimeout(again, byId("stores-page") ? ASK_MS : 300);
  }
  setInterval(draw, DRAW_MS);
  document.addEventListener("frame", draw);
  again();
})();
