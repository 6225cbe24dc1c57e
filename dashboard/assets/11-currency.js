/* The one currency that a page shows: the chain's main one, or another one by the address. Figures of two never
   stand on one page, but for the line that says what else was sold. */
(function () {
  "use strict";
  const t = window.tillstream;
  /** @type {{ main: string, known: string[], digits: Record<string, number>, by_currency: string[] }} */
  const given = JSON.parse(/** @type {HTMLElement} */ (document.getElementById("currencies")).textContent);
  const page = () => location.pathname.slice(t.prefixOf().length).split("/")[0];
  const asked = () => new URLSearchParams(location.search).get("currency") || given.main;
  const shows = given.by_currency.includes(page());
  const wanted = shows ? asked() : given.main;
  //: In an unknown one nothing was sold: the main one is shown, and the address says so.
  const code = [given.main, ...given.known].includes(wanted) ? wanted : given.main;

  /** Digits after the point. @param {string} currency */
  const digitsOf = (currency) => given.digits[currency] ?? 2;
  const digits = digitsOf(code);

  /** As the server has it (dashboard/pages/languages.py). @param {string} currency */
  function pattern(currency) {
    const sign = t.signs.currency_signs[currency];
    if (sign !== undefined) return t.signs.money.replace("{sign}", sign);
    // Letters stand apart from a number.
    return t.signs.money.replace("{sign}{}", "{sign}\u00a0{}").replace("{sign}", currency);
  }

  /** Minor units as decimal text, digit by digit: a division is off beyond 2^46. @type {Tillstream["amount"]} */
  function amount(minor) {
    const text = String(Math.abs(minor)).padStart(digits + 1, "0");
    const sign = minor < 0 ? "-" : "";
    return digits ? `${sign}${text.slice(0, -digits)}.${text.slice(-digits)}` : `${sign}${text}`;
  }

  /* Mean of minor units as decimal text, rounded half-even, as the server does. */
  /** @type {Tillstream["meanAmount"]} */
  function meanAmount(total, number) {
    const divisor = BigInt(number);
    const sum = BigInt(Math.abs(total));
    const [whole, twice] = [sum / divisor, 2n * (sum % divisor)];
    const rounded = whole + (twice > divisor || (twice === divisor && whole % 2n === 1n) ? 1n : 0n);
    return amount(Number(total < 0 ? -rounded : rounded));
  }

  /** With the currency, unless it is the main one. @type {Tillstream["inCurrency"]} */
  function inCurrency(query) {
    if (code !== given.main) query.set("currency", code);
    return query;
  }

  Object.assign(
    t,
    /** @satisfies {Partial<Tillstream>} */ ({
      currency: { code, main: given.main, asked, shows, digits, pattern: pattern(code) },
      digitsOf,
      patternOf: pattern,
      amount,
      //: Of a plot, which needs no last digit.
      units: (minor) => minor / 10 ** digits,
      meanAmount,
      inCurrency,
    }),
  );
})();
