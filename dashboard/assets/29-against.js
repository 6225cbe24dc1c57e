/* The day against an earlier one, which its reader chooses, by the same hours; and where it will end. */
(function () {
  "use strict";
  const t = window.tillstream;
  const { format } = t;
  const USUAL = "week";
  /** What stands at a line of each choice. @type {Record<string, string>} */
  const NAMES = { yesterday: "Yesterday", week: "Last week", usual: "Usual", year: "Last year" };
  /** Of the sums gross, net, receipts and units: each figure, and how it is written. */
  /** @type {Record<string, [(sums: number[], days: number) => number, (amount: number) => string]>} */
  const FIGURES = {
    revenue: [([gross], days) => gross / days, (amount) => format.minor(Math.round(amount))],
    receipts: [
      ([, , receipts], days) => receipts / days,
      (amount) => (Number.isInteger(amount) ? format.count(amount) : format.decimal(amount.toFixed(2))),
    ],
    "average-basket": [([gross, , receipts]) => gross / receipts, (amount) => format.minor(Math.round(amount))],
    "net-revenue": [([, net], days) => net / days, (amount) => format.minor(Math.round(amount))],
    "units-per-basket": [
      ([, , receipts, units]) => units / receipts / 1000,
      (amount) => format.decimal(amount.toFixed(2)),
    ],
  };

  const chosen = () => {
    const name = t.address("against");
    return NAMES[name] ? name : USUAL;
  };

  /* Of a store the line is of last week. */
  const lineName = () => t.say(NAMES[t.storePage() ? USUAL : chosen()]);

  /** A figure beside that of the other days: null where there is nothing to compare. @param {string} id */
  function against(id) {
    const row = (t.panelAt("against", id) || []).find(([name]) => name === chosen());
    if (!row) return null;
    const [, until, , known, today, before] = row;
    if (!until || !known.length) return null;
    const [figure, written] = FIGURES[id];
    const then = figure(before, known.length);
    const amount = figure(today, 1) - then;
    if (!Number.isFinite(amount)) return null;
    // What is written as nothing has no direction.
    const none = written(Math.abs(amount)) === written(0);
    return {
      amount: none ? 0 : amount,
      part: then > 0 ? amount / then : null,
      text: signed(none ? 0 : amount, written),
    };
  }

  /** @param {number} amount @param {(amount: number) => string} written */
  const signed = (amount, written) => `${amount < 0 ? "−" : "+"}${written(Math.abs(amount))}`;

  /** By which hours, and against which days; or which have no figures. */
  function said() {
    const row = (t.panelAt("against", "revenue") || []).find(([name]) => name === chosen());
    if (!row) return "";
    const [, until, days, known] = row;
    const missing = days.filter((/** @type {string} */ day) => !known.includes(day));
    const none = missing.length ? `${t.say("no figures of")} ${missing.map(format.shortDay).join(", ")}` : "";
    if (!known.length) return none;
    if (!until) return t.say("no hour of the day is over yet");
    const of =
      days.length > 1 ? `${t.say("mean of")} ${known.map(format.shortDay).join(", ")}` : format.shortDay(known[0]);
    return [`${t.say("until")} ${until}`, of, none].filter(Boolean).join(" · ");
  }

  /** Sign, share and amount at each main figure. @type {Tillstream["compareFigures"]} */
  function compareFigures(put, stateOf) {
    if (!t.byId("against-note")) return;
    const live = stateOf("breakdowns") === "live" && stateOf("count") === "live";
    for (const id of Object.keys(FIGURES)) {
      const found = live ? against(id) : null;
      const sign = found && (found.amount > 0 ? "▲" : found.amount < 0 ? "▼" : "=");
      const part = found && found.part !== null ? ` ${format.percent(Math.abs(found.part))}` : "";
      put(`${id}-change`, {
        children: found ? `${sign}${part} · ${found.text}` : "",
        "data-trend": sign === "▼" ? "down" : "up",
        "data-value": found ? String(found.amount) : "",
        title: found ? said() : "",
      });
    }
    put("against-note", { children: said(), "data-value": chosen() });
    for (const id of ["revenue-plot-before", "hours-plot-before"]) put(id, { children: lineName() });
    expected(put, live);
  }

  /** Within which bounds the day is expected to end, and of what that is made. @param {Put} put @param {boolean} live */
  function expected(put, live) {
    const [row] = t.panel("forecast") || [];
    const [until, cents, low, high, usual, tested] = row || [];
    const known = live && row && cents !== null;
    const whole = (/** @type {number} */ minor) => t.moneyIn(t.currency.code, Math.round(t.units(minor)), 0);
    put("expected-change", {
      children: known && low !== null ? `${whole(low)} – ${whole(high)}` : "",
      title: known && low !== null ? `${t.say("8 of 10 days ended so near; days looked at:")} ${tested}` : "",
      "data-value": known && low !== null ? JSON.stringify([low, high]) : "",
    });
    if (!live || !row) return;
    const why =
      cents === null
        ? t.say("once two same weekdays are known")
        : low === null
          ? t.say("too few days for a band")
          : until
            ? `${t.say("at the end of the day, by")} ${until}`
            : t.say("as usual");
    put("expected-note", { children: why, title: `${t.say("same weekdays:")} ${usual}` });
  }

  /** The band of the day that is to come: its x in seconds, low and high. @type {Tillstream["ahead"]} */
  function ahead(from, now) {
    const [row] = t.panel("forecast") || [];
    if (!row || row[2] === null || t.filters().store || t.filters().region || t.filters().category) return null;
    const [, cents, low, high] = row;
    const points = (t.panel("ahead") || []).filter(([time]) => time > from);
    if (!points.length || cents <= now) return null;
    /** @type {[number, number, number][]} */
    const band = points.map(([time, sold]) => {
      const part = Math.max(0, Math.min(1, (sold - now) / (cents - now)));
      const [least, most] = [sold - part * (cents - low), sold + part * (high - cents)];
      return [time, t.units(Math.max(now, least)), t.units(Math.max(now, most))];
    });
    return [[from, t.units(now), t.units(now)], ...band];
  }

  Object.assign(
    t,
    /** @satisfies {Partial<Tillstream>} */ ({
      compareFigures,
      ahead,
      before: (place) => t.panelAt(`before-${t.storePage() ? USUAL : chosen()}`, place) || [],
      beforeName: lineName,
      chooseAgainst: (name) => {
        t.keep("against", name, USUAL);
        t.redraw();
        return window.dash_clientside.no_update;
      },
    }),
  );
})();
