/* The reader's language: its words, and the signs of its numbers and dates, from words/*.json. */
(function () {
  "use strict";
  /** @type {Record<string, Language>} */
  const languages = JSON.parse(/** @type {HTMLElement} */ (document.getElementById("languages")).textContent);
  const wished = (navigator.languages || [navigator.language]).find((tag) => tag.split("-")[0] in languages);
  //: With its country, by which dates are written.
  const tag = wished || "en";
  const code = tag.split("-")[0];
  const chosen = languages[code];

  document.documentElement.lang = code;
  /* Each file of this folder adds what the others use of it. */
  window.tillstream = /** @type {Tillstream} */ ({
    ...window.tillstream,
    say: (text) => chosen.words[text] || text,
    ruleBroken: (rule) => chosen.marks[rule] || chosen.words["a rule that this page does not know"],
    language: () => code,
    locale: tag,
    signs: chosen,
    prefixOf: () => {
      const config = document.getElementById("_dash-config");
      return (config && JSON.parse(config.textContent || "{}").requests_pathname_prefix) || "/";
    },
  });
})();
