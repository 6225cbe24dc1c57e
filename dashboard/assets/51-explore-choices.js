/* What the reader of a window chooses: the figure that is drawn, and a value of each key. */
(function () {
  "use strict";
  const t = window.tillstream;
  const { byId, element } = t;
  //: Values of a key that are offered.
  const OFFERED = 200;

  /* One input for each key, and the figure that is drawn. */
  /** @param {Explored} view */
  function exploreChoices(view) {
    const { go, prefix, filterOf } = t.explore;
    const place = byId("explore-choices");
    const { keys, figures } = view.window;
    if (!place.childElementCount) {
      const figure = element("select", "", { id: "explore-figure", class: "control" });
      figure.append(element("option", t.say("usual figures"), { value: "" }));
      for (const { name } of figures) figure.append(element("option", name, { value: name }));
      figure.addEventListener("change", () => go({ figure: /** @type {any} */ (figure).value || null }));
      place.append(element("label", [`${t.say("Figure")} `, figure]));
      for (const key of keys) {
        const input = element("input", "", { id: `explore-key-${key}`, class: "control", list: `explore-list-${key}` });
        input.addEventListener("change", () => {
          const { value } = /** @type {any} */ (input);
          go({ [prefix + key]: value === "" ? null : value, page: null });
        });
        place.append(
          element("label", [`${t.visible(key)} `, input]),
          element("datalist", "", { id: `explore-list-${key}` }),
        );
      }
    }
    byId("explore-figure").value = t.address("figure");
    for (const key of keys) {
      const value = filterOf(key);
      const input = byId(`explore-key-${key}`);
      if (document.activeElement !== input) input.value = value || "";
      input.placeholder = t.say(value === "" ? "none" : "all");
    }
  }

  /* What the keys may be narrowed to: the values of the rows that are there. */
  /** @param {Explored} view */
  function exploreOffer(view) {
    view.window.keys.forEach((key, i) => {
      const place = byId(`explore-list-${key}`);
      const values = [...new Set([...view.rows.values()].map((row) => row[3 + i]))].filter((value) => value !== null);
      const text = values.sort().slice(0, OFFERED).map(String);
      if (!place || place.dataset.shown === JSON.stringify(text)) return;
      place.dataset.shown = JSON.stringify(text);
      place.replaceChildren(...text.map((value) => element("option", "", { value })));
    });
  }

  Object.assign(t, { exploreChoices, exploreOffer });
})();
