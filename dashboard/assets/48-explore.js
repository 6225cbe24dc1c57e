/* A window's rows: asked for once, then what changed; filters, range and form stand in the address. */
(function () {
  "use strict";
  const t = window.tillstream;
  const { byId, format } = t;
  const ASK_MS = 2000;
  const ANSWER_MS = 15_000;
  //: Rows of one commit are stored one after another: what changed is asked for from so long ago, ms.
  const SETTLED_MS = 4000;
  //: What the worker says comes each second; without it for so long, it is not heard, seconds.
  const SILENT_SECONDS = 5;
  const PREFIX = "key.";
  const USUAL_LAST = "86400";
  /** @type {Explored} */
  const view = {
    rows: new Map(),
    window: { name: "", seconds: 1, keys: [], figures: [], chart: [] },
    more: false,
    from: 0,
    to: 0,
    drawn: "",
  };
  /** @type {{ at: number, change: number }[]} */
  let changes = [];
  //: Grows with each question for everything: an answer to an older one is dropped.
  let question = 0;

  const fixed = () => Boolean(t.address("from") && t.address("to"));
  const last = () => Number(t.address("last") || USUAL_LAST);
  /** @param {string} key */
  const filterOf = (key) => new URLSearchParams(location.search).get(PREFIX + key);

  /** @param {string} path @param {Record<string, string>} query */
  async function ask(path, query) {
    const url = `${t.prefix}explore/${path}?${new URLSearchParams(query)}`;
    const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS) });
    if (response.status === 400) throw new TypeError((await response.json()).problem);
    if (!response.ok) throw new Error(`status ${response.status}`);
    return response.json();
  }

  function asked() {
    /** @type {Record<string, string>} */
    const query = { window: view.window.name };
    for (const key of view.window.keys) {
      const value = filterOf(key);
      if (value !== null) query[PREFIX + key] = value;
    }
    if (fixed()) {
      query.first = String(Date.parse(t.address("from")) / 1000);
      query.end = String(Date.parse(t.address("to")) / 1000);
    }
    return query;
  }

  /* Everything of the range. */
  async function load() {
    const own = (question += 1);
    const query = asked();
    if (!fixed() && last()) query.last = String(last());
    const found = await ask("rows", query);
    if (own !== question) return;
    view.rows = new Map(found.rows.map((/** @type {Row} */ row) => [row[0], row]));
    view.more = found.more;
    changes = [{ at: Date.now(), change: found.change }];
    told(found);
  }

  /* Only what changed since; of a range that moves on, what has left it goes. */
  async function refresh() {
    if (!changes.length) return load();
    const own = question;
    const settled = changes.filter(({ at }) => Date.now() - at > SETTLED_MS);
    const since = (settled.length ? settled[settled.length - 1] : changes[0]).change;
    const found = await ask("rows", { ...asked(), since: String(since) });
    if (own !== question) return;
    if (found.more) return load();
    for (const row of found.rows) view.rows.set(row[0], row);
    changes = changes.slice(changes.findIndex((each) => each.change === since));
    if (found.change > changes[changes.length - 1].change) changes.push({ at: Date.now(), change: found.change });
    else if (changes.length === 1) changes[0].change = found.change;
    if (!fixed() && last()) {
      const newest = Math.max(...[...view.rows.values()].map((row) => row[1]));
      for (const [id, row] of view.rows) if (row[1] <= newest - last()) view.rows.delete(id);
    }
    told(found);
  }

  /** @param {ExploredRows} found */
  function told(found) {
    const page = byId("explore-page");
    if (!page) return;
    const starts = [...view.rows.values()].map((row) => row[1]);
    if (fixed()) [view.from, view.to] = [asked().first, asked().end].map(Number);
    else if (starts.length) [view.from, view.to] = [Math.min(...starts), Math.max(...starts) + view.window.seconds];
    const narrowed = fixed() || view.window.keys.some((key) => filterOf(key) !== null);
    page.dataset.state = view.rows.size || narrowed ? "live" : "empty";
    page.dataset.rows = String(view.rows.size);
    t.setText("explore-message", view.rows.size || !narrowed ? "" : t.say("No row of these keys and this time."));
    heard(found);
    t.exploreOffer(view);
    draw();
  }

  /** What the worker last said. @param {ExploredRows} found */
  function heard(found) {
    const said = found.heard;
    for (const name of ["events", "late", "setAside", "expired"]) {
      const tile = byId(`explore-${name}`);
      tile.dataset.value = said ? String(said[name]) : "";
      t.setText(`explore-${name}`, said ? format.count(said[name]) : "–");
    }
    const fresh = byId("explore-fresh");
    const silent = !said || found.readAt - said.asOf > SILENT_SECONDS;
    fresh.dataset.state = silent ? "stale" : said.stale ? "stale" : "live";
    if (!said) return t.setText("explore-fresh", t.say("the counting of events is not heard"));
    const parts = [`${t.say(silent ? "stale since" : "as of")} ${t.secondOf(said.asOf)}`];
    if (said.completeUntil !== null) parts.push(`${t.say("complete until")} ${t.secondOf(said.completeUntil)}`);
    if (said.logOffset !== null && said.nextOffset !== null) {
      const behind = Math.max(0, said.logOffset + 1 - said.nextOffset);
      if (behind) parts.push(`${format.count(behind)} ${t.say("messages behind")}`);
    }
    if (said.stale) parts.push(t.visible(said.stale));
    return t.setText("explore-fresh", parts.join(" · "));
  }

  /* Draw only what would look different: nothing blinks, nothing that is focused is replaced. */
  function draw() {
    if (!document.querySelector("#explore-chart .js-plotly-plot, #explore-chart.js-plotly-plot")) {
      setTimeout(draw, 100);
      return;
    }
    for (const button of document.querySelectorAll("[data-last]")) {
      const own = /** @type {HTMLElement} */ (button).dataset.last === String(last());
      button.setAttribute("aria-pressed", String(own && !fixed()));
    }
    byId("explore-lines").setAttribute("aria-pressed", String(t.address("as") === "lines"));
    t.exploreChart(view);
    t.exploreTable(view);
  }

  /** Change what the address says, and show it. @param {Record<string, string | null>} changed */
  function go(changed) {
    const query = new URLSearchParams(location.search);
    for (const [name, value] of Object.entries(changed)) {
      if (value === null) query.delete(name);
      else query.set(name, value);
    }
    history.replaceState(history.state, "", `${location.pathname}?${query}`);
    const asksAnew = Object.keys(changed).some((name) => /^(last|from|to|key\..*)$/.test(name));
    if (asksAnew) attempt(load);
    else draw();
    t.exploreChoices(view);
  }

  /** @param {number} from @param {number} to */
  function range(from, to) {
    const iso = (/** @type {number} */ at) =>
      new Date(Math.max(0, Math.round(at)) * 1000).toISOString().slice(0, 19) + "Z";
    if (to - from >= 1) go({ from: iso(from), to: iso(to), page: null });
  }

  /** @param {() => Promise<void>} step */
  async function attempt(step) {
    try {
      await step();
      return true;
    } catch (error) {
      const wrong = error instanceof TypeError && !String(error.message).includes("fetch");
      console.info("no rows", error);
      lost(wrong ? t.visible(/** @type {Error} */ (error).message) : t.say("The archive is away. Trying again."));
      return false;
    }
  }

  /** What stands here is not of now. @param {string} why */
  function lost(why) {
    const page = byId("explore-page") || byId("explore-list");
    if (page) page.dataset.state = "stale";
    t.setText("explore-message", why);
  }

  /** Where the page stands, the next question follows. @param {() => Promise<void>} step */
  async function again(step) {
    if (!byId("explore-page") && !byId("explore-list")) return;
    if (!t.paused() && !document.hidden) await attempt(step);
    setTimeout(() => again(step), ASK_MS);
  }

  /* The list: what was heard of each window. */
  async function overview() {
    const found = await ask("state", {});
    byId("explore-list").dataset.state = "live";
    t.setText("explore-message", "");
    for (const [name, said] of Object.entries(found.windows)) {
      for (const figure of ["events", "late", "setAside"])
        t.setText(`explore-${name}-${figure}`, format.count(said[figure]));
      const silent = found.readAt - said.asOf > SILENT_SECONDS;
      t.setText(`explore-${name}-asOf`, `${silent ? `${t.say("stale since")} ` : ""}${t.secondOf(said.asOf)}`);
    }
  }

  Object.assign(t, /** @satisfies {Partial<Tillstream>} */ ({ explore: { go, range, prefix: PREFIX, filterOf } }));

  /* Dash draws the page some time after this script has run; the zone comes with a first frame. */
  const starting = setInterval(() => {
    if (!t.prefix || !document.querySelector("#page footer") || !t.zone()) return;
    clearInterval(starting);
    const page = byId("explore-page");
    if (byId("explore-list")) again(overview);
    if (!page) return;
    view.window = JSON.parse(page.dataset.window);
    t.exploreControls(view);
    t.exploreChoices(view);
    again(refresh);
    // A question that was asked before waits long.
    document.addEventListener("frame", () => {
      if (byId("explore-page") && t.archiveSilent()) lost(t.say("The archive is away. Trying again."));
    });
  }, 50);
})();
