/* The page Days: asks for the range that the address names, and says how fresh the answer is. */
(function () {
  "use strict";
  const t = window.tillstream;
  const { byId, element } = t;
  const ASK_MS = 5000;
  const ANSWER_MS = 15_000;
  //: Without an answer for so long, what stands here is old, ms.
  const OLD_MS = 12_000;
  const USUAL = { range: "30d", by: "day", figure: "gross" };
  /** @type {DaysAnswer | null} */
  let found = null;
  let heardAt = 0;
  let problem = "";
  let away = false;
  //: Grows with each question: an answer to an older one is dropped.
  let question = 0;
  let asking = false;
  /** What stands on the page, and by which figure. @type {[DaysAnswer | null, string]} */
  let drawn = [null, ""];

  const figure = () => (byId(`days-figure-${t.address("figure")}`) ? t.address("figure") : USUAL.figure);

  /** The address of the page with some of it changed; what is empty goes. @type {Tillstream["days"]["link"]} */
  function link(changed) {
    const query = new URLSearchParams(location.search);
    for (const [key, value] of Object.entries(changed)) {
      if (value) query.set(key, value);
      else query.delete(key);
    }
    const text = query.toString();
    return location.pathname + (text ? `?${text}` : "");
  }
  t.days.link = link;

  /** @param {Record<string, string>} changed */
  function go(changed) {
    history.replaceState(history.state, "", link(changed));
    byId("days-page").dataset.asking = "true";
    pressed();
    ask();
  }

  async function ask() {
    const own = (question += 1);
    asking = true;
    const query = t.inCurrency(new URLSearchParams());
    for (const key of ["from", "to", "range", "by", "store", "region"])
      if (t.address(key)) query.set(key, t.address(key));
    try {
      const response = await fetch(`${t.prefix}days/state?${query}`, { signal: AbortSignal.timeout(ANSWER_MS) });
      if (own !== question) return;
      if (response.status === 400) {
        problem = (await response.json()).problem;
        found = null;
      } else if (response.ok) {
        found = await response.json();
        heardAt = Date.now();
        problem = "";
        away = false;
      } else away = true;
    } catch (error) {
      console.info("no days", error);
      if (own === question) away = true;
    }
    if (own !== question || !byId("days-page")) return;
    asking = false;
    delete byId("days-page").dataset.asking;
    draw();
  }

  /** @param {string} text @param {string} command */
  const advice = (text, command) => [`${text} `, element("code", command), " "];

  function message() {
    if (problem) return [t.visible(problem)];
    if (!found) return away ? [t.say("The archive is away. Trying again.")] : [];
    /** @type {(string | HTMLElement)[]} */
    const said = [];
    const { missing = 0, unknown = 0 } = found.states;
    if (missing) {
      const text = `${missing} ${t.say("days have receipts, but no figures. This makes them:")}`;
      said.push(...advice(text, "python -m analytics recount"));
    }
    if (unknown && unknown < Object.values(found.states).reduce((sum, number) => sum + number, 0)) {
      const text = t.say("days have no figures: nothing was sold, or they are older than the receipts at hand.");
      said.push(`${unknown} ${text} `);
    }
    if (found.narrowTo) {
      const text = t.say("Categories, products and hours of these stores are shown of so many days at most:");
      said.push(`${text} ${found.narrowTo}.`);
    }
    return said;
  }

  function draw() {
    const page = byId("days-page");
    if (!page) return;
    const said = message();
    const box = byId("days-message");
    const text = said.map((each) => (typeof each === "string" ? each : each.textContent)).join("");
    if (box.textContent !== text) box.replaceChildren(...said);
    if (!found) {
      page.dataset.state = problem || away ? "stale" : "waiting";
      t.setText("days-fresh", t.say(problem ? "no answer" : "waiting for data"));
      return;
    }
    if (!t.zone()) t.useZone(found.zone);
    const frame = t.frame();
    const old = away || Date.now() - heardAt > OLD_MS || t.paused() || Boolean(frame && frame.archive);
    const sold = found.groups.some((group) => group[4]);
    const state = old ? "stale" : sold || found.states.missing ? "live" : "empty";
    page.dataset.state = state;
    byId("days-fresh").dataset.state = state === "stale" ? "stale" : "live";
    t.setText("days-fresh", `${t.say(old ? "stale since" : "as of")} ${t.secondOf(found.readAt)}`);
    const graph = document.querySelector("#days-plot .js-plotly-plot, #days-plot.js-plotly-plot");
    if (graph && (drawn[0] !== found || drawn[1] !== figure()) && t.days.draw(found, figure()))
      drawn = [found, figure()];
    for (const shown of document.querySelectorAll("#days-page :is(.figure, table.rows, .still-frame)"))
      /** @type {HTMLElement} */ (shown).dataset.state = old ? "stale" : "live";
    dated();
  }

  /** The dates of the range, unless their reader is writing one. */
  function dated() {
    if (!found) return;
    for (const [id, day] of [
      ["days-from", found.first],
      ["days-to", found.last],
    ]) {
      const input = byId(id);
      if (input && document.activeElement !== input && input.value !== day) input.value = day;
    }
  }

  function pressed() {
    const fixed = Boolean(t.address("from") || t.address("to"));
    for (const button of /** @type {NodeListOf<HTMLElement>} */ (
      document.querySelectorAll("#days-page [aria-pressed]")
    )) {
      const { range, by, figure: own } = button.dataset;
      const on = range
        ? !fixed && range === (t.address("range") || USUAL.range)
        : by
          ? by === (t.address("by") || USUAL.by)
          : own === figure();
      button.setAttribute("aria-pressed", String(on));
    }
  }

  /** From, to, and whose figures. */
  function controls() {
    const dates = ["from", "to"].map((about) => {
      const input = element("input", "", { id: `days-${about}`, type: "date", class: "control" });
      input.addEventListener("change", () => {
        const [first, last] = [byId("days-from").value, byId("days-to").value];
        if (first && last) go({ from: first, to: last, range: "" });
      });
      return element("label", [`${t.say(about === "from" ? "From" : "To")} `, input]);
    });
    const whose = element("select", [element("option", t.say("All stores"), { value: "" })], {
      id: "days-whose",
      class: "control",
    });
    whose.addEventListener("change", () => {
      const [kind, ...rest] = byId("days-whose").value.split(":");
      go({ store: kind === "store" ? rest.join(":") : "", region: kind === "region" ? rest.join(":") : "" });
    });
    byId("days-choices").replaceChildren(...dates, element("label", [`${t.say("Of")} `, whose]));
    chosen(whose);
    offer(whose);
  }

  /** What the address names is chosen, also before it is known which there are. @param {HTMLElement} whose */
  function chosen(whose) {
    const [store, region] = [t.address("store"), t.address("region")];
    const value = store ? `store:${store}` : region ? `region:${region}` : "";
    const select = /** @type {HTMLSelectElement} */ (whose);
    if (![...select.options].some((option) => option.value === value))
      select.append(element("option", t.visible(store || region), { value }));
    select.value = value;
  }

  /** @param {HTMLElement} whose */
  async function offer(whose) {
    try {
      const address = `${t.prefix}days/choices?${t.inCurrency(new URLSearchParams())}`;
      const response = await fetch(address, { signal: AbortSignal.timeout(ANSWER_MS) });
      if (!response.ok) throw new Error(`status ${response.status}`);
      /** @type {{ regions: string[], stores: [string, string][] }} */
      const { regions, stores } = await response.json();
      /** @type {(label: string, options: [string, string][]) => HTMLElement[]} */
      const group = (label, options) =>
        options.length
          ? [
              element(
                "optgroup",
                options.map(([value, text]) => element("option", t.visible(text), { value })),
                { label: t.say(label) },
              ),
            ]
          : [];
      whose.replaceChildren(
        element("option", t.say("All stores"), { value: "" }),
        ...group(
          "Regions",
          regions.map((each) => [`region:${each}`, each]),
        ),
        ...group(
          "Stores",
          stores.map(([store, title]) => [`store:${store}`, title === store ? store : `${title} (${store})`]),
        ),
      );
      chosen(whose);
    } catch (error) {
      console.info("no choices", error);
      setTimeout(() => offer(whose), ASK_MS);
    }
  }

  document.addEventListener("days-narrow", (event) => {
    const key = /** @type {CustomEvent} */ (event).detail;
    const group = found && found.groups.find((each) => each[0] === key);
    if (group) go({ from: group[1], to: group[2], range: "", by: "" });
  });

  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element && event.target.closest("#days-page [aria-pressed]");
    if (!(button instanceof HTMLElement)) return;
    const { range, by, figure: own } = button.dataset;
    if (own) {
      t.keep("figure", own, USUAL.figure);
      pressed();
      draw();
    } else if (range) go({ range: range === USUAL.range ? "" : range, from: "", to: "" });
    else go({ by: by === USUAL.by ? "" : by || "" });
  });
  document.addEventListener("frame", draw);
  function again() {
    if (byId("days-page") && !byId("days-from")) {
      controls();
      pressed();
    }
    if (byId("days-page") && !asking && !document.hidden && !t.paused() && Date.now() - heardAt > ASK_MS) ask();
    draw();
    setTimeout(again, 500);
  }
  again();
})();
