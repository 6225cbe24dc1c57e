/* How exact values become text: in the reader's language, in the store's time zone. */
(function () {
  "use strict";
  const spoken = (navigator.languages || [navigator.language || "en"]).find((l) => /^(en|fr)\b/.test(l));
  const language = spoken || "en";
  const wholeNumber = new Intl.NumberFormat(language, { maximumFractionDigits: 0 });
  const oneDecimal = new Intl.NumberFormat(language, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const twoDecimals = new Intl.NumberFormat(language, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  const percent = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 1 });
  const longDate = new Intl.DateTimeFormat(language, { dateStyle: "long", timeZone: "UTC" });
  const shortDate = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeZone: "UTC" });
  const currency = new Intl.NumberFormat(language, { style: "currency", currency: "EUR" });

  let clockZone = null;
  let minuteClock = null;
  let secondClock = null;

  function useZone(zone) {
    if (zone === clockZone) return;
    clockZone = zone;
    // Always 24 hours: a till's clock reads so in every language.
    const clock = { timeZone: zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
    minuteClock = new Intl.DateTimeFormat("en-GB", clock);
    secondClock = new Intl.DateTimeFormat("en-GB", { ...clock, second: "2-digit" });
  }

  const format = {
    // Decimal text goes in as text, so that no amount is rounded on its way.
    money: (value) => currency.format(value),
    count: (value) => wholeNumber.format(value),
    decimal: (value) => twoDecimals.format(value),
    percent: (part) => percent.format(part),
    percentage: (value) => percent.format(value / 100),
    // A business day is a date and no instant.
    day: (day) => longDate.format(Date.parse(`${day}T00:00Z`)),
    shortDay: (day) => shortDate.format(Date.parse(`${day}T00:00Z`)),
    seconds: (value) => `${oneDecimal.format(value)} s`,
    ms: (value) => `${oneDecimal.format(value)} ms`,
  };

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
    minuteTime: (t) => minuteClock.format(t * 1000),
    secondTime: (t) => secondClock.format(t * 1000),
  });
})();
