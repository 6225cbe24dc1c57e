/* The wall: the whole screen for it, and plots whose type grows with it. */
(function () {
  "use strict";
  const t = window.tillstream;
  //: Of a plot's type on other pages, px.
  const USUAL = 12;

  /* Of the root's type, which the style sheet takes from the screen; others keep theirs. */
  /** @type {Tillstream["plotType"]} */
  t.plotType = () =>
    t.byId("wall-page")
      ? Math.max(USUAL, Math.round(parseFloat(getComputedStyle(document.documentElement).fontSize) * 0.8))
      : USUAL;

  document.addEventListener("click", ({ target }) => {
    if (!(target instanceof Element) || target.id !== "full-screen") return;
    document.documentElement.requestFullscreen().catch((error) => console.info("no full screen", error));
  });
  // Its size has changed, and with it the type of its plots.
  addEventListener("resize", () => {
    if (t.byId("wall-page")) t.redraw();
  });
})();
