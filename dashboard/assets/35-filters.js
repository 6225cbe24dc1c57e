/* The filters: a region or a store, a category, or both, in the address; their figures come from the archive. */
(function () {
  "use strict";
  const t = window.tillstream;
  //: How much later than promised an answer may be before it is stale, seconds.
  const LATE_SECONDS = 2.5;
  //: Longest wait for an answer, and how long the names that are offered are kept, ms.
  const ANSWER_MS = 12_000;
  const CHOICES_MS = 300_000;
  /** @type {Part | null} */
  let part = null;
  let asking = false;
  let away = false;
  let offeredAt = -Infinity;

  //: A store's page is filtered by its store.
  const storePage = () => t.byId("store-page");
  const chosen = () => ({
    store: storePage() ? storePage().dataset.store : "",
    region: storePage() ? "" : t.address("region"),
    category: t.address("category"),
  });

  /* The names of the filters that are set. */
  const active = () =>
    Object.entries(chosen())
      .filter(([, value]) => value)
      .map(([name]) => name);

  /** Does what stands in this element follow every filter that is set? @type {Tillstream["narrows"]} */
  function narrows(id) {
    const names = active();
    const element = names.length ? t.byId(id) : null;
    const card = element && element.closest("[data-narrows]");
    return Boolean(card) && names.every((name) => card.dataset.narrows.split(" ").includes(name));
  }

  /** The archive's answer for what is chosen now; null while there is none. @type {Tillstream["narrowedPart"]} */
  function current(frame) {
    const now = chosen();
    if (!part || part.store !== now.store || part.region !== now.region || part.category !== now.category) return null;
    // A store with a calendar of its own may have another day.
    return !frame || part.day === frame.day || part.zone !== frame.zone ? part : null;
  }

  /* One category of all stores: its revenue and the bars are in every frame. */
  /** @type {(id: string, frame: Frame) => Narrowed | null} */
  function ofTheFeed(id, frame) {
    const { store, region, category } = chosen();
    if (store || region || !category) return null;
    const [state, at] = frame.feeds.categories;
    if (id.startsWith("categories")) return { value: null, state, at };
    const bar = id === "revenue" && frame.bars.find(([name]) => name === category);
    return bar ? { value: bar[1], state, at } : null;
  }

  /** State, value and time of a filtered figure. @type {Tillstream["narrowedFigure"]} */
  function figure(id, frame) {
    const live = ofTheFeed(id, frame);
    if (live) return live;
    // Of a store its receipts; all else is what the totals worker has counted.
    const source = chosen().store ? "metrics-db" : "count";
    const [feed, since] = frame.feeds.archive[0] === "live" ? frame.feeds[source] : frame.feeds.archive;
    const found = current(frame);
    if (!found) return { value: null, state: "waiting", at: null };
    const late = frame.at - found.read_at > found.ask_again + LATE_SECONDS;
    const value = found.values[id] ?? null;
    if (feed !== "live") return { value, state: "stale", at: since };
    return { value, state: late ? "stale" : "live", at: found.read_at };
  }

  /** What is wrong with the archive, before its time. @type {Tillstream["archiveWords"]} */
  function archiveWords(frame) {
    if (frame.archive === "away") return t.say("Archive away since");
    return t.say(frame.archive === "slow" ? "Archive too slow since" : "Archive behind since");
  }

  /** Whether it is known that the archive does not answer. @type {Tillstream["archiveSilent"]} */
  function archiveSilent() {
    const frame = t.frame();
    return Boolean(frame && frame.archive === "away");
  }

  /** Ask again when the answer is as old as it may be; one question at a time. @type {Tillstream["askForPart"]} */
  async function ask(frame) {
    offer();
    const known = current(frame);
    if (!active().length || asking || !(storePage() || t.byId("live-page"))) return;
    if (known && frame.at - known.read_at < known.ask_again) return;
    asking = true;
    try {
      const response = await fetch(`${t.prefix}part?${t.inCurrency(new URLSearchParams(chosen()))}`, {
        signal: AbortSignal.timeout(ANSWER_MS),
      });
      if (response.ok) {
        part = await response.json();
        if (!known) t.redraw();
      }
      away = !response.ok;
    } catch (error) {
      // The archive or the server is away: the figures turn stale by their age, and it is asked again.
      console.info("no answer", error);
      away = true;
    } finally {
      asking = false;
    }
  }

  /* Fill the two lists, and again now and then: a store may have opened. */
  async function offer() {
    if (Date.now() - offeredAt < CHOICES_MS || !t.byId("store-filter")) return;
    offeredAt = Date.now();
    try {
      const now = chosen();
      const address = `${t.prefix}choices?${t.inCurrency(new URLSearchParams({ region: now.region }))}`;
      const found = await (await fetch(address, { signal: AbortSignal.timeout(ANSWER_MS) })).json();
      for (const [id, names, value, label] of [
        ["store-filter", found.stores, now.store, t.numbered],
        ["category-filter", found.categories, now.category, t.visible],
      ]) {
        const every = value && !names.includes(value) ? [value, ...names] : names;
        window.dash_clientside.set_props(id, {
          data: every.map((/** @type {string} */ name) => ({ value: name, label: label(name) })),
        });
      }
    } catch (error) {
      offeredAt = Date.now() - CHOICES_MS + 5000;
      console.info("no choices", error);
    }
  }

  /** The page of a store, else that of all, with the same window and category. @param {string} store */
  function storeAddress(store) {
    const kept = ["window", "category", "currency"].map((name) => [name, t.address(name)]);
    const query = new URLSearchParams([["id", store], ...kept].filter(([, value]) => value));
    return `${t.prefix}${store ? "store" : ""}${query.size ? `?${query}` : ""}`;
  }

  /** @param {string} name @param {string | null} value */
  function choose(name, value) {
    t.keep(name, value || "", "");
    t.redraw();
    return window.dash_clientside.no_update;
  }

  /** What is filtered, and from what, in words. @type {Tillstream["filterNote"]} */
  function note(put, frame) {
    const { region, category } = chosen();
    put("live-page", { "data-region": region, "data-category": category });
    const names = [t.visible(region), t.visible(category)].filter(Boolean).join(" · ");
    const found = current(frame);
    const unknown = found && !found.known ? ` ${t.say("No store is in this region.")}` : "";
    const read = found
      ? `${t.say("from the archive, read")} ${t.secondOf(found.read_at)}`
      : t.say("waiting for the archive");
    put("filter-note", {
      "data-read": found ? String(found.read_at) : "",
      children: names
        ? `${names}${t.say(":")} ${read}. ${t.say("What is marked “whole chain” is not filtered.")}${unknown}`
        : "",
    });
  }

  Object.assign(
    t,
    /** @satisfies {Partial<Tillstream>} */ ({
      narrows,
      narrowedFigure: figure,
      narrowedPart: current,
      askForPart: ask,
      archiveWords,
      archiveSilent,
      archiveAway: () => away,
      storePage,
      filterNote: note,
      chosenCategory: () => chosen().category,
      filters: chosen,
      offered: () => offeredAt > 0,
      chooseStore: (store) => {
        if ((store || "") !== chosen().store) location.assign(storeAddress(store || ""));
        return window.dash_clientside.no_update;
      },
      chooseRegion: (region) => {
        // The stores that are offered are those of the region.
        if (region !== t.address("region")) offeredAt = -Infinity;
        return choose("region", region);
      },
      chooseCategory: (category) => choose("category", category),
    }),
  );
})();
