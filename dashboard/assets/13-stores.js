/* The stores' names of STORES_FILE, which come with the page: what a reader is shown of a store. */
(function () {
  "use strict";
  const t = window.tillstream;
  /** Null prototype: a store may be numbered as an object's own property is named. @type {Record<string, string>} */
  const names = Object.create(null);
  const given = document.getElementById("store-names");
  Object.assign(names, given ? JSON.parse(given.textContent || "{}") : {});

  /** Its name, else its number. @type {Tillstream["title"]} */
  const title = (store) => t.visible(names[store] || store);

  /** Its name with its number behind it, else its number. @type {Tillstream["numbered"]} */
  const numbered = (store) => (names[store] ? `${title(store)} (${t.visible(store)})` : title(store));

  /** By the query: of a store `..` in a path, a browser makes the page above. @type {Tillstream["storeLink"]} */
  const storeLink = (store) => t.element("a", numbered(store), { href: `/store?id=${encodeURIComponent(store)}` });

  Object.assign(t, /** @satisfies {Partial<Tillstream>} */ ({ title, numbered, storeLink }));
})();
