/* What no figure can show: tills that are not heard, and stores that have sold nothing today. */
(function () {
  "use strict";
  const t = window.tillstream;
  //: Stores that are named in a line; of more it says how many.
  const MOST = 6;

  /** @param {string[]} stores @param {boolean} all */
  function named(stores, all) {
    const first = stores.slice(0, MOST).map(t.title).join(", ");
    return all && stores.length <= MOST ? first : `${first}, …`;
  }

  /** Of the chain: tills that are silent, by their stores. @type {Tillstream["heardNote"]} */
  function heardNote(put) {
    const rows = t.panel("silent") || [];
    const frame = t.frame();
    const number = Number((frame && frame.values["silent-tills"]) || 0);
    const stores = [...new Set(rows.map(([store]) => String(store)))].sort((a, b) =>
      a.localeCompare(b, undefined, { numeric: true }),
    );
    const said = `${t.say("Tills not heard")} (${t.format.count(number)}): ${t.say("stores")} `;
    put("heard-note", {
      "data-value": JSON.stringify(stores),
      children: number && rows.length ? said + named(stores, rows.length >= number) : "",
    });
  }

  /** Of how many stores some sell, and which do not. @type {Tillstream["sellingNote"]} */
  function sellingNote() {
    const row = (t.panel("zero") || [])[0];
    if (!row || !row[0]) return "";
    const [known, zero, ...stores] = row;
    const of = `${t.say("of")} ${t.format.count(known)}`;
    if (!zero) return of;
    // Before the opening nobody sells: no list of all of them.
    const which = stores.length ? named(stores.map(String), stores.length === zero) : "";
    return `${of} · ${t.say("at zero:")} ${which}`;
  }

  Object.assign(t, /** @satisfies {Partial<Tillstream>} */ ({ heardNote, sellingNote }));
})();
