/* The page Days: tiles, plot, comparisons and tables of an answer. */
(function () {
  "use strict";
  const t = window.tillstream;
  const { byId, format, cell, name, element } = t;
  const DAY_MS = 86_400_000;
  //: Labels under the bars, at most; on a phone.
  const MOST_TICKS = 9;
  const MOST_NARROW = 4;
  /** Why a day or a group shows nothing, or less than it will. @type {Record<string, string>} */
  const NOTES = {
    whole: "",
    open: "not over yet",
    none: "no receipts",
    missing: "receipts without figures",
    unknown: "no figures",
    future: "still to come",
  };
  /** @param {Intl.DateTimeFormatOptions} options @returns {any} */
  const dates = (options) => new Intl.DateTimeFormat(t.locale, { timeZone: "UTC", ...options });
  const dayNamed = dates({ weekday: "short", day: "numeric", month: "short", year: "numeric" });
  const dayShort = dates({ day: "numeric", month: "short" });
  const spanNamed = dates({ day: "numeric", month: "short", year: "numeric" });
  const monthNamed = dates({ month: "long", year: "numeric" });
  const monthShort = dates({ month: "short", year: "2-digit" });
  /** @param {string} day */
  const at = (day) => Date.parse(`${day}T00:00Z`);
  /** @param {string} first @param {string} last @returns {string} */
  const between = (first, last) =>
    first === last ? dayNamed.format(at(first)) : spanNamed.formatRange(at(first), at(last));
  /** @param {string} state */
  const gap = (state) => (NOTES[state] ? t.say(NOTES[state]) : "");

  /** A decimal text of thousandths. @param {number} milli */
  function units(milli) {
    const digits = String(Math.abs(milli)).padStart(4, "0");
    return `${milli < 0 ? "-" : ""}${digits.slice(0, -3)}.${digits.slice(-3)}`;
  }
  /** @param {DaysAmounts} amounts */
  const basket = ([gross, , receipts]) => (receipts ? t.meanAmount(gross, receipts) : null);
  /** Exact text, and as it is written. @type {Record<string, [(amounts: DaysAmounts) => string | null, (value: any) => string]>} */
  const FIGURES = {
    gross: [([gross]) => t.amount(gross), format.money],
    receipts: [([, , receipts]) => String(receipts), format.count],
    basket: [basket, format.money],
    net: [([, net]) => t.amount(net), format.money],
    units: [([, , , milli]) => units(milli), (value) => format.short(value)],
  };
  /** @param {string} figure @param {DaysAmounts} amounts */
  function written(figure, amounts) {
    const [exact, write] = FIGURES[figure];
    const value = exact(amounts);
    return value === null ? "–" : write(value);
  }

  /** @type {Tillstream["days"]["groupName"]} */
  function groupName([key, first, last], by) {
    if (by === "day") return dayNamed.format(at(first));
    if (by === "week") return `${key.slice(5).replace("W", t.say("W"))} · ${between(first, last)}`;
    const end = new Date(at(last) + DAY_MS).getUTCDate() === 1;
    const month = monthNamed.format(at(first));
    return first.endsWith("-01") && end ? month : `${month} · ${between(first, last)}`;
  }

  /** Rows of a table that would look different. @type {Tillstream["days"]["rows"]} */
  function rows(id, looks, make) {
    const table = byId(id);
    const value = JSON.stringify(looks);
    if (table.dataset.value === value) return;
    table.dataset.value = value;
    const made = make();
    const columns = table.querySelectorAll("thead th").length;
    const none = element("tr", element("td", t.say("none"), { class: "empty", colspan: columns }));
    byId(`${id}-rows`).replaceChildren(...(made.length ? made : [none]));
  }

  /** @param {ElementContent} content @param {Record<string, string>} [more] */
  const number = (content, more = {}) => element("td", content, { class: "number", ...more });

  /** @param {DaysAnswer} found */
  function tiles({ total, groups, states }) {
    const sold = groups.reduce((sum, group) => sum + group[4], 0);
    /** @type {[string, string | null, string, string][]} */
    const known = [
      ["gross", t.amount(total[0]), written("gross", total), t.say("gross")],
      ["receipts", String(total[2]), written("receipts", total), ""],
      ["basket", basket(total), written("basket", total), t.say("per receipt")],
      ["net", t.amount(total[1]), written("net", total), t.say("without tax")],
      ["units", units(total[3]), written("units", total), ""],
      ["mean", sold ? t.meanAmount(total[0], sold) : null, "", `${format.count(sold)} ${t.say("days with receipts")}`],
    ];
    for (const [id, value, text, note] of known) {
      byId(`days-${id}`).dataset.value = value ?? "";
      t.setText(`days-${id}`, value === null ? "–" : text || format.money(value));
      t.setText(`days-${id}-note`, id === "gross" && states.open ? `${note} · ${t.say("today is not over")}` : note);
    }
  }

  let picture = "";
  /** @param {DaysAnswer} found @param {string} figure */
  function plot({ groups, by, first, last }, figure) {
    t.setText("days-plot-until", between(first, last));
    const looks = JSON.stringify([groups, figure, innerWidth < 640]);
    const drawing = byId("days-plot-drawing");
    if (picture === looks) return true;
    const { data, layout } = t.basePlot("days-plot");
    const [exact] = FIGURES[figure];
    const x = groups.map(([key]) => key);
    const y = groups.map((group) => (group[4] ? Number(exact(group[5])) : null));
    const names = groups.map((group) => t.plotName(`${groupName(group, by)}`));
    const texts = groups.map((group, place) =>
      [`${names[place]}  ${written(figure, group[5])}`, gap(group[3])].filter(Boolean).join(", "),
    );
    const marker = { ...data[0].marker, opacity: groups.map(([, , , state]) => (state === "whole" ? 1 : 0.55)) };
    const empty = groups.filter((group) => !group[4] && group[3] !== "future");
    const gaps = {
      ...data[1],
      x: empty.map(([key]) => key),
      y: empty.map(() => 0),
      text: empty.map(([, , , state]) => (state === "none" || state === "open" ? "0" : "?")),
      hovertext: empty.map((group) => `${t.plotName(groupName(group, by))}  ${gap(group[3])}`),
    };
    const step = Math.ceil(groups.length / (innerWidth < 640 ? MOST_NARROW : MOST_TICKS));
    const ticks = groups.filter((_, place) => place % step === 0);
    /** @param {DaysGroup} group */
    const tick = (group) => (by === "month" ? monthShort : dayShort).format(at(group[1]));
    const money = ["gross", "basket", "net"].includes(figure);
    const own = money ? t.axes.money(y) : t.axes.count(y);
    const { tickprefix, ticksuffix } = layout.yaxis;
    const signs = money ? { tickprefix, ticksuffix } : { tickprefix: "", ticksuffix: "" };
    const xaxis = {
      ...layout.xaxis,
      tickvals: ticks.map(([key]) => key),
      ticktext: ticks.map(tick),
      range: [-0.6, x.length - 0.4],
      tickangle: 0,
    };
    const drawn = {
      data: [{ ...data[0], x, y, text: texts, marker }, gaps],
      layout: { ...layout, xaxis, yaxis: { ...layout.yaxis, ...own, ...signs } },
    };
    if (!t.drawPlot("days-plot", drawn)) return false;
    picture = looks;
    const graph = document.querySelector("#days-plot .js-plotly-plot, #days-plot.js-plotly-plot");
    drawing.dataset.value = JSON.stringify(y);
    listen(graph);
    return true;
  }

  const listening = new WeakSet();
  /** A click on a bar narrows to its days. @param {any} graph */
  function listen(graph) {
    if (!graph || listening.has(graph)) return;
    listening.add(graph);
    graph.on("plotly_click", (/** @type {any} */ event) => {
      const wanted = event.points[0].x;
      document.dispatchEvent(new CustomEvent("days-narrow", { detail: wanted }));
    });
  }

  /** @param {DaysAnswer} found */
  function running({ running: compared }) {
    rows("days-running", compared, () =>
      compared.map(([period, than, basis, first, last, firstBefore, lastBefore, now, before]) => {
        const [gross, past] = [now && now[0], before && before[0]];
        const change = gross === null || past === null ? null : gross - past;
        const part = change !== null && past !== null && past > 0 ? change / past : null;
        const trend = { "data-trend": change ? (change < 0 ? "down" : "up") : "" };
        const what = t.say(period === "month" ? "Month" : "Week");
        const said = `${between(first, last)} / ${between(firstBefore, lastBefore)}, ${t.say(basis)}`;
        const signed = (/** @type {number} */ value, /** @type {string} */ text) => (value > 0 ? `+${text}` : text);
        return element("tr", [
          name([`${what} · ${t.say(`on ${than}`)}`, element("small", said, {})]),
          number(change === null ? t.say("no figures") : signed(change, format.minor(change)), trend),
          number(part === null ? "–" : signed(part, format.percent(part)), trend),
          number(gross === null ? "–" : format.minor(gross)),
          number(past === null ? "–" : format.minor(past)),
          number(now && before ? `${format.count(now[2])} / ${format.count(before[2])}` : "–"),
        ]);
      }),
    );
  }

  /** @param {DaysAnswer} found */
  function all({ groups, by, total, first, last }) {
    const head = /** @type {HTMLElement} */ (document.querySelector("#days-all thead th"));
    head.textContent = t.say(by === "day" ? "Days" : by === "week" ? "Weeks" : "Months");
    rows("days-all", [groups, by], () => {
      const made = groups.map((group) => {
        const [, begin, end, state, sold, amounts] = group;
        const text = groupName(group, by);
        const link = by === "day" ? `/replay/${begin}` : t.days.link({ from: begin, to: end, range: "", by: "" });
        return element(
          "tr",
          [
            name(state === "future" ? text : t.link(text, link)),
            ...["gross", "receipts", "basket", "net", "units"].map((figure) =>
              number(sold ? written(figure, amounts) : "–"),
            ),
            element("td", gap(state), { class: "number" }),
          ],
          { "data-state": state },
        );
      });
      const sum = ["gross", "receipts", "basket", "net", "units"].map((figure) => number(written(figure, total)));
      const whole = element("tr", [name(`${t.say("Total")} · ${between(first, last)}`), ...sum, cell("", "number")], {
        class: "days-total",
      });
      return [...made, whole];
    });
  }

  t.days = {
    rows,
    heat: () => {},
    splits: () => {},
    gap,
    groupName,
    link: () => "",
    draw: (found, figure) => {
      tiles(found);
      running(found);
      t.days.heat(found);
      t.days.splits(found);
      all(found);
      return plot(found, figure);
    },
  };
})();
