/* What stands beside figures: of which time they are, since when they are stale, how far a worker is behind. */
(function () {
  "use strict";
  const t = window.tillstream;
  //: Feeds whose figures are complete up to the watermark; the others up to their own time.
  const OF_THE_DAY = new Set(["count", "categories", "breakdowns"]);

  /* The time that a card's figures are of, or since when it is stale. */
  /** @param {Frame} frame @param {string} feed @param {State} state @param {Narrowed | null} narrow */
  function freshness(frame, feed, state, narrow) {
    const until = narrow ? narrow.at : complete(frame, feed);
    if (until === null || state === "waiting") return { children: "", title: "", "data-complete": "" };
    if (state === "stale") {
      const at = narrow ? until : frame.feeds[feed][1];
      return { children: `${t.say("stale since")} ${t.secondOf(at)}`, title: "", "data-complete": String(until) };
    }
    const at = narrow ? until : frame.feeds[feed][1];
    return {
      children: `${t.say("as of")} ${t.minuteOf(at)}`,
      title: `${t.say("complete until")} ${t.secondOf(until)} ${frame.abbreviation}`,
      "data-complete": String(until),
    };
  }

  /* What the day's totals have heard of from every till; the others to their own time. No figure is
     of that time: it stands behind a caption, and what is not heard from is named. */
  /** @param {Frame} frame @param {string} feed */
  function complete(frame, feed) {
    return OF_THE_DAY.has(feed) ? frame.complete_until : frame.feeds[feed][1];
  }

  /** @param {number} seconds */
  const age = (seconds) => t.format.seconds(Math.max(0, seconds));

  /** How far the worker behind a feed is behind the door. @param {Frame} frame @param {string} feed */
  function lag(frame, feed) {
    const { values } = frame;
    if (feed === "archive" && frame.archive) return t.archiveWords(frame);
    const counted =
      new Map((t.panel("counters") || []).map(([name, value]) => [name, value])).get("counted-ms") ?? null;
    if (feed === "count" && frame.complete_until !== null)
      return `${t.say("complete to")} ${t.secondOf(frame.complete_until)}`;
    if (feed === "metrics-storm" && counted !== null) return `${t.say("counted in")} ${t.format.ms(counted)}`;
    if (feed === "metrics-db" && values["network-delay"] !== null)
      return `${t.say("stored in")} ${t.format.ms(values["network-delay"])}`;
    return "";
  }

  /** @param {Frame} frame @param {string} id @param {string} feed @param {State} state @param {string | null} value @param {Narrowed | null} narrow */
  function note(frame, id, feed, state, value, narrow) {
    if (narrow && narrow.at !== null) {
      const live = t.storePage() ? t.byId(`${id}-note`).dataset.live : t.say("archive");
      return state === "live"
        ? `${live} · ${t.say("as of")} ${t.minuteOf(narrow.at)}`
        : `${t.say("stale since")} ${t.secondOf(narrow.at)}`;
    }
    if (state !== "live") return since(frame, feed, state);
    if (value === null) return t.say("no receipt stored lately");
    const live = (id === "stores" && t.sellingNote()) || t.byId(`${id}-note`).dataset.live;
    const at = frame.feeds[feed][1];
    return at === null ? live : `${live} · ${t.say("as of")} ${t.minuteOf(at)}`;
  }

  /** @param {Frame} frame @param {string} feed @param {State} state */
  function since(frame, feed, state) {
    return state === "waiting"
      ? t.say("waiting for data")
      : `${t.say("stale since")} ${t.secondOf(frame.feeds[feed][1])}`;
  }

  t.ofTheDay = OF_THE_DAY;
  t.captions = { age, complete, freshness, lag, note, since };
})();
