/* The page of a store: what it has beside the filtered figures and plots of the live page. */
(function () {
  "use strict";
  const t = window.tillstream;
  const { format, columns, cell, name, link } = t;

  format.moment = (value) => t.secondOf(Date.parse(value) / 1000);

  /** @param {ElementContent} content */
  const number = (content) => cell(content, "number");
  /** By the query: of `..` in a path a browser makes the page above. @type {(path: string, query: Record<string, string>) => string} */
  const address = (path, query) =>
    `${path}?${Object.entries(query)
      .map(([about, value]) => `${about}=${encodeURIComponent(value)}`)
      .join("&")}`;

  /** @param {string} category */
  function categoryAddress(category) {
    const window = t.address("window");
    return address("/store", { id: t.filters().store, ...(window && { window }), category });
  }

  /** @param {Row} row */
  function tillState([, , , , , since, selling]) {
    if (since !== null) return `${t.say("silent since")} ${t.secondOf(since)}`;
    return t.say(selling ? "selling" : "not known");
  }

  Object.assign(
    columns,
    /** @type {Tillstream["columns"]} */ ({
      "store-hours": ([hour, today, before]) => [
        name(hour),
        ...[today, before].map((gross) => number(gross === null ? "–" : format.minor(gross))),
      ],
      "store-vat": columns.vat,
      "store-tenders": columns.tenders,
      "store-categories": ([category, gross], rows) =>
        t.shareCells(link(t.visible(category), categoryAddress(category)), gross, rows),
      "store-tills": (row) => {
        const [till, receipts, gross, last, missing] = row;
        return [
          name(t.visible(till)),
          number(format.count(receipts)),
          number(format.minor(gross)),
          number(last === null ? t.say("none today") : t.secondOf(last)),
          number(missing === null ? t.say("not known") : format.count(missing)),
          number(tillState(row)),
        ];
      },
      "store-latest": ([key, sold, till, numbered, gross]) => [
        name(link(t.secondOf(sold), address("/receipt", { key }))),
        number(t.visible(till)),
        number(t.visible(numbered)),
        number(format.minor(gross)),
      ],
    }),
  );

  /* Receipts of each minute; of the whole day the first begins at nothing. */
  t.plots["store-rate-plot"] = (frame) => {
    const running = (t.narrowedPart() || { minutes: [] }).minutes;
    const sold = running.map(([minute, , count], i) => [minute, count - (i ? running[i - 1][2] : 0)]);
    const shown = t.inWindow(sold, frame);
    const line = t.column(shown, 1, (p) => `${t.minuteTime(p[0])}  ${format.count(p[1])}`);
    const start = shown.length ? shown[0][0] : frame.at;
    return t.overTime("store-rate-plot", [line, t.ground(line)], start, frame.at, t.axes.count(line.y));
  };

  /** As stale as what fills the archive, or as the answer itself; why there is none, in words. @type {Tillstream["storeState"]} */
  function storeState(put, frame, stateOf) {
    const found = t.narrowedFigure("store-revenue", frame);
    const state = stateOf("metrics-db") === "live" ? found.state : stateOf("metrics-db");
    const at = found.at === null || state === "waiting" ? "" : t.secondOf(found.at);
    put("store-page", { "data-state": at ? state : "waiting" });
    put("store-fresh", {
      children: at ? `${t.say(state === "live" ? "to" : "stale since")} ${at}` : t.say("waiting for data"),
    });
    const part = t.narrowedPart();
    /** @type {(string | HTMLElement)[]} */
    let said = [];
    if (part && !part.known) {
      const store = ` ${t.numbered(part.store)}. `;
      said = [t.say("No receipt of this store is in the archive:"), store, link(t.say("To all stores"), "/")];
    } else if (!part && t.archiveAway()) said = [t.say("The archive is away. Try again in a moment.")];
    const message = t.byId("store-message");
    const text = said.map((each) => (typeof each === "string" ? each : each.textContent)).join("");
    if (message.textContent !== text) message.replaceChildren(...said);
  }

  Object.assign(t, { storeState });
})();
