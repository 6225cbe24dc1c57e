/* How exact values become text: in the reader's language, in the store's time zone. */
(function () {
  "use strict";
  const t = window.tillstream;
  const { signs, currency } = t;

  /* With the signs of words/*.json, as the server writes numbers (dashboard/pages/formatting.py). */
  /** @param {Intl.NumberFormatOptions} options @returns {(value: any) => string} */
  function numbers(options) {
    /** Newer than TypeScript's own types. @type {any} */
    const negative = { signDisplay: "negative" };
    const english = new Intl.NumberFormat("en", { ...negative, ...options });
    const own = (/** @type {string} */ sign) => (sign === "," ? signs.group : signs.point);
    return (value) => english.format(value).replace(/[,.]/g, own);
  }
  /** A sign stands before all of it. @type {(pattern: string, number: string) => string} */
  const within = (pattern, number) => number.replace(/[^-].*/, (digits) => pattern.replace("{}", digits));
  const wholeNumber = numbers({ maximumFractionDigits: 0 });
  const oneDecimal = numbers({ minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const twoDecimals = numbers({ minimumFractionDigits: 2, maximumFractionDigits: 2 });
  const upToOneDecimal = numbers({ maximumFractionDigits: 1 });
  //: Beyond 2^53 the last digits of a number are not those that were sent.
  const roundNumber = numbers({ maximumSignificantDigits: 12 });
  /** @type {Tillstream["moneyIn"]} */
  const moneyIn = (code, value, digits = t.digitsOf(code)) =>
    within(t.patternOf(code), numbers({ minimumFractionDigits: digits, maximumFractionDigits: digits })(value));
  const { digits } = currency;
  const inDigits = numbers({ minimumFractionDigits: digits, maximumFractionDigits: digits });
  /** @type {(value: any) => string} */
  const money = (value) => within(currency.pattern, inDigits(value));
  /** @param {Intl.DateTimeFormatOptions} options */
  const dates = (options) => new Intl.DateTimeFormat(t.locale, { timeZone: "UTC", ...options });
  const longDate = dates({ dateStyle: "long" });
  const shortDate = dates({ dateStyle: "medium" });
  const dayAndMonth = dates({ day: "numeric", month: "short" });
  /** @type {(value: unknown) => boolean} */
  const exact = (value) => typeof value !== "number" || Math.abs(value) <= Number.MAX_SAFE_INTEGER;

  //: Signs of a name that a plot has room for.
  const PLOT_NAME = 22;
  /** @type {string | null} */
  let clockZone = null;
  /** @type {Intl.DateTimeFormat} */
  let dayClock;
  //: Which day is today: the time of the newest frame, Unix seconds.
  let now = Date.now() / 1000;
  /** @type {Intl.DateTimeFormat} */
  let minuteClock;
  /** @type {Intl.DateTimeFormat} */
  let secondClock;

  /** @type {Tillstream["useZone"]} */
  function useZone(zone) {
    if (zone === clockZone) return;
    clockZone = zone;
    /** Always 24 hours: a till's clock reads so in every language. @type {Intl.DateTimeFormatOptions} */
    const clock = { timeZone: zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
    minuteClock = new Intl.DateTimeFormat("en-GB", clock);
    dayClock = new Intl.DateTimeFormat("en-GB", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" });
    secondClock = new Intl.DateTimeFormat("en-GB", { ...clock, second: "2-digit" });
  }

  /** @type {Tillstream["format"]} */
  const format = {
    // Decimal text goes in as text, so that no amount is rounded on its way.
    money,
    minor: (minor) =>
      exact(minor) ? money(t.amount(minor)) : `≈ ${within(currency.pattern, roundNumber(t.units(minor)))}`,
    count: (value) => (exact(value) ? wholeNumber(value) : `≈ ${roundNumber(value)}`),
    decimal: twoDecimals,
    percent: (part) => within(signs.percent, upToOneDecimal(part * 100)),
    // A rate is text, as the contract has it: its digits are never rounded.
    percentage: (rate) => within(signs.percent, rate.replace(".", signs.point)),
    // A business day is a date and no instant.
    day: (day) => longDate.format(Date.parse(`${day}T00:00Z`)),
    shortDay: (day) => shortDate.format(Date.parse(`${day}T00:00Z`)),
    seconds: (value) => `${oneDecimal(value)} s`,
    ms: (value) => lasted(value, oneDecimal),
    milliseconds: (value) => lasted(value, wholeNumber),
    //: Of an axis, which has no more places than it needs.
    short: numbers({ maximumFractionDigits: 2 }),
  };

  /** Milliseconds in the unit that fits: 540745 are 9 min 1 s. @param {any} ms @param {(value: any) => string} written */
  function lasted(ms, written) {
    const value = Number(ms);
    const size = Math.abs(value);
    if (size < 999.95) return `${written(value)}\u00a0ms`;
    if (size < 59_950) return `${oneDecimal(value / 1000)}\u00a0s`;
    const seconds = Math.round(size / 1000);
    const sign = value < 0 ? "-" : "";
    const [whole, rest, names] =
      seconds < 3600
        ? [Math.floor(seconds / 60), seconds % 60, ["min", "s"]]
        : [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), ["h", "min"]];
    const fine = rest ? ` ${rest}\u00a0${names[1]}` : "";
    return `${sign}${wholeNumber(whole)}\u00a0${names[0]}${fine}`;
  }

  /* What cannot be seen, or turns other text around, is written out (dashboard/pages/visible.py). */
  const UNSEEN = new RegExp(
    "[\\u0000-\\u001f\\u007f-\\u009f\\u00ad\\u061c\\u115f\\u1160\\u180e\\u200b\\u200e\\u200f" +
      "\\u2028-\\u202e\\u2060-\\u206f\\u3164\\ufeff\\uffa0\\ufff9-\\ufffb\\ud800-\\udfff" +
      "\\u{e0000}-\\u{e007f}]",
    "gu",
  );
  /** @type {Tillstream["visible"]} */
  function visible(text) {
    return String(text).replace(UNSEEN, (sign) => {
      const code = Number(sign.codePointAt(0)).toString(16);
      return code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, "0")}`;
    });
  }

  /* A name in a plot: cut to what has room, and no markup, which Plotly would draw. */
  /** @type {Tillstream["plotName"]} */
  function plotName(text) {
    const signs = [...visible(text)];
    const cut = signs.length > PLOT_NAME ? `${signs.slice(0, PLOT_NAME - 1).join("")}…` : signs.join("");
    return cut.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
  }

  /** @type {(t: number) => string} */
  const wallDay = (t) => {
    const parts = Object.fromEntries(dayClock.formatToParts(t * 1000).map(({ type, value }) => [type, value]));
    return `${parts.year.padStart(4, "0")}-${parts.month}-${parts.day}`;
  };

  /* The day before a time, unless it is today's: a time without its day is of today. */
  /** @type {(t: number) => string} */
  function dayBefore(t) {
    const day = wallDay(t);
    const today = wallDay(now);
    if (day === today) return "";
    const date = Date.parse(`${day}T00:00Z`);
    return `${day.slice(0, 4) === today.slice(0, 4) ? dayAndMonth.format(date) : shortDate.format(date)}, `;
  }

  /** Ticks of an axis at round minutes of the store's clock, at most about eight, on a phone five. @type {Tillstream["ticks"]} */
  function ticks(from, to) {
    const minutes = (to - from) / 60;
    const step = [1, 2, 5, 10, 15, 30, 60, 120, 180, 240].find((s) => minutes / s <= (innerWidth < 640 ? 5 : 8)) || 360;
    // All zones are whole quarters of an hour from UTC.
    const stride = Math.min(step, 15) * 60;
    const values = [];
    const texts = [];
    for (let t = Math.ceil(from / stride) * stride; t <= to; t += stride) {
      const text = minuteClock.format(t * 1000);
      const minute = Number(text.slice(0, 2)) * 60 + Number(text.slice(3));
      if (minute % step === 0) {
        values.push(t * 1000);
        texts.push(text);
      }
    }
    return { tickvals: values, ticktext: texts };
  }

  /** A plot's numbers as its reader writes them: Plotly knows English only. @type {Tillstream["localised"]} */
  function localised(figure) {
    const { layout } = figure;
    const { yaxis } = layout;
    if (!yaxis) return figure;
    const [tickprefix, ticksuffix] = currency.pattern.split("{}");
    const money = yaxis.tickprefix ? { tickprefix, ticksuffix } : {};
    const separators = signs.point + signs.group;
    return { ...figure, layout: { ...layout, separators, yaxis: { ...yaxis, ...money } } };
  }

  Object.assign(
    t,
    /** @satisfies {Partial<Tillstream>} */ ({
      format,
      localised,
      useZone,
      zone: () => clockZone,
      ticks,
      visible,
      plotName,
      moneyIn,
      setNow: (t) => {
        now = t;
      },
      date: (t) => dayClock.format(t * 1000),
      //: Bare times of day, for an axis that has its day; the others name a day that is not today.
      minuteTime: (t) => minuteClock.format(t * 1000),
      secondTime: (t) => secondClock.format(t * 1000),
      minuteOf: (t) => dayBefore(t) + minuteClock.format(t * 1000),
      secondOf: (t) => dayBefore(t) + secondClock.format(t * 1000),
    }),
  );
})();
