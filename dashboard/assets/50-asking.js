/* A page that asks for what it shows, again and again while it stands and somebody looks at it. */
(function () {
  "use strict";
  const t = window.tillstream;
  //: Between two looks for the page where it does not stand, ms.
  const ELSEWHERE_MS = 300;

  t.askWhileShown = (page, everyMs, ask, lost) => {
    const stands = () => document.getElementById(page) !== null;

    async function again() {
      if (stands() && !document.hidden && !t.paused()) {
        try {
          await ask();
        } catch (error) {
          console.info(`no answer for ${page}`, error);
          lost();
        }
      }
      setTimeout(again, stands() ? everyMs : ELSEWHERE_MS);
    }

    again();
    // A question that was asked before waits long.
    document.addEventListener("frame", () => {
      if (stands() && t.archiveSilent()) lost();
    });
  };
})();
