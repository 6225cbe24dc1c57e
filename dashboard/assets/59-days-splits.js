/* The page Days: by category, store, product, VAT rate and tender. */
(function () {
  "use strict";
  const t = window.tillstream;
  const { format, element } = t;
  const REST = "*";
  const SPLITS = ["category", "store", "product", "vat", "tender"];

  /** @param {DaysAnswer} found */
  function splits({ splits: found, narrowTo }) {
    for (const split of SPLITS) {
      const known = found[split];
      const kept = split === "vat" || split === "tender";
      const why = kept ? t.say("kept of the whole chain only") : t.say("too many days of too many stores");
      t.setText(`days-${split}-until`, known ? "" : why);
      /** As the other tables of shares have it: key, gross. @type {Row[]} */
      const gross = (known || []).map(([key, , amounts]) => [key, amounts[0]]);
      t.days.rows(`days-${split}`, [known || why, narrowTo], () =>
        (known || []).map(([key, named], place) =>
          element("tr", t.shareCells(label(split, key, named), gross[place][1], gross)),
        ),
      );
    }
  }

  /** @param {string} split @param {string} key @param {string} named @returns {ElementContent} */
  function label(split, key, named) {
    if (key === REST) return t.say("Other");
    if (split === "vat" && /^\d/.test(key)) return format.percentage(key);
    const text = t.visible(named) || t.say("not known");
    if (split !== "store") return named === key ? text : element("span", text, { title: t.visible(key) });
    const link = t.link(text, t.days.link({ store: key, region: "" }));
    link.title = t.visible(key);
    return link;
  }

  t.days.splits = splits;
})();
