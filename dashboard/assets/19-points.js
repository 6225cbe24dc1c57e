/* The points that the page holds of the day: each by its time, older ones a minute apart. */
(function () {
  "use strict";
  const t = window.tillstream;
  const HOUR = 3600;
  //: A day of one-minute points and an hour of finer ones; no series grows beyond it.
  const MAX_POINTS = 1900;
  /** @type {Tillstream["points"]} */
  const points = { minutes: [], rates: [], delays: [] };
  /** @type {Bar[]} */
  let wholeBars = [];

  /** Set each point by its time; a whole frame starts afresh. @type {Tillstream["takePoints"]} */
  function take(frame) {
    for (const name of /** @type {(keyof typeof points)[]} */ (Object.keys(points))) {
      if (frame.whole) points[name] = [];
      for (const point of frame[name]) upsert(points[name], point);
      if (points[name].length > MAX_POINTS) points[name].splice(0, points[name].length - MAX_POINTS);
    }
    joinByMinute(points.rates, frame.at - HOUR, (_, newer) => newer);
    joinByMinute(points.delays, frame.at - HOUR, Math.max);
    const last = points.minutes[points.minutes.length - 1];
    // A new business day has begun: its first minute comes alone.
    if (last) points.minutes = points.minutes.filter((p) => p[0] >= frame.starts - 60);
    wholeBars = frame.bars;
  }

  /* What is older than `before` keeps one point a minute, as the server keeps it. */
  /** @param {Point[]} series @param {number} before @param {(old: number, newer: number) => number} join */
  function joinByMinute(series, before, join) {
    for (let i = 1; i < series.length && series[i][0] < before; i += 1) {
      const minute = Math.floor(series[i][0] / 60) * 60;
      if (series[i - 1][0] < minute) continue;
      const newer = series.splice(i, 1)[0];
      i -= 1;
      series[i] = series[i].map((old, column) => {
        if (column === 0) return minute;
        return old === null || newer[column] === null ? (old ?? newer[column]) : join(old, newer[column]);
      });
    }
  }

  /** @param {Point[]} series @param {Point} point */
  function upsert(series, point) {
    let at = series.length;
    while (at > 0 && series[at - 1][0] > point[0]) at -= 1;
    if (at > 0 && series[at - 1][0] === point[0]) series[at - 1] = point;
    else series.splice(at, 0, point);
  }

  Object.assign(
    t,
    /** @satisfies {Partial<Tillstream>} */ ({
      takePoints: take,
      points,
      wholeBars: () => wholeBars,
      dayMinutes: () => points.minutes,
    }),
  );
})();
