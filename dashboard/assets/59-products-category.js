/* The page Products under a category: what was read, narrowed to its products. */
(function () {
  "use strict";
  const t = window.tillstream;

  /** Codes of those that changed by half a cent and more, the largest first. @param {Row[]} rows @param {number} sign */
  function changed(rows, sign) {
    const off = (/** @type {Row} */ row) => sign * (row[5] - row[7]);
    const some = rows.filter((row) => row[5] !== null && row[7] !== null && !row[9] && off(row) >= 0.5);
    return some.sort((a, b) => off(b) - off(a)).map(([code]) => code);
  }

  /** @type {Tillstream["products"]["within"]} */
  function within({ parts }) {
    const { products, soldOut, pairs, categories } = parts;
    const category = t.address("category");
    if (!category || !products) return parts;
    const codes = new Set(categories ? categories.categories[category] || [] : []);
    const rows = products.rows.filter(([code]) => codes.has(code));
    const missing = soldOut ? soldOut.rows.filter(([, code]) => codes.has(code)) : [];
    return {
      ...parts,
      products: { ...products, rows, other: 0, falling: changed(rows, -1), rising: changed(rows, 1) },
      // How many of a category are watched is not told, so neither what is there by chance.
      soldOut: soldOut && { ...soldOut, rows: missing, number: missing.length, watched: 0 },
      pairs: pairs && { ...pairs, pairs: pairs.pairs.filter(([one, other]) => codes.has(one) || codes.has(other)) },
    };
  }

  t.products.within = within;
})();
