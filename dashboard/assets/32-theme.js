/* Dark or light: as the reader has chosen, else as the reader's system is, also when that changes. */
(function () {
  "use strict";
  const t = window.tillstream;
  const light = matchMedia("(prefers-color-scheme: light)");
  /** @type {string | null} */
  let chosen = null;

  /* A wall is dark, whoever hung it up. */
  const wall = /\/wall\/?$/.test(location.pathname);
  const shown = () => (wall ? "dark" : chosen || (light.matches ? "light" : "dark"));
  light.addEventListener("change", () => {
    // A page that is not drawn yet asks for its theme when it is.
    if (t.byId("page")) window.dash_clientside.set_props("theme", { forceColorScheme: shown() });
  });

  Object.assign(
    t,
    /** @satisfies {Partial<Tillstream>} */ ({
      chooseTheme: (clicks, theme) => {
        if (!clicks) return window.dash_clientside.no_update;
        chosen = theme || null;
        return shown() === "dark" ? "light" : "dark";
      },
      showTheme: (theme) => {
        chosen = theme || null;
        return shown();
      },
    }),
  );
})();
