/* Stands in the document itself, before all else: the theme from the first paint on, and a page that
   says what it lacks, where one of its files has failed or does not come. */
(function () {
  "use strict";
  //: A page that is not drawn by then says what it waits for, ms.
  const SLOW_MS = 5000;
  const LOOK_MS = 250;
  /** @type {Set<string>} */
  const failed = new Set();
  const started = Date.now();
  const root = document.documentElement;

  let chosen = null;
  try {
    chosen = JSON.parse(localStorage.getItem("chosen-theme") || "null");
  } catch (error) {
    console.info("no theme kept", error);
  }
  const system = matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark";
  root.dataset.mantineColorScheme = chosen === "light" || chosen === "dark" ? chosen : system;

  /** The file's name of an address. @param {string} address */
  const fileOf = (address) => new URL(address, location.href).pathname.split("/").pop() || address;
  const drawn = () => document.querySelector("#page footer") !== null;

  /** Files that were asked for and are not here. */
  function awaited() {
    const scripts = [...document.scripts].map(({ src }) => src).filter(Boolean);
    return scripts.filter((src) => !performance.getEntriesByName(src).length).map(fileOf);
  }

  addEventListener(
    "error",
    ({ target }) => {
      const { src, href, tagName } = /** @type {any} */ (target || {});
      if (tagName === "SCRIPT" || tagName === "LINK") failed.add(fileOf(src || href));
    },
    true,
  );

  /** By the reader's words, should they have come. @param {string} text */
  function say(text) {
    const known = document.getElementById("languages");
    const languages = known ? JSON.parse(known.textContent || "{}") : {};
    const code = (navigator.languages || []).map((tag) => tag.split("-")[0]).find((each) => each in languages);
    return (code && languages[code].words[text]) || text;
  }

  /** @param {string} text @param {string[]} files */
  function tell(text, files) {
    let box = document.getElementById("load-problem");
    if (!box) {
      box = document.createElement("div");
      box.id = "load-problem";
      box.setAttribute("role", "alert");
      // Its own look: the style sheet may be what has failed.
      box.style.cssText =
        "position:fixed;z-index:1000;left:16px;right:16px;bottom:16px;padding:12px 16px;border-radius:10px;" +
        "background:#7a1410;color:#fff;font:15px/1.5 system-ui,sans-serif;overflow-wrap:anywhere";
      const button = document.createElement("button");
      button.textContent = say("Try again");
      button.style.cssText = "margin-left:12px;padding:4px 12px;font:inherit;font-weight:600;cursor:pointer";
      button.addEventListener("click", () => location.reload());
      box.append(document.createElement("span"), button);
      document.body.append(box);
    }
    const said = files.length ? `${text} ${files.join(", ")}` : text;
    if (box.firstChild && box.firstChild.textContent !== said) box.firstChild.textContent = said;
  }

  const watch = setInterval(() => {
    const box = document.getElementById("load-problem");
    if (failed.size) tell(say("A part of this page did not load:"), [...failed]);
    else if (drawn()) {
      if (box) box.remove();
      clearInterval(watch);
    } else if (Date.now() - started > SLOW_MS) tell(say("This page is slow to load. Not here yet:"), awaited());
  }, LOOK_MS);
})();
