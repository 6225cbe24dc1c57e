/* The page Jobs: asks what the scheduler has written, draws each run as a square, shows a log. */
(function () {
  "use strict";
  const t = window.tillstream;
  const { byId, element } = t;
  const ASK_MS = 3000;
  const ANSWER_MS = 10_000;
  const BAD = ["failed", "timed out", "killed"];
  const UNDER_WAY = ["running", "retrying"];
  /** @type {Record<string, string>} */
  const SIGNS = { ok: "✓", failed: "✗", "timed out": "✗", killed: "✗", interrupted: "!", skipped: "–" };
  //: Height of the shortest and the longest run of a job, pixels.
  const LOW = 16;
  const HIGH = 34;
  /** @type {JobsState | null} */
  let found = null;
  let drawn = "";
  //: The run whose log is shown, and what it was when it was asked for.
  let logged = "";

  /** @param {number} seconds */
  function length(seconds) {
    if (seconds < 90) return t.format.seconds(seconds);
    if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
    return `${Math.floor(seconds / 3600)} h ${Math.round((seconds % 3600) / 60)} min`;
  }
  /** @param {JobRun} run */
  function took(run) {
    return run.startedAt === null || run.endedAt === null ? null : run.endedAt - run.startedAt;
  }
  /** @param {JobRun} run */
  function said(run) {
    const seconds = took(run);
    return [
      t.secondOf(run.at),
      t.say(run.state),
      ...(run.kind === "scheduled" ? [] : [t.say(run.kind)]),
      ...(seconds === null ? [] : [length(seconds)]),
    ].join(", ");
  }
  /** A kind of state, by which it is coloured. @param {string} state */
  function kind(state) {
    if (BAD.includes(state)) return "bad";
    return UNDER_WAY.includes(state) ? "running" : state;
  }

  /** @param {JobRun} run @param {number} longest */
  function square(run, longest) {
    const part = longest > 0 ? (took(run) || 0) / longest : 0;
    const button = element("button", SIGNS[run.state] || "…", {
      type: "button",
      class: "run",
      title: said(run),
      "aria-label": said(run),
      "aria-pressed": String(t.address("run") === run.id),
      "data-run": run.id,
      "data-kind": kind(run.state),
      style: `height:${Math.round(LOW + (HIGH - LOW) * part)}px`,
    });
    button.addEventListener("click", () => choose(run.id));
    return button;
  }

  /** @param {Job} job */
  function row(job) {
    const runs = [...job.runs].reverse();
    const longest = Math.max(0, ...runs.map((run) => took(run) || 0));
    const newest = job.runs.find((run) => run.state !== "skipped");
    const state = element("span", newest ? t.say(newest.state) : "–", {
      class: "job-state",
      "data-kind": newest ? kind(newest.state) : "",
    });
    const seconds = newest ? took(newest) : null;
    const zone = job.zone === (found && found.zone) ? "" : ` (${job.zone})`;
    const next = job.enabled ? (job.nextAt === null ? "–" : t.secondOf(job.nextAt)) : t.say("disabled");
    return element(
      "tr",
      [
        element("th", [job.name, element("code", `python -m ${job.command}`, {})], { scope: "row", class: "name" }),
        element("td", `${t.scheduleWords(job.cron)}${zone}`, { class: "number", title: job.cron }),
        element("td", next, { class: "number" }),
        element("td", seconds === null ? state : [state, element("small", length(seconds), {})], { class: "number" }),
        element(
          "td",
          element(
            "div",
            runs.map((run) => square(run, longest)),
            { class: "runs" },
          ),
          { class: "number" },
        ),
      ],
      { "data-job": job.name, "data-kind": newest ? kind(newest.state) : "", "data-enabled": String(job.enabled) },
    );
  }

  function draw() {
    if (!found || !byId("jobs-page")) return;
    byId("jobs-page").dataset.state = found.silent ? "stale" : "live";
    t.setText(
      "jobs-fresh",
      found.seenAt === null ? "" : `${t.say(found.silent ? "stale since" : "as of")} ${t.secondOf(found.seenAt)}`,
    );
    byId("jobs-fresh").dataset.state = found.silent ? "stale" : "live";
    const message = found.jobs.length
      ? found.silent
        ? "The scheduler is silent: no job runs."
        : ""
      : "No job is declared.";
    t.setText("jobs-message", message && t.say(message));
    // Nothing that is focused is replaced without need.
    const looks = JSON.stringify([found.jobs, t.address("run")]);
    if (looks === drawn && byId("jobs-rows").childElementCount) return;
    drawn = looks;
    const focused = document.activeElement instanceof HTMLElement ? document.activeElement.dataset.run : undefined;
    byId("jobs-rows").replaceChildren(...found.jobs.map(row));
    if (focused) {
      const again = [...document.querySelectorAll("[data-run]")].find(
        (each) => /** @type {HTMLElement} */ (each).dataset.run === focused,
      );
      if (again) /** @type {HTMLElement} */ (again).focus();
    }
  }

  /** Show the log of a run, or none. @param {string} run */
  function choose(run) {
    t.keep("run", t.address("run") === run ? "" : run, "");
    logged = "";
    draw();
    log();
  }

  async function log() {
    const run = t.address("run");
    byId("job-log").hidden = !run;
    if (!run) return;
    const shown = found && found.jobs.flatMap((job) => job.runs).find((each) => each.id === run);
    const now = JSON.stringify(shown || run);
    // What has ended writes no more.
    if (now === logged) return;
    const response = await fetch(`${t.prefix}jobs/log?${new URLSearchParams({ run })}`, {
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    if (t.address("run") !== run) return;
    if (!response.ok) {
      t.setText("job-log-title", t.say("There is no such run."));
      for (const id of ["job-log-state", "job-log-about", "job-log-lines"]) t.setText(id, "");
      return;
    }
    /** @type {JobLog} */
    const answer = await response.json();
    logged = now;
    byId("job-log").dataset.kind = kind(answer.run.state);
    t.setText("job-log-title", t.visible(answer.run.id));
    t.setText("job-log-state", said(answer.run));
    const status = answer.run.exitStatus === null ? [] : [`${t.say("exit status")} ${answer.run.exitStatus}`];
    const attempts = answer.run.attempts > 1 ? [`${answer.run.attempts} ${t.say("attempts")}`] : [];
    const reason = answer.run.reason ? [t.visible(answer.run.reason)] : [];
    const cut = answer.cut ? [`${t.format.count(answer.cut)} ${t.say("lines before these were not kept")}`] : [];
    t.setText(
      "job-log-about",
      [`python -m ${t.visible(answer.command)}`, ...status, ...attempts, ...reason, ...cut].join(" · "),
    );
    t.setText("job-log-lines", answer.lines.map(t.visible).join("\n") || t.say("It wrote nothing."));
  }

  async function ask() {
    const response = await fetch(`${t.prefix}jobs/state`, { signal: AbortSignal.timeout(ANSWER_MS) });
    if (!response.ok) throw new Error(`status ${response.status}`);
    found = await response.json();
    if (!t.zone()) t.useZone(/** @type {JobsState} */ (found).zone);
    draw();
    await log();
  }

  /* What stands here is not of now. */
  function lost() {
    byId("jobs-page").dataset.state = "stale";
    byId("jobs-fresh").dataset.state = "stale";
    t.setText("jobs-message", t.say("The archive is away. Trying again."));
  }

  document.addEventListener("click", (event) => {
    if (event.target instanceof HTMLElement && event.target.id === "job-log-close") choose(t.address("run"));
  });
  t.askWhileShown("jobs-page", ASK_MS, ask, lost);
})();
