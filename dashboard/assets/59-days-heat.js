/* The page Days: its heat map, what each weekday sells in each hour. */
(function () {
  "use strict";
  const t = window.tillstream;
  const { format, name, element } = t;
  /** A Monday. */
  const MONDAY = Date.UTC(2024, 0, 1);
  const DAY_MS = 86_400_000;
  const weekday = new Intl.DateTimeFormat(t.locale, { timeZone: "UTC", weekday: "short" });
  /** @param {ElementContent} content @param {Record<string, string>} [more] */
  const number = (content, more = {}) => element("td", content, { class: "number", ...more });

  /** @param {DaysAnswer} found */
  function heat({ heat: cells, hours, narrowTo }) {
    const byPlace = new Map(cells.map(([day, hour, gross, days]) => [`${day} ${hour}`, { gross, days }]));
    const mean = (/** @type {{gross: number, days: number}} */ { gross, days }) => gross / days;
    const most = Math.max(1, ...[...byPlace.values()].map(mean));
    const sold = hours.map((hour) => cells.some((found) => found[1] === hour));
    const shown = hours.slice(sold.indexOf(true), sold.lastIndexOf(true) + 1);
    t.setText(
      "days-heat-until",
      narrowTo
        ? t.say("too many days of too many stores")
        : `${t.currency.code} · ${t.say("whole days: their sum by the number of days")}`,
    );
    t.days.rows("days-heat", [cells, hours], () =>
      (cells.length ? shown : []).map((hour) =>
        element("tr", [
          name(`${hour}:00`),
          ...Array.from({ length: 7 }, (_, day) => {
            const found = byPlace.get(`${day} ${hour}`);
            if (!found) return number("");
            const exact = `${weekday.format(MONDAY + day * DAY_MS)} ${hour}:00  ${format.minor(found.gross)} / ${found.days}`;
            const made = number(format.count(Math.round(t.units(mean(found)))), {
              title: exact,
              "data-sum": String(found.gross),
              "data-days": String(found.days),
            });
            made.style.setProperty("--part", `${Math.round((45 * Math.max(0, mean(found))) / most)}%`);
            return made;
          }),
        ]),
      ),
    );
  }

  t.days.heat = heat;
})();
