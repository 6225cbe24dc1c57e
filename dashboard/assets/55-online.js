/* The online shop: what is new is asked for twice a second and put to what is held. */
(function () {
  "use strict";
  const t = window.tillstream;
  const { byId } = t;
  const ASK_MS = 500;
  const ANSWER_MS = 3000;
  //: The server reads the rows each second; without a reading for so long nothing here is live.
  const OLD_SECONDS = 2.3;
  //: The events worker speaks each second.
  const SILENT_SECONDS = 2.5;
  const KEYED = ["minutes", "hours"];
  /** @type {OnlineView} */
  const view = { answer: null, answeredAt: 0, heardAt: 0, panels: {}, range: "hour" };
  let asking = false;

  const page = () => byId("online-page") || byId("channels-page");

  /** On the server's clock, gone on since it answered. */
  const now = () => (view.answer ? view.answer.at + (Date.now() - view.answeredAt) / 1000 : 0);

  /** @param {OnlineAnswer} answer */
  function take(answer) {
    if (answer.whole) view.panels = {};
    for (const [name, rows] of Object.entries(answer.panels)) {
      if (!KEYED.includes(name)) view.panels[name] = rows;
      else {
        const held = new Map((view.panels[name] || []).map((row) => [row[0], row]));
        for (const row of rows) held.set(row[0], row);
        view.panels[name] = [...held.values()].sort((a, b) => a[0] - b[0]);
      }
    }
    for (const [name, [first, end]] of Object.entries({ minutes: answer.hour, hours: answer.day }))
      view.panels[name] = (view.panels[name] || []).filter(([start]) => start >= first && start < end);
    view.answer = answer;
    view.answeredAt = Date.now();
  }

  async function ask() {
    if (!page() || !t.zone()) return;
    if (!t.paused() && !asking && !document.hidden) {
      asking = true;
      const wanted = byId("channels-page") ? "day" : t.address("range") === "day" ? "day" : "hour";
      const known = view.answer && wanted === view.range ? view.answer.known : "";
      try {
        const query = new URLSearchParams({ known, range: wanted });
        const response = await fetch(`${t.prefix}online/state?${query}`, { signal: AbortSignal.timeout(ANSWER_MS) });
        if (response.ok) view.heardAt = Date.now();
        if (response.status === 200) {
          view.range = wanted;
          take(await response.json());
        }
      } catch (error) {
        console.info("no answer", error);
      } finally {
        asking = false;
      }
    }
  }

  /** Live, stale and why, waiting, or empty. @type {() => { state: string, why: string, since: number | null }} */
  function standing() {
    const { answer } = view;
    if (!answer) return { state: "waiting", why: t.say("waiting for data"), since: null };
    const { readAt } = answer;
    const away = Date.now() - view.heardAt > 1000 * OLD_SECONDS;
    const why = t.say(away ? "The dashboard does not answer" : "The archive does not answer");
    if (readAt === null) {
      // Its first reading may take longer.
      const waiting = now() - answer.at < OLD_SECONDS && !away;
      return { state: waiting ? "waiting" : "stale", why: waiting ? t.say("waiting for data") : why, since: null };
    }
    if (t.paused()) return { state: "stale", why: t.say("Paused"), since: readAt };
    if (now() - readAt > OLD_SECONDS) return { state: "stale", why, since: readAt };
    if (answer.problem) return { state: "stale", why: t.visible(answer.problem), since: readAt };
    if (answer.empty) return { state: "empty", why: t.say("No events yet"), since: null };
    const heads = Object.values(answer.heads);
    if (!heads.some((head) => silentSince(head) === null)) {
      const since = heads.length ? Math.max(...heads.map(([asOf]) => asOf)) : null;
      return { state: "stale", why: t.say("the counting of events is not heard"), since };
    }
    return { state: "live", why: "", since: null };
  }

  /** When the worker was last heard of a window; null while it is heard. @param {OnlineHead} head */
  function silentSince([asOf]) {
    return view.answer && view.answer.at - asOf > SILENT_SECONDS ? asOf : null;
  }

  /** State of the cards of a window, and its words. @type {Tillstream["online"]["card"]} */
  function card(window) {
    const whole = standing();
    if (whole.state === "waiting" || whole.state === "empty") return { state: "waiting", text: "" };
    const head = view.answer && view.answer.heads[window];
    const until = head && head[1] !== null ? `${t.say("complete until")} ${t.minuteOf(head[1])}` : "";
    if (whole.state === "stale")
      return {
        state: "stale",
        text: whole.since === null ? whole.why : `${t.say("stale since")} ${t.secondOf(whole.since)}`,
      };
    if (!head) return { state: "stale", text: t.say("the counting of events is not heard") };
    const silent = silentSince(head);
    if (silent !== null) return { state: "stale", text: `${t.say("stale since")} ${t.secondOf(silent)}` };
    if (head[2]) return { state: "stale", text: t.visible(head[2]) };
    return { state: "live", text: until };
  }

  /** The page and its line of words say the same. @param {string} window whose completeness is told */
  function showStanding(window) {
    const { state, why, since } = standing();
    page().dataset.state = state;
    const fresh = byId("online-fresh");
    fresh.dataset.state = state;
    const head = view.answer && view.answer.heads[window];
    const parts = [why];
    if (state === "live" && view.answer) parts.push(`${t.say("as of")} ${t.secondOf(view.answer.readAt || 0)}`);
    else if (since !== null) parts.push(`${t.say("figures as of")} ${t.secondOf(since)}`);
    if (head && head[1] !== null && since !== null) parts.push(`${t.say("complete until")} ${t.secondOf(head[1])}`);
    else if (head && head[1] !== null && state === "live")
      parts.push(`${t.say("complete until")} ${t.secondOf(head[1])}`);
    t.setText("online-fresh", parts.filter(Boolean).join(" · "));
    t.showStatus();
  }

  /** For the header. @type {Tillstream["ownStatus"]} */
  function ownStatus() {
    if (!page()) return null;
    const { state, why, since } = standing();
    const feeds = Boolean(byId("channels-page"));
    if (state === "live") return { state: "live", text: "", feeds };
    if (state === "stale")
      return { state: "stale", text: since === null ? why : `${t.say("Stale since")} ${t.secondOf(since)}`, feeds };
    return { state: "waiting", text: t.say("Waiting for data"), feeds };
  }

  /** Exact sum of decimal texts. @type {Tillstream["online"]["sum"]} */
  function sum(texts) {
    const places = Math.max(2, ...texts.map((text) => (text.split(".")[1] || "").length));
    const total = texts.reduce((known, text) => {
      const [whole, rest = ""] = text.split(".");
      return known + BigInt(whole + rest.padEnd(places, "0"));
    }, 0n);
    const digits = String(total < 0n ? -total : total).padStart(places + 1, "0");
    return `${total < 0n ? "-" : ""}${digits.slice(0, -places)}.${digits.slice(-places)}`;
  }

  /** A tile. @type {Tillstream["online"]["figure"]} */
  function figure(id, value, text, state, note) {
    const element = byId(id);
    Object.assign(element.dataset, { value: value === null ? "" : String(value), state });
    t.setText(id, value === null ? "–" : text);
    t.setText(`${id}-note`, note);
  }

  /** A table whose rows have changed. @type {Tillstream["online"]["table"]} */
  function table(id, rows, cells, said = "") {
    const element = byId(id);
    const { state, text } = card(element.dataset.window);
    element.dataset.state = state;
    t.setText(`${id}-until`, [said, text].filter(Boolean).join(" · "));
    const value = rows ? JSON.stringify(rows) : "";
    if (element.dataset.value === value && element.dataset.drawn) return;
    Object.assign(element.dataset, { value, drawn: "1" });
    const empty = t.say(rows ? "none" : "not set up here");
    const none = t.element("tr", t.element("td", empty, { class: "empty", colspan: 5 }));
    const made = (rows || []).map((row) => t.element("tr", cells(row, rows || [])));
    byId(`${id}-rows`).replaceChildren(...(made.length ? made : [none]));
  }

  /** @type {Map<string, string>} */
  const pictures = new Map();
  /** A plot that would look different. @type {Tillstream["online"]["plot"]} */
  function plot(id, figure) {
    if (pictures.get(id) === figure.looks) return;
    if (t.drawPlot(id, figure)) pictures.set(id, figure.looks);
  }

  Object.assign(
    t,
    /** @satisfies {Partial<Tillstream>} */ ({
      ownStatus,
      online: { view, standing, card, showStanding, sum, figure, table, plot },
    }),
  );

  setInterval(ask, ASK_MS);
})();
