/* How exact values become text: in the reader's language, in the store's time zone. */
(function () {
  "use strict";
  const spoken = (navigator.languages || [navigator.language || "en"]).find((l) => /^(en|fr)\b/.test(l));
  const language = spoken || "en";
  // As the server writes them (dashboard/pages/formatting.py): in two languages, whatever their country.
  const numbers = (options) => new Intl.NumberFormat(language.slice(0, 2), { signDisplay: "negative", ...options });
  const wholeNumber = numbers({ maximumFractionDigits: 0 });
  const oneDecimal = numbers({ minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const twoDecimals = numbers({ minimumFractionDigits: 2, maximumFractionDigits: 2 });
  const upToOneDecimal = numbers({ maximumFractionDigits: 1 });
  const currency = numbers({ style: "currency", currency: "EUR" });
  //: Beyond 2^53 the last digits of a number are not those that were sent.
  const roundNumber = numbers({ maximumSignificantDigits: 12 });
  const roundCurrency = numbers({ style: "currency", currency: "EUR", maximumSignificantDigits: 12 });
  const longDate = new Intl.DateTimeFormat(language, { dateStyle: "long", timeZone: "UTC" });
  const shortDate = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeZone: "UTC" });
  const dayAndMonth = new Intl.DateTimeFormat(language, { day: "numeric", month: "short", timeZone: "UTC" });
  const percentSign = /^fr/.test(language) ? "\u202f%" : "%";
  const exact = (value) => typeof value !== "number" || Math.abs(value) <= Number.MAX_SAFE_INTEGER;

  //: Signs of a name that a plot has room for.
  const PLOT_NAME = 22;
  let clockZone = null;
  let dayClock = null;
  //: Which day is today: the time of the newest frame, Unix seconds.
  let now = Date.now() / 1000;
  let minuteClock = null;
  let secondClock = null;

  function useZone(zone) {
    if (zone === clockZone) return;
    clockZone = zone;
    // Always 24 hours: a till's clock reads so in every language.
    const clock = { timeZone: zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
    minuteClock = new Intl.DateTimeFormat("en-GB", clock);
    dayClock = new Intl.DateTimeFormat("en-GB", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" });
    secondClock = new Intl.DateTimeFormat("en-GB", { ...clock, second: "2-digit" });
  }

  const format = {
    // Decimal text goes in as text, so that no amount is rounded on its way.
    money: (value) => currency.format(value),
    cents: (minor) => (exact(minor) ? currency.format(euros(minor)) : `≈ ${roundCurrency.format(minor / 100)}`),
    count: (value) => (exact(value) ? wholeNumber.format(value) : `≈ ${roundNumber.format(value)}`),
    decimal: (value) => twoDecimals.format(value),
    percent: (part) => `${upToOneDecimal.format(part * 100)}${percentSign}`,
    // A rate is text, as the contract has it: its digits are never rounded.
    percentage: (rate) => `${/^fr/.test(language) ? rate.replace(".", ",") : rate}${percentSign}`,
    // A business day is a date and no instant.
    day: (day) => longDate.format(Date.parse(`${day}T00:00Z`)),
    shortDay: (day) => shortDate.format(Date.parse(`${day}T00:00Z`)),
    seconds: (value) => `${oneDecimal.format(value)} s`,
    ms: (value) => `${oneDecimal.format(value)}\u00a0ms`,
  };

  /* Cents as decimal text, digit by digit: a division is off by a cent beyond 2^46. */
  function euros(minor) {
    const digits = String(Math.abs(minor)).padStart(3, "0");
    return `${minor < 0 ? "-" : ""}${digits.slice(0, -2)}.${digits.slice(-2)}`;
  }

  /* Mean of whole numbers as text with two places, rounded half-even, as the server does. */
  function mean(total, number, scale) {
    const divisor = BigInt(number) * BigInt(scale);
    const hundredfold = BigInt(Math.abs(total)) * 100n;
    const [whole, twice] = [hundredfold / divisor, 2n * (hundredfold % divisor)];
    const rounded = whole + (twice > divisor || (twice === divisor && whole % 2n === 1n) ? 1n : 0n);
    return euros(Number(total < 0 ? -rounded : rounded));
  }

  /* What cannot be seen, or turns other text around, is written out (dashboard/pages/visible.py). */
  const UNSEEN = new RegExp(
    "[\\u0000-\\u001f\\u007f-\\u009f\\u00ad\\u061c\\u115f\\u1160\\u180e\\u200b\\u200e\\u200f" +
    "\\u2028-\\u202e\\u2060-\\u206f\\u3164\\ufeff\\uffa0\\ufff9-\\ufffb\\ud800-\\udfff" +
    "\\u{e0000}-\\u{e007f}]", "gu",
  );
  function visible(text) {
    return String(text).replace(UNSEEN, (sign) => {
      const code = sign.codePointAt(0).toString(16);
      return code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, "0")}`;
    });
  }

  /* A name in a plot: cut to what has room, and no markup, which Plotly would draw. */
  function plotName(text) {
    const signs = [...visible(text)];
    const cut = signs.length > PLOT_NAME ? `${signs.slice(0, PLOT_NAME - 1).join("")}…` : signs.join("");
    return cut.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
  }

  const wallDay = (t) => {
    const parts = Object.fromEntries(dayClock.formatToParts(t * 1000).map(({ type, value }) => [type, value]));
    return `${parts.year.padStart(4, "0")}-${parts.month}-${parts.day}`;
  };

  /* The day before a time, unless it is today's: a time without its day is of today. */
  function dayBefore(t) {
    const day = wallDay(t);
    const today = wallDay(now);
    if (day === today) return "";
    const date = Date.parse(`${day}T00:00Z`);
    return `${day.slice(0, 4) === today.slice(0, 4) ? dayAndMonth.format(date) : shortDate.format(date)}, `;
  }

  /* Ticks of an axis at round minutes of the store's clock, at most about eight. */
  function ticks(from, to) {
    const minutes = (to - from) / 60;
    const step = [1, 2, 5, 10, 15, 30, 60, 120, 180, 240].find((s) => minutes / s <= 8) || 360;
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

  const french = {
    "Live": "En direct",
    "none": "aucun",
    "none lately": "rien récemment",
    "Other": "Autres",
    "not known": "inconnu",
    "receipts / min": "tickets / min",
    "Paused at": "En pause à",
    "Pause": "Pause",
    "Resume": "Reprendre",
    "Reconnecting": "Reconnexion",
    "attempt": "essai",
    "Stale since": "Figé depuis",
    "stale since": "figé depuis",
    "Waiting for data": "En attente de données",
    "waiting for data": "en attente",
    "complete to": "complet à",
    "to": "jusqu'à",
    "last week": "semaine passée",
    "on last week": "vs sem. passée",
    "against the same weekday last week, to": "contre le même jour la semaine passée, jusqu'à",
    "counted in": "compté en",
    "stored in": "archivé en",
    "Business day": "Jour de vente",
    "figures of": "chiffres de",
    "complete until": "complet jusqu'à",
    "archive": "archive",
    "Store": "Magasin",
    "from the archive, read": "d'après l'archive, lue à",
    "waiting for the archive": "en attente de l'archive",
    "What is marked “whole chain” is not filtered.": "Ce qui est marqué « toute la chaîne » n'est pas filtré.",
    "running total, store time": "cumul, heure du magasin",
    "sold in each minute, store time": "vendu par minute, heure du magasin",
  };
  /* A plot's numbers as its reader writes them: Plotly knows English only. */
  function localised(figure) {
    const { layout } = figure;
    const { yaxis } = layout;
    if (!/^fr/.test(language) || !yaxis) return figure;
    const euros = yaxis.tickprefix ? { tickprefix: "", ticksuffix: "\u00a0€" } : {};
    return { ...figure, layout: { ...layout, separators: ",\u202f", yaxis: { ...yaxis, ...euros } } };
  }

  const say = (text) => (/^fr/.test(language) && french[text]) || text;

  document.documentElement.lang = language.slice(0, 2);
  window.tillstream = Object.assign(window.tillstream || {}, {
    format,
    localised,
    say,
    //: Further words of one page.
    teach: (words) => Object.assign(french, words),
    language: () => language.slice(0, 2),
    useZone,
    zone: () => clockZone,
    ticks,
    visible,
    plotName,
    euros,
    mean,
    setNow: (t) => { now = t; },
    //: Bare times of day, for an axis that has its day; the others name a day that is not today.
    minuteTime: (t) => minuteClock.format(t * 1000),
    secondTime: (t) => secondClock.format(t * 1000),
    minuteOf: (t) => dayBefore(t) + minuteClock.format(t * 1000),
    secondOf: (t) => dayBefore(t) + secondClock.format(t * 1000),
  });
})();
