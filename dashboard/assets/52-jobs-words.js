/* A schedule in words: the usual forms of a cron text, the others as they are. */
(function () {
  "use strict";
  const t = window.tillstream;
  const HOUR = 24;

  /** @param {string} hour @param {string} minute */
  const clock = (hour, minute) => `${hour.padStart(2, "0")}:${minute.padStart(2, "0")}`;
  const number = /^\d+$/;
  /** `2,4-6` as numbers, or null. @param {string} text */
  function several(text) {
    /** @type {number[]} */
    const found = [];
    for (const part of text.split(",")) {
      const range = /^(\d+)(?:-(\d+))?$/.exec(part);
      if (!range) return null;
      for (let each = Number(range[1]); each <= Number(range[2] || range[1]); each += 1) found.push(each);
    }
    return found;
  }
  /** Sunday is 0, and 7. @param {number} day */
  const weekday = (day) =>
    new Intl.DateTimeFormat(t.locale, { weekday: "short", timeZone: "UTC" }).format(Date.UTC(2026, 1, 1 + (day % 7)));
  /** Every 3 of 24, as long as it divides. @param {string} text @param {number} whole */
  function step(text, whole) {
    const found = /^\*\/(\d+)$/.exec(text);
    const each = found ? Number(found[1]) : 0;
    return each > 0 && whole % each === 0 ? each : null;
  }

  /** @type {Tillstream["scheduleWords"]} */
  function scheduleWords(cron) {
    const [minute, hour, day, month, weekdays] = cron.split(" ");
    const daily = day === "*" && month === "*";
    if (daily && weekdays === "*") {
      const minutes = hour === "*" ? step(minute, 60) : null;
      if (minutes) return t.say("every {} minutes").replace("{}", String(minutes));
      const hours = step(hour, HOUR);
      const past = number.test(minute) ? clock("", minute).slice(-3) : "";
      if (hours && past) {
        const every = t.say("every {} hours").replace("{}", String(hours));
        return past === ":00" ? every : `${every} ${t.say("at")} ${past}`;
      }
      if (hour === "*" && past) return `${t.say("every hour at")} ${past}`;
    }
    if (!number.test(minute) || !number.test(hour) || month !== "*") return cron;
    const at = `${t.say("at")} ${clock(hour, minute)}`;
    if (day === "*" && weekdays === "*") return `${t.say("every day")} ${at}`;
    const named = several(weekdays);
    if (day === "*" && named) {
      const row = named.length > 2 && named.every((each, place) => each === named[0] + place);
      const shown = row ? `${weekday(named[0])}–${weekday(named[named.length - 1])}` : named.map(weekday).join(", ");
      return `${shown} ${at}`;
    }
    if (number.test(day) && weekdays === "*") return `${t.say("on day {} of the month").replace("{}", day)} ${at}`;
    return cron;
  }

  Object.assign(t, { scheduleWords });
})();
