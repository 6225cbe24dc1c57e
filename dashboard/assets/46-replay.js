/* The page of a replayed day: fetched once, played here, its clock and speed in the address. */
(function () {
  "use strict";
  const t = window.tillstream;
  const { format, byId } = t;
  const { SPEEDS, USUAL_SPEED } = t.Replay;
  const STEP_SECONDS = 300;
  const ANSWER_MS = 25_000;
  const RETRY_MS = 3000;
  /** @type {any} */
  let shown = null;

  /* A time of the day, as the address has it, as an instant; its first, where clocks go back. */
  /** @param {ReplayDay} day @param {string} clock */
  function instant(day, clock) {
    const found = /^(\d\d:\d\d)(?::(\d\d))?$/.exec(clock);
    if (!found) return null;
    for (let at = day.starts; at < day.ends; at += 60) {
      if (t.minuteTime(at) === found[1]) return at + Number(found[2] || 0);
    }
    return null;
  }

  /** @param {ReplayDay} day @param {HTMLElement} page */
  function begin(day, page) {
    t.useZone(day.zone);
    const replay = new t.Replay(day, page);
    const range = document.createElement("input");
    Object.assign(range, {
      type: "range",
      id: "replay-range",
      min: "0",
      max: String(Math.round(day.ends - day.starts)),
      step: "60",
    });
    range.setAttribute("aria-label", t.say("Time of the replay"));
    byId("replay-seek").replaceChildren(range);
    range.addEventListener("input", () => replay.seek(day.starts + Number(range.value)));
    byId("replay-play").addEventListener("click", () => replay.setPlaying(!replay.playing));
    for (const speed of SPEEDS) byId(`replay-speed-${speed}`).addEventListener("click", () => replay.setSpeed(speed));
    const asked = instant(day, t.address("at"));
    const playing = t.address("play") !== "0";
    replay.at = asked === null ? replay.first : asked;
    const speed = Number(t.address("speed"));
    replay.speed = SPEEDS.includes(speed) ? speed : USUAL_SPEED;
    replay.setSpeed(replay.speed);
    replay.setPlaying(playing);
    return replay;
  }

  /** @param {KeyboardEvent} event */
  function keys(event) {
    if (!shown || !document.contains(shown.page) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (/** @type {Element} */ (event.target).closest("input, textarea, select, button, a")) return;
    /** @type {Record<string, number>} */
    const moves = { ArrowLeft: -STEP_SECONDS, ArrowRight: STEP_SECONDS };
    if (event.key === " ") shown.setPlaying(!shown.playing);
    else if (moves[event.key]) shown.seek(shown.at + moves[event.key]);
    else return;
    event.preventDefault();
  }

  /** @param {number} now */
  function animate(now) {
    if (!shown || !document.contains(shown.page)) return;
    shown.tick(now);
    requestAnimationFrame(animate);
  }

  /** @param {HTMLElement} page */
  async function load(page) {
    const about = page.dataset.day || "";
    t.setText("replay-day", format.day(about));
    try {
      const query = new URLSearchParams({ day: about });
      const response = await fetch(`${t.prefix}day?${t.inCurrency(query)}`, { signal: AbortSignal.timeout(ANSWER_MS) });
      if (!response.ok) throw new Error(`status ${response.status}`);
      const day = await response.json();
      const drawing = setInterval(() => {
        if (!document.querySelector("#replay-revenue .js-plotly-plot")) return;
        clearInterval(drawing);
        if (!day.minutes.length) {
          page.dataset.state = "empty";
          t.setText(
            "replay-message",
            `${format.day(about)}${t.say(":")} ${t.say("No receipt of this day is in the archive.")}`,
          );
          return;
        }
        t.setText("replay-message", "");
        shown = begin(day, page);
        requestAnimationFrame(animate);
      }, 50);
    } catch (error) {
      console.info("no day", error);
      page.dataset.state = "away";
      t.setText("replay-message", t.say("The archive is away. Trying again."));
      setTimeout(() => load(page), RETRY_MS);
    }
  }

  /* Dash draws the page some time after this script has run. */
  const starting = setInterval(() => {
    if (!t.prefix || !document.querySelector("#page footer")) return;
    const page = byId("replay-page");
    clearInterval(starting);
    if (!page) return;
    document.addEventListener("keydown", keys);
    load(page);
  }, 50);
})();
