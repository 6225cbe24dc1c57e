/* The choice of a currency: kept in the address on every way, and what was sold in the others. */
(function () {
  "use strict";
  const t = window.tillstream;
  const { currency } = t;

  /* A way to another page keeps the currency that its reader has chosen, as does a page that has none of its own. */
  /** @param {Event} event */
  function carry(event) {
    const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
    if (!(link instanceof HTMLAnchorElement) || link.origin !== location.origin || link.download) return;
    const to = new URL(link.href);
    if (to.searchParams.has("currency") || currency.asked() === currency.main) return;
    to.searchParams.set("currency", currency.asked());
    link.href = to.href;
  }
  for (const kind of ["pointerdown", "keydown", "click"]) document.addEventListener(kind, carry, true);

  document.addEventListener("change", ({ target }) => {
    if (!(target instanceof HTMLSelectElement) || target.id !== "currency") return;
    t.keep("currency", target.value, currency.main);
    location.reload();
  });

  let drawn = "";
  /* The choice, where there is one; and what else was sold today, so that nothing is hidden. */
  /** @type {Tillstream["drawCurrencies"]} */
  function draw(frame) {
    const select = t.byId("currency");
    if (select && currency.asked() !== currency.code && currency.shows)
      t.keep("currency", currency.code, currency.main);
    if (select) {
      const names = frame.currencies.length ? frame.currencies : [currency.main];
      if (names.join() !== [...select.options].map(({ value }) => value).join())
        select.replaceChildren(...names.map((name) => t.element("option", name, { value: name })));
      select.value = currency.code;
      select.parentElement.hidden = !currency.shows || names.length < 2;
    }
    const note = t.byId("currencies-note");
    const looks = JSON.stringify(frame.others);
    if (!note || (looks === drawn && note.dataset.value === looks)) return;
    drawn = looks;
    note.dataset.value = looks;
    const every = frame.others.map(([code, receipts, gross], place) => {
      const words = `${t.format.count(receipts)} ${t.say(receipts === 1 ? "receipt" : "receipts")}, `;
      const query = new URLSearchParams(location.search);
      query.set("currency", code);
      const link = t.link(t.moneyIn(code, gross), `${currency.shows ? location.pathname : t.prefix}?${query}`);
      return t.element("span", [place ? " · " : "", words, link]);
    });
    note.replaceChildren(
      ...(every.length
        ? [`${t.say(currency.shows ? "also today:" : "Not added up here, also today:")} `, ...every]
        : []),
    );
  }
  t.drawCurrencies = draw;
})();
