/* Axes that a reader trusts: never finer than what they measure, and times in the unit that fits. */
(function () {
  "use strict";
  const t = window.tillstream;
  const { format } = t;
  //: What an axis spans at least: a smaller sum would be measured in parts of a coin.
  const LEAST_AMOUNT = t.currency.digits ? 10 : 1000;
  const LEAST_COUNT = 5;
  const LEAST_MS = 10;
  //: A sparkline's height is at least this part of what it shows: 449 to 450 is a flat line.
  const LEAST_SPARK = 0.2;
  //: Room for the exact amount beside the longest bar, of the bars' span: on one side, on each of two.
  const ROOM = 0.5;
  const ROOM_OF_TWO = 0.6;
  //: Milliseconds of each unit, the ends of its first ticks, and from which on it is used.
  const UNITS = [
    { name: "ms", ms: 1, from: 0 },
    { name: "s", ms: 1000, from: 2000 },
    { name: "min", ms: 60_000, from: 120_000 },
    { name: "h", ms: 3_600_000, from: 7_200_000 },
  ];
  const SIXTIETHS = [1, 2, 5, 10, 15, 20, 30, 60, 120];

  /** @param {(number | null)[]} values */
  const known = (values) => values.map(Number).filter(Number.isFinite);

  /** An axis of so much at least; of more, Plotly's own. @param {(number | null)[]} values @param {number} least */
  function atLeast(values, least) {
    const numbers = known(values);
    if (numbers.some((value) => Math.abs(value) >= least)) return {};
    return { range: [numbers.some((value) => value < 0) ? -least : 0, least] };
  }

  /** @type {Tillstream["axes"]["money"]} */
  const money = (values) => atLeast(values, LEAST_AMOUNT);
  /** Of few receipts each whole number once. @type {Tillstream["axes"]["count"]} */
  function count(values) {
    const small = atLeast(values, LEAST_COUNT);
    return "range" in small ? { ...small, dtick: 1 } : {};
  }

  /** Of milliseconds: ticks in the largest unit that says enough. @type {Tillstream["axes"]["duration"]} */
  function duration(values) {
    const numbers = known(values);
    const low = Math.min(0, ...numbers);
    const high = Math.max(0, ...numbers);
    const span = Math.max(high - low, LEAST_MS);
    const unit = [...UNITS].reverse().find(({ from }) => span >= from) || UNITS[0];
    const step = stepOf(span / unit.ms / 5, unit.name === "min") * unit.ms;
    const tickvals = [];
    for (let at = Math.ceil(low / step); at * step <= Math.max(high, low + span); at += 1) tickvals.push(at * step);
    return {
      range: [low && low - span * 0.04, Math.max(high, low + span) * 1.04],
      tickvals,
      ticktext: tickvals.map((at) => `${format.short(at / unit.ms)}\u00a0${unit.name}`),
    };
  }

  /** @param {number} least @param {boolean} sixtieths */
  function stepOf(least, sixtieths) {
    const found = sixtieths && SIXTIETHS.find((step) => step >= least);
    if (found) return found;
    const power = 10 ** Math.floor(Math.log10(least));
    return [1, 2, 5, 10].map((each) => each * power).find((step) => step >= least) || least;
  }

  /** Of bars that lie, with room for their amounts on the sides where they end. @type {Tillstream["axes"]["bars"]} */
  function bars(amounts) {
    const low = Math.min(0, ...amounts);
    const high = Math.max(0, ...amounts);
    const span = high - low || 1;
    return low < 0 ? [low - ROOM_OF_TWO * span, high + ROOM_OF_TWO * span] : [0, high + ROOM * span];
  }

  /** A line without axes, as an image, so that it is one attribute to set. @type {Tillstream["axes"]["spark"]} */
  function spark(values, colour) {
    const line = /** @type {number[]} */ (values.filter((v) => v !== null));
    // Of two points a line says nothing.
    if (line.length < 3) return "";
    const [least, most] = [Math.min(...line), Math.max(...line)];
    const span = Math.max(most - least, LEAST_SPARK * Math.max(Math.abs(least), Math.abs(most))) || 1;
    const low = (least + most - span) / 2;
    const step = 100 / (line.length - 1);
    const path = line.map((v, i) => `${(i * step).toFixed(1)},${(26 - ((v - low) / span) * 24).toFixed(1)}`);
    const svg =
      `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 28" preserveAspectRatio="none">` +
      `<polyline points="${path.join(" ")}" fill="none" stroke="${colour}" stroke-width="1.6" ` +
      `stroke-linejoin="round" vector-effect="non-scaling-stroke"/></svg>`;
    return `data:image/svg+xml,${encodeURIComponent(svg)}`;
  }

  t.axes = { money, count, duration, bars, spark };
})();
