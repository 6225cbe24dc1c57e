/* Of the operations page: what the deliveries of each receiver came to. */
(function () {
  "use strict";
  const t = window.tillstream;
  //: The worker tells each two seconds.
  const STALE_SECONDS = 5.0;

  /** @param {Receivers} found @param {number} at */
  t.receivers = (found, at) => {
    const since = found.asOf;
    const state = since === null ? "waiting" : at - since > STALE_SECONDS ? "stale" : "live";
    Object.assign(t.byId("receivers").dataset, { state, value: JSON.stringify(found.rows) });
    t.setText(
      "receivers-age",
      since === null
        ? t.say("waiting for data")
        : `${t.say(state === "stale" ? "stale since" : "to")} ${t.secondOf(since)}`,
    );
    const rows = found.rows.map((one) => {
      const numbers = [one.taken, one.posted, one.waiting, one.refused, one.setAside].map(t.format.count);
      const last = one.newest === null ? "–" : `${t.date(one.newest)} ${t.secondTime(one.newest)}`;
      const head = t.element("th", t.visible(one.receiver), { scope: "row", class: "name" });
      return t.element("tr", [head, ...[...numbers, last].map((text) => t.element("td", text, { class: "number" }))]);
    });
    const none = t.say(since === null ? "waiting for data" : "none");
    const empty = t.element("tr", t.element("td", none, { class: "empty", colspan: "7" }));
    t.byId("receivers-rows").replaceChildren(...(rows.length ? rows : [empty]));
    const aside = found.rows.some((one) => one.setAside);
    const said = [
      found.outbox ? `${t.format.count(found.outbox)} ${t.say("receipts wait for the broker")}` : "",
      aside ? `${t.say("Why deliveries are set aside:")} tillstream receivers status` : "",
    ];
    t.byId("receivers-line").hidden = !said.join("");
    t.setText("receivers-line", said.filter(Boolean).join(" · "));
  };
})();
