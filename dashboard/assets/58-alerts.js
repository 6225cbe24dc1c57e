/* The page Alerts: what is open, what has ended, who looks after it; and how many, in every header. */
(function () {
  "use strict";
  const t = window.tillstream;
  const { byId, element } = t;
  const ASK_MS = 2000;
  const COUNT_MS = 10_000;
  const ANSWER_MS = 10_000;
  const NAME = "tillstream-name";
  const COUNTS = '.way[href="/alerts"], #ways-menu-summary';
  /** @type {AlertsState | null} */
  let found = null;
  let drawn = "";
  let said = "";

  /** @param {Alert} alert */
  function wanted(alert) {
    const [severity, store] = [t.address("severity"), t.address("store")];
    return (!severity || alert.severity === severity) && (!store || alert.store === store);
  }
  /** @param {Alert} alert */
  const text = (alert) => t.visible(alert.texts[t.language()] || alert.texts.en || alert.rule);

  /** @param {Alert} alert */
  function named(alert) {
    const parts = [element("span", text(alert), {})];
    const beneath = [element("small", t.say(alert.kind), { title: t.visible(alert.rule) })];
    for (const [target, state] of alert.unsent)
      beneath.push(
        element("small", `${t.say("message not sent:")} ${t.visible(target)} (${t.say(state)})`, { class: "unsent" }),
      );
    if (alert.store) {
      const store = element("button", "⌕", {
        type: "button",
        class: "control only-store",
        "aria-label": `${t.say("Store")} ${t.visible(alert.store)}`,
        title: `${t.say("Store")} ${t.visible(alert.store)}`,
      });
      store.addEventListener("click", () => choose("store", t.address("store") === alert.store ? "" : alert.store));
      parts.push(store);
    }
    return element("th", [...parts, ...beneath], { scope: "row", class: "name" });
  }

  /** @param {Alert} alert */
  function lookedAfter(alert) {
    if (alert.acknowledgedAt !== null)
      return element("td", `${t.visible(alert.acknowledgedBy)}, ${t.minuteOf(alert.acknowledgedAt)}`, {
        class: "number",
      });
    const button = element("button", t.say("Acknowledge"), { type: "button", class: "control", "data-id": alert.id });
    button.addEventListener("click", () => acknowledge([alert.id]));
    return element("td", button, { class: "number" });
  }

  /** @param {Alert} alert */
  function row(alert) {
    const severity = element("span", t.say(alert.severity), { class: "severity-name" });
    return element(
      "tr",
      [
        named(alert),
        element("td", severity, { class: "number" }),
        element("td", t.secondOf(alert.beganAt), { class: "number" }),
        alert.endedAt === null ? lookedAfter(alert) : element("td", t.secondOf(alert.endedAt), { class: "number" }),
      ],
      { "data-alert": alert.id, "data-severity": alert.severity, "data-taken": String(alert.acknowledgedAt !== null) },
    );
  }

  /** @param {string} text */
  const empty = (text) => element("tr", element("td", t.say(text), { colspan: 4, class: "nothing" }), {});

  function draw() {
    if (!found || !byId("alerts-page")) return;
    byId("alerts-page").dataset.state = found.silent ? "stale" : "live";
    byId("alerts-fresh").dataset.state = found.silent ? "stale" : "live";
    const at = found.silent ? found.seenAt : found.readAt;
    t.setText("alerts-fresh", at === null ? "" : `${t.say(found.silent ? "stale since" : "as of")} ${t.secondOf(at)}`);
    const silent = found.silent ? t.say("The watcher of alerts is silent: nothing is judged and nothing is sent.") : "";
    t.setText("alerts-message", said || silent);
    t.setText(
      "alerts-targets",
      found.targets
        .map(
          (each) =>
            `${t.say("Target fails:")} ${t.visible(each.name)}, ${t.say("since")} ${t.secondOf(each.failingSince)}${t.say(":")} ${t.say(each.reason)}`,
        )
        .join(" · "),
    );
    field();
    for (const button of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(".control.severity")))
      button.setAttribute("aria-pressed", String(button.dataset.severity === t.address("severity")));
    const looks = JSON.stringify([found.alerts, found.open, location.search]);
    if (looks === drawn && byId("alerts-open-rows").childElementCount) return;
    drawn = looks;
    const focused = document.activeElement instanceof HTMLElement ? document.activeElement.dataset.id : undefined;
    const shown = found.alerts.filter(wanted);
    const open = shown.filter((alert) => alert.endedAt === null);
    const ended = shown.filter((alert) => alert.endedAt !== null);
    const left = found.open - found.alerts.filter((alert) => alert.endedAt === null).length;
    const more = left > 0 ? [empty(t.say("and {} more").replace("{}", t.format.count(left)))] : [];
    byId("alerts-open-rows").replaceChildren(...(open.length ? open.map(row) : [empty("Nothing is wrong.")]), ...more);
    byId("alerts-ended-rows").replaceChildren(...(ended.length ? ended.map(row) : [empty("No alert has ended yet.")]));
    for (const [name, { length }] of Object.entries({ open, ended }))
      t.setText(`alerts-${name}-number`, `${t.format.count(length)} ${t.say(length === 1 ? "alert" : "alerts")}`);
    byId("alerts-all").disabled = !open.some((alert) => alert.acknowledgedAt === null);
    if (focused) {
      const again = document.querySelector(`[data-id="${CSS.escape(focused)}"]`);
      if (again) /** @type {HTMLElement} */ (again).focus();
    }
  }

  /* The reader's name: kept by the browser, since one sign-in serves all. */
  function field() {
    const place = byId("alerts-name-place");
    if (!place || byId("alerts-name")) return;
    const input = /** @type {HTMLInputElement} */ (
      element("input", "", { id: "alerts-name", class: "control", maxlength: place.dataset.most, autocomplete: "name" })
    );
    input.value = localStorage.getItem(NAME) || "";
    input.addEventListener("change", () => localStorage.setItem(NAME, input.value.trim()));
    place.replaceChildren(input);
  }

  /** @param {string[]} ids */
  async function acknowledge(ids) {
    const by = byId("alerts-name").value.trim();
    said = by ? "" : t.say("Write your name first.");
    if (!by) {
      byId("alerts-name").focus();
      draw();
      return;
    }
    try {
      const response = await fetch(`${t.prefix}alerts/acknowledge`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ ids, by }),
        signal: AbortSignal.timeout(ANSWER_MS),
      });
      if (!response.ok) throw new Error(`status ${response.status}`);
      found = await response.json();
    } catch (error) {
      console.info("not acknowledged", error);
      said = t.say("The archive is away. Trying again.");
    }
    draw();
  }

  /** @param {string} name @param {string} value */
  function choose(name, value) {
    t.keep(name, value, "");
    draw();
  }

  async function ask() {
    const response = await fetch(`${t.prefix}alerts/state`, { signal: AbortSignal.timeout(ANSWER_MS) });
    if (!response.ok) throw new Error(`status ${response.status}`);
    found = await response.json();
    if (!t.zone()) t.useZone(/** @type {AlertsState} */ (found).zone);
    draw();
  }

  /* What stands here is not of now. */
  function lost() {
    byId("alerts-page").dataset.state = "stale";
    byId("alerts-fresh").dataset.state = "stale";
    if (found) t.setText("alerts-fresh", `${t.say("stale since")} ${t.secondOf(found.readAt)}`);
    t.setText("alerts-message", t.say("The archive is away. Trying again."));
  }

  /* A count that nobody knows is not shown. */
  async function count() {
    let open = 0;
    try {
      if (document.querySelector(COUNTS) && !document.hidden) {
        const response = await fetch(`${t.prefix}alerts/count`, { signal: AbortSignal.timeout(ANSWER_MS) });
        if (response.ok) open = (await response.json()).open;
      }
    } catch (error) {
      console.info("no count of alerts", error);
    }
    // In the row, in the menu, and on the menu itself where there is no row.
    const counts = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(COUNTS));
    for (const element of counts) {
      if (open) element.dataset.open = t.format.count(open);
      else delete element.dataset.open;
    }
    setTimeout(count, counts.length ? COUNT_MS : 300);
  }

  document.addEventListener("click", (event) => {
    if (!(event.target instanceof HTMLElement)) return;
    if (event.target.classList.contains("severity")) choose("severity", event.target.dataset.severity || "");
    if (event.target.id === "alerts-all" && found)
      acknowledge(
        found.alerts
          .filter((alert) => alert.endedAt === null && alert.acknowledgedAt === null && wanted(alert))
          .map((alert) => alert.id),
      );
  });
  t.askWhileShown("alerts-page", ASK_MS, ask, lost);
  count();
})();
