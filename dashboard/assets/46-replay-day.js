/* A replayed day as it is played: its sums at each moment, its figures and plots. */
(function () {
  "use strict";
  const t = window.tillstream;
  const { format, byId } = t;
  const SPEEDS = [1, 10, 60, 300, 600];
  const USUAL_SPEED = 60;
  //: From one writing of the figures, of the plots, and of the address to the next, ms.
  const TEXT_MS = 100;
  const PLOT_MS = 400;
  const ADDRESS_MS = 1000;
  //: A tab that was hidden goes on from where it was, seconds.
  const MAX_STEP_SECONDS = 1;
  const money = format.minor;

  /* A day and what it takes to play it. */
  class Replay {
    static SPEEDS = SPEEDS;
    static USUAL_SPEED = USUAL_SPEED;

    /** @param {ReplayDay} day @param {HTMLElement} page */
    constructor(day, page) {
      this.before = 0;
      this.day = day;
      this.page = page;
      let gross = 0;
      let receipts = 0;
      // Running sums at the end of each minute that sold.
      this.ends = day.minutes.map(([start]) => start + 60);
      this.running = day.minutes.map(([, cents, number]) => [(gross += cents), (receipts += number)]);
      this.total = [gross, receipts];
      this.first = day.minutes.length ? day.minutes[0][0] : day.starts;
      this.at = this.first;
      this.speed = USUAL_SPEED;
      this.playing = false;
      this.drawn = { text: 0, plots: 0, address: 0, minute: null };
      this.today = 0;
    }

    /** How many of the minutes are over at `at`. @param {number} at */
    over(at) {
      let low = 0;
      let high = this.ends.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (this.ends[middle] <= at) low = middle + 1;
        else high = middle;
      }
      return low;
    }

    /** @param {number} at */
    sums(at) {
      const count = this.over(at);
      return count ? this.running[count - 1] : [0, 0];
    }

    /** @param {number} at */
    seek(at) {
      this.at = Math.min(this.day.ends, Math.max(this.day.starts, at));
      this.draw(true);
    }

    /** @param {boolean} playing */
    setPlaying(playing) {
      if (playing && this.at >= this.day.ends) this.at = this.first;
      this.playing = playing;
      this.before = performance.now();
      t.setText("replay-play", t.say(playing ? "Pause" : "Play"));
      byId("replay-play").dataset.paused = String(!playing);
      this.draw(true);
    }

    /** @param {number} speed */
    setSpeed(speed) {
      this.speed = speed;
      for (const each of SPEEDS) byId(`replay-speed-${each}`).setAttribute("aria-pressed", String(each === speed));
      this.draw(true);
    }

    /** @param {number} now */
    tick(now) {
      if (this.playing) {
        const passed = Math.min(MAX_STEP_SECONDS, (now - this.before) / 1000);
        this.before = now;
        this.at = Math.min(this.day.ends, this.at + passed * this.speed);
        if (this.at >= this.day.ends) {
          this.setPlaying(false);
          return;
        }
      }
      this.draw(false, now);
    }

    /** @param {boolean} at_once */
    draw(at_once, now = performance.now()) {
      if (at_once || (this.playing && now - this.drawn.text > TEXT_MS)) this.figures(now);
      const minute = this.over(this.at);
      const today = t.dayMinutes().length;
      if (at_once || (now - this.drawn.plots > PLOT_MS && (minute !== this.drawn.minute || today !== this.today))) {
        Object.assign(this.drawn, { plots: now, minute });
        this.today = today;
        this.plots();
      }
      if (at_once || (this.playing && now - this.drawn.address > ADDRESS_MS)) {
        this.drawn.address = now;
        t.keep("at", t.secondTime(this.at), "");
        t.keep("speed", String(this.speed), String(USUAL_SPEED));
        t.keep("play", this.playing ? "" : "0", "");
      }
    }

    /** @param {number} now */
    figures(now) {
      this.drawn.text = now;
      const [gross, receipts] = this.sums(this.at);
      const minute = Math.floor(this.at / 60) * 60;
      const perMinute = receipts - this.sums(minute - 60)[1];
      const values = {
        "replay-revenue-now": t.amount(gross),
        "replay-receipts-now": String(receipts),
        "replay-per-minute": String(perMinute),
        "replay-basket": receipts ? t.meanAmount(gross, receipts) : "",
      };
      for (const [id, value] of Object.entries(values)) {
        const element = byId(id);
        if (!element) return;
        element.dataset.value = value;
        t.setText(id, value === "" ? "–" : format[element.dataset.format](value));
      }
      t.setText("replay-revenue-now-note", `${t.say("of the day's")} ${money(this.total[0])}`);
      t.setText("replay-receipts-now-note", `${t.say("of the day's")} ${format.count(this.total[1])}`);
      t.setText("replay-per-minute-note", t.say("in full minutes"));
      /** @param {number} time */
      const soldTo = (time) => `${t.say("sold to")} ${t.minuteTime(time)}`;
      for (const id of ["replay-basket-note", "replay-revenue-until", "replay-rate-until"])
        t.setText(id, soldTo(minute));
      // Categories are of full slots, and at the end of the day of all of it.
      const slot =
        this.at >= this.day.ends ? minute : Math.floor(this.at / this.day.slotSeconds) * this.day.slotSeconds;
      t.setText("replay-categories-until", soldTo(slot));
      const clock = this.at >= this.day.ends ? `${t.secondTime(this.day.ends - 1)}` : t.secondTime(this.at);
      t.setText("replay-clock", clock);
      const slider = byId("replay-range");
      slider.value = String(Math.round(this.at - this.day.starts));
      slider.setAttribute("aria-valuetext", clock);
      this.page.dataset.at = String(this.at);
      this.page.dataset.state = this.playing ? "playing" : this.at >= this.day.ends ? "ended" : "paused";
    }

    plots() {
      const { day } = this;
      const end = this.over(this.at);
      const x = [];
      const revenue = [];
      const names = [];
      const rateX = [];
      const rate = [];
      for (let i = 0; i < end; i += 1) {
        x.push(this.ends[i] * 1000);
        revenue.push(t.units(this.running[i][0]));
        names.push(`${t.minuteTime(this.ends[i])}  ${money(this.running[i][0])}`);
        // A minute that sold nothing is zero, not a slope.
        if (i && this.ends[i] - this.ends[i - 1] > 60) {
          rateX.push((this.ends[i - 1] + 60) * 1000, (this.ends[i] - 60) * 1000);
          rate.push(0, 0);
        }
        rateX.push(this.ends[i] * 1000);
        rate.push(day.minutes[i][2]);
      }
      const last = day.minutes.length ? this.ends[this.ends.length - 1] : day.ends;
      const until = Math.max(last, this.first + 3600);
      const sold = { x, y: revenue, text: names };
      const rates = { x: rateX, y: rate, text: rate.map(String) };
      t.drawPlot(
        "replay-revenue",
        t.overTime(
          "replay-revenue",
          [sold, t.ground(sold), this.beside(until)],
          this.first,
          until,
          t.axes.money(revenue),
        ),
      );
      t.drawPlot(
        "replay-rate",
        t.overTime("replay-rate", [rates, t.ground(rates)], this.first, until, t.axes.count(rate)),
      );
      this.bars();
    }

    /** The live day at the same time of day. @param {number} until */
    beside(until) {
      const frame = t.frame();
      if (!frame) return { x: [], y: [], text: [] };
      const shift = this.day.starts - frame.starts;
      const points = t.dayMinutes().filter((p) => p[0] + shift <= until);
      return {
        x: points.map((p) => (p[0] + shift) * 1000),
        y: points.map((p) => (p[1] === null ? null : t.units(p[1]))),
        text: points.map((p) => `${t.say("today")} ${t.minuteTime(p[0])}  ${money(p[1])}`),
      };
    }

    bars() {
      const { day } = this;
      const sums = day.categories.map(() => 0);
      for (const [slot, category, gross] of day.slots) {
        if (slot + day.slotSeconds <= this.at || this.at >= day.ends) sums[category] += gross;
      }
      const rows = day.categories.map((name, i) => /** @type {Bar} */ ([name, t.amount(sums[i])]));
      t.drawPlot("replay-categories", t.namedBars("replay-categories", rows));
    }
  }

  t.Replay = Replay;
})();
