/* The header's menus: one is open at a time, and it closes as menus do. */
(function () {
  "use strict";
  /** @returns {HTMLDetailsElement | null} */
  const open = () => document.querySelector("details.menu[open]");

  /** @param {boolean} focus */
  function close(focus) {
    const menu = open();
    if (!menu) return;
    menu.open = false;
    const summary = menu.querySelector("summary");
    if (focus && summary) summary.focus();
  }

  document.addEventListener("click", ({ target }) => {
    const menu = open();
    if (!(target instanceof Element) || !menu) return;
    const own = target.closest("details.menu") === menu;
    // An entry has done its work by this click; the summary opens and closes by itself.
    if (!own || target.closest(".menu-entries :is(a, button)")) menu.open = false;
  });
  document.addEventListener("keydown", ({ key }) => {
    if (key === "Escape") close(true);
  });
  document.addEventListener("focusin", ({ target }) => {
    const menu = open();
    if (menu && target instanceof Element && !menu.contains(target)) menu.open = false;
  });
})();
