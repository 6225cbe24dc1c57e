/* The stream of frames: connect, draw, tell the truth when it breaks, connect again. */
(function () {
  "use strict";
  const t = window.tillstream;
  //: Without a frame for this long nothing on the page is live any more, ms.
  const SILENT_MS = 2200;
  //: The same when the connection is known to be broken: the next frame is overdue.
  const BROKEN_MS = 1200;
  //: Longest wait between two attempts: back within 5 s of the server, whatever it was, ms.
  const MAX_RETRY_MS = 2000;
  /** @type {EventSource} */
  let source;
  /** @type {Frame} */
  let frame;
  //: What says until when it is complete.
  const FRESH = ".graph-frame, table.rows[data-feed], #categories";
  let heardAt = 0;
  let attempts = 0;
  let retryAt = 0;
  /** @type {number | null} */
  let drawing = null;
  let paused = false;
  const shown = new WeakMap();
  const { age, complete, freshness, lag, note, since } = t.captions;
  const prefix = JSON.parse(t.byId("_dash-config").textContent).requests_pathname_prefix;

  /* Set what has changed, and only that, in the page itself: by way of React and Dash's store
     each text costs 2 ms. Nothing that is set here is a property of a callback. */
  /** @type {Put} */
  function put(id, props) {
    const element = t.byId(id);
    if (!element) return;
    if (!shown.has(element)) shown.set(element, {});
    const known = shown.get(element);
    for (const [name, value] of Object.entries(props)) {
      if (known[name] === value) continue;
      known[name] = value;
      if (name === "children") element.textContent = value;
      else if (name === "rows") element.replaceChildren(...value);
      else element.setAttribute(name, value);
    }
  }

  /* Day and zone of the page: a store may have its own, the others have the chain's. */
  function place() {
    return (t.storePage() && t.narrowedPart()) || frame;
  }

  function connect() {
    if (source) source.close();
    const opened = new EventSource(`${prefix}stream?${t.inCurrency(new URLSearchParams())}`);
    source = opened;
    retryAt = Date.now() + Math.max(SILENT_MS, MAX_RETRY_MS * 2);
    opened.onmessage = (event) => {
      if (opened !== source) return;
      frame = JSON.parse(event.data);
      heardAt = Date.now();
      attempts = 0;
      t.setNow(frame.at);
      t.takePoints(frame);
      t.takePanels(frame);
      // Frames that came together, to a browser that is busy, are drawn once.
      if (!drawing) drawing = setTimeout(draw, 20);
    };
    opened.onerror = () => {
      if (opened !== source) return;
      // Our own clock decides when to try again: a browser gives up after some answers.
      opened.close();
      attempts += 1;
      retryAt = Date.now() + Math.min(MAX_RETRY_MS, 250 * 2 ** attempts);
    };
  }

  /* Four times a second: is there silence, is it time to try again? */
  function watch() {
    const now = Date.now();
    const broken = source.readyState === EventSource.CLOSED;
    const silent = now - heardAt > (broken ? BROKEN_MS : SILENT_MS);
    if (silent && frame && !paused) lost();
    if (now >= retryAt && (silent || broken)) {
      if (silent && !broken) attempts += 1;
      connect();
    }
  }

  function draw() {
    drawing = null;
    // Held by its reader: nothing moves, and it says that it is not live.
    if (paused) return;
    t.useZone(place().zone);
    t.filterNote(put, frame);
    t.askForPart(frame);
    figures((feed) => frame.feeds[feed][0]);
    for (const [id, src] of Object.entries(t.sparks(frame))) put(`${id}-spark`, { src });
    put("categories", { "data-value": JSON.stringify(Object.fromEntries(t.bars())) });
    t.drawTables(put);
    t.drawCurrencies(frame);
    t.drawPlots({ ...frame, starts: place().starts });
    clock();
    showStatus();
    // What else a page shows is as old as its pill says.
    document.dispatchEvent(new Event("frame"));
  }

  /* Of the whole page: of its feeds, or of what its own script reads beside them. */
  function showStatus() {
    if (!frame || paused || Date.now() - heardAt > SILENT_MS) return;
    // Every page shows something of the archive, or leads to what does.
    if (frame.archive) {
      status("stale", `${t.archiveWords(frame)} ${t.secondOf(frame.feeds.archive[1])}`);
      return;
    }
    const own = t.ownStatus ? t.ownStatus() : null;
    if (own && own.state !== "live") {
      status(own.state, own.text);
      return;
    }
    if (own && !own.feeds) {
      status("live", t.say("live now"));
      return;
    }
    const states = Object.entries(frame.feeds);
    const stale = states.filter(([, [state]]) => state === "stale");
    const waiting = states.filter(([, [state]]) => state === "waiting");
    if (stale.length) {
      const since = Math.min(...stale.map(([, feed]) => feed[1]));
      status("stale", `${t.say("Stale since")} ${t.secondOf(since)}`);
    } else if (waiting.length) status("waiting", t.say("Waiting for data"));
    else status("live", t.say("live now"));
  }

  /* The connection is gone: what stands on the page is as old as its last frame. */
  function lost() {
    figures((feed) => (frame.feeds[feed][0] === "waiting" ? "waiting" : "stale"));
    const attempt = attempts > 1 ? `, ${t.say("attempt")} ${attempts}` : "";
    status("reconnecting", `${t.say("Reconnecting")}${attempt}`);
  }

  /** @param {string} state @param {string} text */
  function status(state, text) {
    put("status", { "data-state": state, children: text });
  }

  /** @param {StateOf} stateOf */
  function figures(stateOf) {
    const known = { ...frame.values, ...Object.fromEntries(t.panel("counters") || []) };
    for (const shown of /** @type {NodeListOf<any>} */ (document.querySelectorAll(".figure[data-feed]"))) {
      const { id } = shown;
      const { feed, format } = shown.dataset;
      const whole = known[id] ?? null;
      const narrow = t.narrows(id) ? t.narrowedFigure(id, frame) : null;
      const value = narrow ? narrow.value : whole;
      const state = narrow && stateOf(feed) === "live" ? narrow.state : stateOf(feed);
      put(id, {
        "data-value": value === null ? "" : value,
        "data-state": state,
        children: value === null ? "–" : t.format[format](value),
      });
      const until = narrow ? narrow.at : complete(frame, feed);
      const at = narrow ? narrow.at : frame.feeds[feed][1];
      put(`${id}-note`, {
        "data-as-of": at === null ? "" : String(at),
        "data-complete": until === null ? "" : String(until),
        children: note(frame, id, feed, state, value, narrow),
        title: until === null ? "" : `${t.say("complete until")} ${t.secondOf(until)} ${frame.abbreviation}`,
      });
    }
    t.compareFigures(put, stateOf);
    for (const feed of Object.keys(frame.feeds)) {
      const state = stateOf(feed);
      const asOf = frame.feeds[feed][1];
      put(`age-${feed}`, { children: asOf === null ? "–" : t.secondOf(asOf) });
      put(`feed-${feed}`, {
        "data-value": asOf === null ? "" : String(asOf),
        "data-state": state,
        children: state === "live" ? age(frame.at - asOf) : since(frame, feed, state),
      });
      put(`lag-${feed}`, { children: state === "live" || feed === "archive" ? lag(frame, feed) : "" });
    }
    for (const element of /** @type {NodeListOf<any>} */ (document.querySelectorAll(FRESH))) {
      const state = stateOf(element.dataset.feed);
      const narrow = state === "live" && t.narrows(element.id) ? t.narrowedFigure(element.id, frame) : null;
      const now = narrow ? narrow.state : state;
      put(element.id, { "data-state": now });
      put(`${element.id.replace("-frame", "")}-fresh`, freshness(frame, element.dataset.feed, now, narrow));
    }
    t.heardNote(put);
    if (t.storePage()) t.storeState(put, frame, stateOf);
  }

  function clock() {
    const time = frame.data_time;
    if (time === null) return;
    const { day, zone, abbreviation } = place();
    const text = `${t.secondOf(time)} ${abbreviation}`;
    put("data-time", { children: text, "data-value": String(time) });
    put("data-time-long", {
      children: `${t.say("Business day")} ${t.format.day(day)}, ${t.say("figures of")} ${text} (${zone})`,
      "data-value": day,
    });
  }

  /** @type {Tillstream["setPaused"]} */
  function setPaused(wanted) {
    if (!frame || wanted === paused) return;
    paused = wanted;
    if (!paused) {
      draw();
      return;
    }
    figures((feed) => (frame.feeds[feed][0] === "waiting" ? "waiting" : "stale"));
    status("paused", `${t.say("Paused at")} ${t.secondOf(frame.at)}`);
  }

  Object.assign(
    t,
    /** @satisfies {Partial<Tillstream>} */ ({
      prefix,
      frame: () => frame,
      setPaused,
      paused: () => paused,
      showStatus,
      redraw: () => {
        if (frame) draw();
      },
      viewRevenue: (view) => {
        t.setRevenueView(view);
        if (frame) draw();
        return t.say(view === "total" ? "running total, store time" : "sold in each minute, store time");
      },
    }),
  );
  window.dash_clientside = Object.assign(window.dash_clientside || {}, { tillstream: t });

  /* Dash draws the page first; then the figures have a place. */
  const starting = setInterval(() => {
    if (!document.querySelector("#page footer") || !window.dash_clientside.set_props) return;
    clearInterval(starting);
    connect();
    setInterval(watch, 250);
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && frame) draw();
    });
  }, 50);
})();
