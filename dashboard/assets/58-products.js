/* The page Products: asks what is new, holds it, says how fresh it is; draws tiles and the plot. */
(function () {
  "use strict";
  const t = window.tillstream;
  const { byId, element, format } = t;
  const ASK_MS = 2000;
  //: Until the first answer has something.
  const SOON_MS = 300;
  const ANSWER_MS = 3000;
  //: The server reads every 2 s; without a reading for so long the figures are old.
  const OLD_SECONDS = 6;
  const PLOTTED = 15;
  /** @type {ProductsView} */
  const view = { scope: "", known: "", readAt: null, heardAt: 0, parts: {}, names: new Map() };
  let asking = false;
  let askedAt = 0;
  let drawn = "";

  const scope = () =>
    t.inCurrency(new URLSearchParams({ region: t.address("region"), store: t.address("store") })).toString();

  async function ask() {
    if (!byId("products-page") || t.paused() || asking || document.hidden) return;
    const wanted = scope();
    if (wanted !== view.scope)
      Object.assign(view, { scope: wanted, known: "", readAt: null, parts: {}, names: new Map() });
    const waits = view.parts.products && view.parts.soldOut && view.parts.pairs ? ASK_MS : SOON_MS;
    if (Date.now() - askedAt < waits && view.known) return;
    asking = true;
    askedAt = Date.now();
    try {
      const query = `${wanted}&known=${encodeURIComponent(view.known)}`;
      const response = await fetch(`${t.prefix}products/state?${query}`, { signal: AbortSignal.timeout(ANSWER_MS) });
      if (!response.ok || wanted !== view.scope) return;
      view.heardAt = Date.now();
      const readAt = response.headers.get("X-Read-At");
      view.readAt = readAt ? Number(readAt) : null;
      if (response.status === 200) {
        const answer = await response.json();
        view.known = answer.known;
        Object.assign(view.parts, answer.parts);
        const { products } = view.parts;
        if (answer.parts.products && products) view.names = new Map(products.rows.map((row) => [row[0], row[1]]));
      }
    } catch (error) {
      console.info("no answer", error);
    } finally {
      asking = false;
      draw();
    }
  }

  /** @returns {{ state: string, why: string, since?: number }} */
  function standing() {
    const frame = t.frame();
    const { products } = view.parts;
    if (!products || view.readAt === null || !frame) return { state: "waiting", why: t.say("waiting for data") };
    if (t.paused()) return { state: "stale", why: t.say("Paused") };
    if (Date.now() - view.heardAt > 1000 * OLD_SECONDS)
      return { state: "stale", why: t.say("The dashboard does not answer") };
    if (frame.archive || frame.at - view.readAt > OLD_SECONDS)
      return { state: "stale", why: t.say("The archive does not answer") };
    // The figures are written by whoever counts; while that is silent they do not move.
    if (frame.feeds.count && frame.feeds.count[0] === "stale")
      return { state: "stale", why: t.say("the counting is not heard"), since: frame.feeds.count[1] };
    return { state: products.rows.length ? "live" : "empty", why: "" };
  }

  /** A product's name with its code beside it. @type {Tillstream["products"]["named"]} */
  function named(code) {
    const name = view.names.get(code) || "";
    const title = t.visible(name || code) || t.say("not known");
    return name && name !== code ? [title, " ", element("small", t.visible(code), { class: "code" })] : [title];
  }

  /** @param {number} milli @returns {string} */
  const pieces = (milli) => (milli % 1000 === 0 ? format.count(milli / 1000) : format.decimal(milli / 1000));

  /** Amount and part by which a product is off its usual. @type {Tillstream["products"]["change"]} */
  function change(row) {
    const [compared, usual] = [row[5], row[7]];
    if (compared === null || usual === null) return ["–", "–"];
    const off = Math.round(compared - usual);
    const sign = off > 0 ? "+" : "";
    const part = usual > 0 ? `${sign}${format.percent(compared / usual - 1)}` : t.say("new");
    return [sign + format.minor(off), part];
  }

  /** What is compared, in words. */
  function compared() {
    const { products } = view.parts;
    if (!products || products.way === "none") return t.say("nothing usual to compare with yet");
    const until = `${t.say("until")} ${products.until}`;
    return products.way === "hours" ? until : `${until}, ${t.say("usual day by its usual share until then")}`;
  }

  /** @param {string} id @param {unknown} value @param {string} text @param {string} note */
  function tile(id, value, text, note) {
    t.online.figure(id, value, text, byId("products-page").dataset.state || "", note);
  }

  function tiles() {
    const { products, soldOut } = t.products.within(view);
    if (!products) return;
    const { rows } = products;
    const sum = (/** @type {number} */ place) => rows.reduce((all, row) => all + (row[place] || 0), 0);
    const gross = sum(2) + products.other;
    const usual = products.way === "none" ? "" : `${t.say("usual")} ${format.minor(Math.round(sum(7)))} ${compared()}`;
    tile("products-revenue", t.amount(gross), format.minor(gross), usual || t.say("gross"));
    const sold = rows.filter((row) => row[4] !== null).length;
    const before = rows.filter((row) => row[7] > 0).length;
    tile(
      "products-sold",
      sold,
      format.count(sold),
      products.way === "none" ? "" : `${t.say("usual")} ${format.count(before)}`,
    );
    const units = sum(3);
    const mean =
      products.way === "none"
        ? ""
        : `${t.say("usual")} ${format.count(sum(8) / 1000)} ${t.say("until")} ${products.until}`;
    tile("products-units", units / 1000, pieces(units), mean);
    const best = rows[0];
    tile("products-best", best ? best[0] : null, best ? nameOf(best[0]) : "", best ? format.minor(best[2]) : "");
    const worst = rows.find((row) => row[0] === products.falling[0]);
    const fall = worst ? change(worst).join(" · ") : t.say("none");
    tile("products-falling", worst ? worst[0] : null, worst ? nameOf(worst[0]) : "", fall);
    const number = soldOut ? soldOut.number : null;
    const chance =
      soldOut && soldOut.watched ? `${format.count(Math.round(soldOut.watched / 100))} ${t.say("by chance")}` : "";
    tile("products-missing", number, number === null ? "" : format.count(number), chance);
  }

  /** @param {string} code */
  const nameOf = (code) => t.visible(view.names.get(code) || code) || t.say("not known");

  function plot() {
    const { products } = t.products.within(view);
    if (!products) return;
    byId("products-plot-drawing").dataset.state = byId("products-page").dataset.state;
    t.setText("products-plot-until", compared());
    const place = products.way === "none" ? 2 : 5;
    const largest = [...products.rows].sort((a, b) => b[place] - a[place]).slice(0, PLOTTED);
    /** @type {Bar[]} */
    const bars = largest.map((row) => [nameOf(row[0]), t.amount(row[place])]);
    const { data, layout } = t.namedBars("products-plot", bars);
    const usual = largest.map((row) => (row[7] === null ? null : t.units(row[7])));
    const marks = { ...t.basePlot("products-plot").data[1], x: usual, y: usual.map((_, at) => at) };
    const range = t.axes.bars([...bars.map(([, amount]) => Number(amount)), ...usual.map(Number)]);
    layout.xaxis = { ...layout.xaxis, range };
    const beyond = bars.map(([, amount], at) => Math.max(Number(amount), usual[at] || 0));
    const texts = {
      ...t.basePlot("products-plot").data[2],
      x: beyond,
      y: marks.y,
      text: bars.map(([, amount]) => `\u00a0${format.money(amount)}`),
    };
    const figure = { data: [data[0], marks, texts], layout, looks: JSON.stringify([bars, usual]) };
    t.online.plot("products-plot", figure);
  }

  function draw() {
    const page = byId("products-page");
    if (!page || !t.zone()) return;
    const { state, why, since = view.readAt } = standing();
    page.dataset.state = state;
    const fresh = byId("products-fresh");
    fresh.dataset.state = state === "live" || state === "empty" ? "live" : state;
    const at = since === null ? "" : t.secondOf(since);
    t.setText(
      "products-fresh",
      state === "live" || state === "empty"
        ? `${t.say("as of")} ${at}`
        : [why, at && `${t.say("figures as of")} ${at}`].filter(Boolean).join(" · "),
    );
    t.products.choices(view);
    // What is focused or read is not drawn again without need.
    const looks = JSON.stringify([view.scope, view.known, state, location.search, t.zone()]);
    if (looks === drawn && page.dataset.drawn) return;
    drawn = looks;
    page.dataset.drawn = "1";
    tiles();
    plot();
    t.products.tables(view);
  }

  t.products = { named, change, pieces, compared, draw, within: () => view.parts, choices: () => {}, tables: () => {} };
  setInterval(ask, 100);
  setInterval(draw, 500);
  document.addEventListener("frame", draw);
})();
