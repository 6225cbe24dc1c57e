/* The operations page: queues, the ledger's lag and the last proof, asked for once a second. */
(function () {
  "use strict";
  const t = window.tillstream;
  const ASK_MS = 1000;
  //: Without an answer for this long nothing here is live, ms.
  const SILENT_MS = 2000;
  //: Depths older than this are stale: the broker is asked each second.
  const STALE_SECONDS = 2.0;
  //: A proof older than this says nothing of today, seconds.
  const OLD_SECONDS = 86_400;
  /** @type {Operation} */
  let found;
  let heardAt = 0;
  let asking = false;

  /** @param {string} id @param {Record<string, string>} values */
  const mark = (id, values) => {
    const element = t.byId(id);
    if (element) Object.assign(element.dataset, values);
  };
  /** @type {(value: unknown, kind: string) => HTMLElement} */
  const cell = (value, kind) => t.element("td", t.visible(value), { class: kind });
  /** @type {(first: string, others: unknown[], kind: string) => HTMLElement} */
  const row = (first, others, kind) => {
    const head = t.element("th", t.visible(first), { scope: "row", class: "name" });
    return t.element("tr", [head, ...others.map((value) => cell(value, kind))]);
  };
  /** @param {number | null} value */
  const number = (value) => (value === null ? "–" : t.format.count(value));
  /** @param {number | null} value */
  const rate = (value) => (value === null ? "–" : t.format.decimal(value));

  /** @param {number} seconds */
  function span(seconds) {
    if (seconds < 90) return `${Math.round(seconds)} s`;
    if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
    return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} d`;
  }

  /** @param {number} at */
  function queues(at) {
    const since = found.queuesAt;
    const state = since === null ? "waiting" : at - since > STALE_SECONDS ? "stale" : "live";
    mark("queues", {
      state,
      value: JSON.stringify(found.queues.map(({ name, messages, consumers }) => [name, messages, consumers])),
    });
    t.setText(
      "queues-age",
      since === null ? "" : `${t.say(state === "stale" ? "stale since" : "to")} ${t.secondOf(since)}`,
    );
    t.byId("queues-rows").replaceChildren(
      ...found.queues.map((queue) =>
        row(
          queue.name,
          [
            queue.messages === null ? t.say("log") : number(queue.messages),
            number(queue.consumers),
            rate(queue.rateIn),
            rate(queue.rateOut),
          ],
          "number",
        ),
      ),
    );
    const { behindSeconds: behind, nextOffset, logOffset, logEpoch: epoch } = found.ledger;
    const where = `${t.say("at offset")} ${number(nextOffset)}, ${t.say("the log is at")} ${number(logOffset)}`;
    const lag =
      behind === null
        ? ""
        : behind === 0
          ? `${t.say("The ledger has read the log to its end")}, ${where}. `
          : `${t.say("The ledger is behind the log by")} ${span(behind)}, ${where}. `;
    t.setText("ledger-lag", `${lag}${t.say("The log's depth is left out: it keeps every message.")}`);
    t.byId("log-epoch").hidden = !epoch;
    t.setText(
      "log-epoch",
      epoch ? `${t.say("The log was replaced or has lost its end, so often:")} ${number(epoch)}` : "",
    );
    mark("log-epoch", { value: epoch === null ? "" : String(epoch) });
    mark("ledger-lag", { value: behind === null ? "" : String(behind) });
  }

  /** What a run of `verify` ended with, in the reader's words: N stands for a number in them. @param {string} line */
  function verdict(line) {
    const said = line.split(", ").map((part) => {
      const numbers = part.match(/\d+/g) || [];
      return t.say(part.replace(/\d+/g, "N")).replace(/\bN\b/g, () => number(Number(numbers.shift())));
    });
    return said.join(", ");
  }

  /** @param {number} at @param {boolean} away */
  function proof(at, away) {
    const last = found.proof;
    const unread = away || found.proofAt === null || at - found.proofAt > 5;
    if (!last) {
      t.setText(
        "proof",
        found.proofAt === null ? t.say("waiting for the archive") : `${t.say("No proof yet: run")} tillstream verify`,
      );
      mark("proof", { state: "waiting", value: "" });
      return;
    }
    const holds = last.exitStatus === 0;
    const age = at - last.endedAt;
    const old = age > OLD_SECONDS;
    mark("proof", {
      state: unread ? "stale" : old ? "old" : "live",
      value: String(last.exitStatus),
      ended: String(last.endedAt),
    });
    t.setText("proof", `${holds ? "✓" : "✗"} ${t.say(holds ? "All books agree" : "The books do not agree")}`);
    const when = `${t.date(last.endedAt)} ${t.secondTime(last.endedAt)}`;
    t.setText(
      "proof-age",
      unread
        ? `${t.say("The archive is away: the proof is as of")} ${when}`
        : `${t.say(old ? "old: proved" : "proved")} ${when}, ${span(age)} ${t.say("ago")}`,
    );
    t.setText(
      "proof-line",
      `${verdict(last.verdict)} · ${number(last.differences)} ${t.say(last.differences === 1 ? "difference" : "differences")} · ${t.say("exit status")} ${last.exitStatus}`,
    );
    t.byId("proof-differences").hidden = !last.named.length;
    t.byId("proof-rows").replaceChildren(
      ...last.named.map((each) =>
        row(t.say(each.what), [each.day, each.store && t.numbered(each.store), each.expected, each.found], "name"),
      ),
    );
  }

  /** What got a 202 and does not count is kept, counted and shown. @param {number} at @param {boolean} away */
  function aside(at, away) {
    const unread = away || found.proofAt === null || at - found.proofAt > 5;
    mark("aside", {
      state: found.proofAt === null ? "waiting" : unread ? "stale" : "live",
      value: JSON.stringify(found.aside),
    });
    t.setText(
      "aside-age",
      found.proofAt === null
        ? t.say("waiting for the archive")
        : `${t.say(unread ? "stale since" : "to")} ${t.secondOf(found.proofAt)}`,
    );
    const rows = found.aside.map(({ kind, reason, number: many, lastAt }) => {
      const why =
        kind === "conflict" ? t.say("an identity came again with other content") : reason || t.say("other reasons");
      const made = row(t.say(kind), [why], "name");
      made.append(cell(number(many), "number"), cell(lastAt === null ? "–" : t.secondOf(lastAt), "number"));
      return made;
    });
    const empty = t.say(found.proofAt === null ? "waiting for the archive" : "none");
    const none = t.element("tr", t.element("td", empty, { class: "empty", colspan: "4" }));
    t.byId("aside-rows").replaceChildren(...(rows.length ? rows : [none]));
  }

  /* What runs by the clock and did not go well stands on a page of its own. */
  function jobs() {
    const line = t.byId("failed-jobs");
    line.hidden = !found.failedJobs.length;
    const said = `✗ ${t.say("Failed jobs:")} ${found.failedJobs.join(", ")}`;
    if (line.textContent !== said) line.replaceChildren(t.element("a", said, { href: `${t.prefix}jobs` }));
  }

  async function ask() {
    if (!t.byId("operations-page") || !t.zone()) return;
    // Held by its reader.
    if (t.paused()) {
      hold();
      return;
    }
    if (found) draw();
    if (asking || document.hidden) return;
    asking = true;
    try {
      const response = await fetch(`${t.prefix}operation`, { signal: AbortSignal.timeout(5000) });
      if (response.ok) {
        found = await response.json();
        heardAt = Date.now();
        draw();
      }
    } catch (error) {
      console.info("no answer", error);
    } finally {
      asking = false;
    }
  }

  /* On the server's clock, gone on since it answered. */
  function draw() {
    const silent = Date.now() - heardAt;
    const at = found.at + silent / 1000;
    queues(at);
    proof(at, silent > SILENT_MS + ASK_MS);
    aside(at, silent > SILENT_MS + ASK_MS);
    jobs();
    t.receivers(found.receivers, at);
  }

  /* What is held does not look live. */
  function hold() {
    for (const id of ["queues", "proof", "aside", "receivers"]) {
      if (t.byId(id).dataset.state !== "waiting") mark(id, { state: "stale" });
    }
  }

  setInterval(ask, ASK_MS);
})();
