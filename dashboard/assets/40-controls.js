/* The controls of the header: time window in the address, pause and resume. */
(function () {
  "use strict";
  const t = window.tillstream;
  /** Minutes of each window; a link shows the same view. @type {Record<string, number>} */
  const WINDOWS = { "15m": 15, "1h": 60, "6h": 360 };
  const address = () => new URLSearchParams(location.search);

  t.address = (name) => address().get(name) || "";
  /* Null is the whole day. */
  t.windowMinutes = () => WINDOWS[t.address("window")] || null;

  /** @type {Tillstream["keep"]} */
  function keep(name, value, usual) {
    const query = address();
    if (value === usual) query.delete(name);
    else query.set(name, value);
    const text = query.toString();
    history.replaceState(history.state, "", location.pathname + (text ? `?${text}` : ""));
  }

  Object.assign(
    t,
    /** @satisfies {Partial<Tillstream>} */ ({
      keep,
      chooseWindow: (chosen) => {
        keep("window", chosen, "day");
        t.redraw();
        return window.dash_clientside.no_update;
      },
      pause: (clicks) => {
        const paused = Boolean(clicks % 2);
        t.setPaused(paused);
        return [t.say(paused ? "Resume" : "Pause"), String(paused)];
      },
    }),
  );
})();
