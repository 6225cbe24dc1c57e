/** What the browser's scripts share: the shapes that the server sends, and `window.tillstream`. */

/** One file of words/: see dashboard/pages/languages.py. */
interface Language {
  group: string;
  point: string;
  money: string;
  percent: string;
  date: string;
  words: Record<string, string>;
  marks: Record<string, string>;
  currency_signs: Record<string, string>;
}

type State = "live" | "stale" | "waiting";
/** Time in Unix seconds, then values; one that is not known is null, which counts as 0. */
type Point = any[];
/** A row of a panel, its columns as in dashboard/state/panels.py. */
type Row = any[];
type Bar = [name: string, revenue: string];

/** dashboard/state/frames.py */
interface Frame {
  whole: boolean;
  at: number;
  day: string;
  starts: number;
  zone: string;
  abbreviation: string;
  data_time: number | null;
  feeds: Record<string, [state: State, asOf: number]>;
  /** What is wrong with it: away, slow, behind; else empty. */
  archive: string;
  complete_until: number | null;
  values: Record<string, string | null>;
  panels: Record<string, Row[] | null>;
  bars: Bar[];
  minutes: Point[];
  rates: Point[];
  delays: Point[];
  currency: string;
  currencies: string[];
  others: [currency: string, receipts: number, gross: string][];
}

/** A filtered day, dashboard/archive/filtered_day.py */
interface Part {
  known: boolean;
  day: string;
  store: string;
  region: string;
  category: string;
  zone: string;
  abbreviation: string;
  starts: number;
  read_at: number;
  ask_again: number;
  values: Record<string, string | null>;
  minutes: Point[];
  panels: Record<string, Row[]>;
  bars: Bar[] | null;
}

/** A replayed day, dashboard/archive/replay.py */
interface ReplayDay {
  zone: string;
  starts: number;
  ends: number;
  minutes: [start: number, cents: number, receipts: number][];
  categories: string[];
  slots: [start: number, category: number, cents: number][];
  slotSeconds: number;
}

/** What is declared of a window, dashboard/pages/explore_page.py */
interface ExploredWindow {
  name: string;
  seconds: number;
  keys: string[];
  figures: { name: string; unit: string; readAs: string | null; merged: string | null }[];
  chart: string[];
}

/** dashboard/archive/windows.py: a row is id, start, end, keys, figures, revision, late, final. */
interface ExploredRows {
  rows: Row[];
  change: number;
  more: boolean;
  readAt: number;
  heard: any;
}

/** What the page Explore holds; `from` and `to` are what is shown, Unix seconds. */
interface Explored {
  rows: Map<string, Row>;
  window: ExploredWindow;
  more: boolean;
  from: number;
  to: number;
  drawn: string;
}

/** dashboard/state/queue_rates.py */
interface Operation {
  at: number;
  queuesAt: number | null;
  queues: {
    name: string;
    messages: number | null;
    consumers: number | null;
    rateIn: number | null;
    rateOut: number | null;
  }[];
  ledger: {
    nextOffset: number | null;
    logOffset: number | null;
    behindSeconds: number | null;
    logEpoch: number | null;
  };
  proof: {
    exitStatus: number;
    endedAt: number;
    verdict: string;
    differences: number;
    named: { what: string; day: string; store: string; expected: string; found: string }[];
  } | null;
  proofAt: number | null;
  failedJobs: string[];
  aside: { kind: string; reason: string; number: number; lastAt: number | null }[];
  receivers: Receivers;
}

/** dashboard/state/receivers_heard.py */
interface Receivers {
  rows: {
    receiver: string;
    taken: number;
    posted: number;
    waiting: number;
    refused: number;
    setAside: number;
    newest: number | null;
  }[];
  outbox: number;
  asOf: number | null;
}

/** dashboard/archive/jobs.py */
interface JobRun {
  id: string;
  at: number;
  kind: string;
  state: string;
  startedAt: number | null;
  endedAt: number | null;
  attempts: number;
  exitStatus: number | null;
  reason: string;
}
interface Job {
  name: string;
  command: string;
  cron: string;
  zone: string;
  enabled: boolean;
  nextAt: number | null;
  runs: JobRun[];
}
interface JobsState {
  readAt: number;
  seenAt: number | null;
  silent: boolean;
  zone: string;
  jobs: Job[];
}
interface JobLog {
  run: JobRun;
  command: string;
  lines: string[];
  cut: number;
}

/** dashboard/archive/alerts.py */
interface Alert {
  id: string;
  rule: string;
  kind: string;
  severity: string;
  store: string;
  beganAt: number;
  endedAt: number | null;
  acknowledgedAt: number | null;
  acknowledgedBy: string;
  texts: Record<string, string>;
  unsent: [target: string, state: string][];
}
interface AlertsState {
  readAt: number;
  seenAt: number | null;
  silent: boolean;
  zone: string;
  open: number;
  alerts: Alert[];
  targets: { name: string; failingSince: number; reason: string }[];
}

/** Gross, net, receipts, units in thousandths; dashboard/state/days_answer.py */
type DaysAmounts = [gross: number, net: number, receipts: number, units: number];
type DaysGroup = [key: string, first: string, last: string, state: string, sold: number, amounts: DaysAmounts];
type DaysSplit = [key: string, name: string, amounts: DaysAmounts];
interface DaysAnswer {
  first: string;
  last: string;
  by: string;
  today: string;
  zone: string;
  readAt: number;
  total: DaysAmounts;
  groups: DaysGroup[];
  states: Record<string, number>;
  missing: string[];
  splits: Record<string, DaysSplit[]>;
  heat: [weekday: number, hour: string, gross: number, days: number][];
  hours: string[];
  running: [
    period: string,
    than: string,
    basis: string,
    first: string,
    last: string,
    firstBefore: string,
    lastBefore: string,
    now: DaysAmounts | null,
    before: DaysAmounts | null,
  ][];
  narrowTo: number;
}

/** As of, complete until, why it is old; dashboard/state/online.py */
type OnlineHead = [asOf: number, completeUntil: number | null, stale: string];

/** dashboard/state/online.py */
interface OnlineAnswer {
  known: string;
  whole: boolean;
  at: number;
  readAt: number | null;
  problem: string;
  empty: boolean;
  hour: [first: number, end: number];
  day: [first: number, end: number];
  heads: Record<string, OnlineHead>;
  panels: Record<string, Row[]>;
}

/** dashboard/state/products_answer.py; rows as in product_rows.py */
interface ProductsPart {
  day: string;
  zone: string;
  way: "hours" | "scaled" | "none";
  days: number;
  until: string;
  rows: Row[];
  falling: string[];
  rising: string[];
  other: number;
}
interface SoldOutPart {
  readAt: number;
  rows: [store: string, code: string, last: number | null, sold: number, usual: number, expected: number][];
  number: number;
  watched: number;
}
interface PairsPart {
  readAt: number;
  pairs: [first: string, second: string, count: number, share: number, lift: number][];
  baskets: number;
  larger: number;
  first: number | null;
  last: number | null;
}

/** What the page Products holds of a scope; `heardAt` in ms. */
interface ProductsView {
  scope: string;
  known: string;
  readAt: number | null;
  heardAt: number;
  parts: {
    products?: ProductsPart;
    soldOut?: SoldOutPart;
    pairs?: PairsPart;
    choices?: { regions: string[]; stores: string[] };
    categories?: { categories: Record<string, string[]> };
  };
  names: Map<string, string>;
}

/** What the pages of the online shop hold; times in ms. */
interface OnlineView {
  answer: OnlineAnswer | null;
  answeredAt: number;
  heardAt: number;
  panels: Record<string, Row[]>;
  range: "hour" | "day";
}

/** A figure under a filter. */
interface Narrowed {
  value: string | null;
  state: State;
  at: number | null;
}

/** x in milliseconds; a hole in y is null. */
interface Column {
  x: number[];
  y: (number | null)[];
  text?: string[];
}

/** Of Plotly. */
interface Figure {
  data: any[];
  layout: any;
}

/** `looks`: equal texts are equal pictures. */
type Plot = Figure & { looks: string };

type Put = (id: string, props: Record<string, string | HTMLElement[]>) => void;
type StateOf = (feed: string) => State;

interface Tillstream {
  // 10-language.js
  say: (text: string) => string;
  ruleBroken: (rule: string) => string;
  language: () => string;
  locale: string;
  signs: Language;
  prefixOf: () => string;
  // 11-currency.js
  currency: { code: string; main: string; asked: () => string; shows: boolean; digits: number; pattern: string };
  digitsOf: (currency: string) => number;
  patternOf: (currency: string) => string;
  amount: (minor: number) => string;
  units: (minor: any) => number;
  meanAmount: (total: number, number: number) => string;
  inCurrency: (query: URLSearchParams) => URLSearchParams;
  // 12-format.js
  format: Record<string, (value: any) => string>;
  date: (seconds: number) => string;
  localised: (figure: Figure) => Figure;
  useZone: (zone: string) => void;
  zone: () => string | null;
  ticks: (from: number, to: number) => { tickvals: number[]; ticktext: string[] };
  visible: (text: unknown) => string;
  plotName: (text: string) => string;
  moneyIn: (currency: string, value: any, digits?: number) => string;
  setNow: (seconds: number) => void;
  minuteTime: (seconds: number) => string;
  secondTime: (seconds: number) => string;
  minuteOf: (seconds: number) => string;
  secondOf: (seconds: number) => string;
  // 13-stores.js
  title: (store: string) => string;
  numbered: (store: string) => string;
  storeLink: (store: string) => HTMLElement;
  // 15-elements.js
  byId: (id: string) => any; // an HTMLElement of whatever kind, or null
  element: (tag: string, content: ElementContent, attributes?: Record<string, string | number>) => HTMLElement;
  setText: (id: string, value: string) => void;
  // 18-axes.js
  axes: {
    money: (euros: (number | null)[]) => { range?: number[] };
    count: (values: (number | null)[]) => { range?: number[]; dtick?: number };
    duration: (ms: (number | null)[]) => { range: number[]; tickvals: number[]; ticktext: string[] };
    bars: (amounts: number[]) => number[];
    spark: (values: (number | null)[], colour: string) => string;
  };
  // 19-points.js
  takePoints: (frame: Frame) => void;
  points: Record<"minutes" | "rates" | "delays", Point[]>;
  wholeBars: () => Bar[];
  dayMinutes: () => Point[];
  // 20-plots.js
  bars: () => Bar[];
  sparks: (frame: Frame) => Record<string, string>;
  basePlot: (id: string) => Figure;
  overTime: (id: string, columns: Column[], from: number, to: number, yaxis?: object) => Plot;
  column: (series: Point[], index: number, text: (point: Point) => string) => Column;
  ground: (column: Column) => Column;
  inWindow: (series: Point[], frame: Frame) => Point[];
  namedBars: (id: string, rows: Bar[]) => Figure;
  plots: Record<string, (frame: Frame) => Plot>;
  setRevenueView: (view: string) => void;
  // 25-panels.js
  columns: Record<string, (row: Row, rows: Row[]) => HTMLElement[]>;
  cell: (content: ElementContent, kind: string) => HTMLElement;
  name: (content: ElementContent) => HTMLElement;
  link: (text: string, href: string) => HTMLElement;
  shareCells: (
    named: ElementContent,
    gross: number,
    rows: Row[],
    written?: (amount: number) => string,
  ) => HTMLElement[];
  takePanels: (frame: Frame) => void;
  drawTables: (put: Put) => void;
  panel: (id: string) => Row[] | undefined;
  panelAt: (id: string, place?: string) => Row[] | undefined;
  comparedLine: (frame: Frame, total: boolean, from: number, until: number) => [time: number, euros: number][];
  // 27-drawing.js
  drawPlots: (frame: Frame) => void;
  drawPlot: (id: string, figure: Figure) => boolean;
  // 28-unheard.js
  heardNote: (put: Put) => void;
  sellingNote: () => string;
  // 29-against.js
  compareFigures: (put: Put, stateOf: StateOf) => void;
  before: (place: string) => Row[];
  beforeName: () => string;
  ahead: (from: number, now: number) => [time: number, low: number, high: number][] | null;
  chooseAgainst: (name: string) => unknown;
  // 29-captions.js
  captions: {
    age: (seconds: number) => string;
    complete: (frame: Frame, feed: string) => number | null;
    freshness: (frame: Frame, feed: string, state: State, narrow: Narrowed | null) => Record<string, string>;
    lag: (frame: Frame, feed: string) => string;
    note: (
      frame: Frame,
      id: string,
      feed: string,
      state: State,
      value: string | null,
      narrow: Narrowed | null,
    ) => string;
    since: (frame: Frame, feed: string, state: State) => string;
  };
  // 30-live.js
  prefix: string;
  frame: () => Frame | null;
  setPaused: (wanted: boolean) => void;
  paused: () => boolean;
  showStatus: () => void;
  redraw: () => void;
  ofTheDay: Set<string>;
  viewRevenue: (view: string) => string;
  // 32-theme.js
  chooseTheme: (clicks: number | undefined, theme: string | null | undefined) => unknown;
  showTheme: (theme: string | null | undefined) => string;
  // 35-filters.js
  narrows: (id: string) => boolean;
  narrowedFigure: (id: string, frame: Frame) => Narrowed;
  narrowedPart: (frame?: Frame) => Part | null;
  askForPart: (frame: Frame) => Promise<void>;
  archiveAway: () => boolean;
  archiveWords: (frame: Frame) => string;
  archiveSilent: () => boolean;
  /** Asks while the page with an id stands; `lost` says that what stands there is not of now. */
  askWhileShown: (page: string, everyMs: number, ask: () => Promise<void>, lost: () => void) => void;
  storePage: () => HTMLElement | null;
  filterNote: (put: Put, frame: Frame) => void;
  chosenCategory: () => string;
  filters: () => { store: string; region: string; category: string };
  offered: () => boolean;
  chooseStore: (store: string | null) => unknown;
  chooseRegion: (region: string | null) => unknown;
  chooseCategory: (category: string | null) => unknown;
  // 36-currency-choice.js
  drawCurrencies: (frame: Frame) => void;
  // 40-controls.js
  address: (name: string) => string;
  windowMinutes: () => number | null;
  keep: (name: string, value: string, usual: string) => void;
  chooseWindow: (chosen: string) => unknown;
  pause: (clicks: number) => [text: string, paused: string];
  // 41-csv.js
  csv: (rows: unknown[][]) => string;
  plainNumber: (text: string) => string;
  typed: (text: string) => Cell;
  saveCsv: (clicks: number | undefined) => unknown;
  saveWorkbook: (clicks: number | undefined) => unknown;
  // 62-wall.js
  plotType: () => number;
  // 45-receivers.js
  receivers: (found: Receivers, at: number) => void;
  // 46-replay-day.js
  Replay: any;
  // 47-store.js
  storeState: (put: Put, frame: Frame, stateOf: StateOf) => void;
  // 48-explore.js
  explore: {
    go: (changed: Record<string, string | null>) => void;
    range: (from: number, to: number) => void;
    prefix: string;
    filterOf: (key: string) => string | null;
  };
  // 49-explore-chart.js
  exploreChart: (view: Explored) => void;
  exploredRow: {
    column: (view: Explored, name: string) => number;
    keyText: (key: unknown) => string;
    shown: (value: unknown) => string;
  };
  // 50-explore-table.js
  exploreTable: (view: Explored) => void;
  exploreControls: (view: Explored) => void;
  // 51-explore-choices.js
  exploreChoices: (view: Explored) => void;
  exploreOffer: (view: Explored) => void;
  // 52-jobs-words.js
  scheduleWords: (cron: string) => string;
  // 55-online.js
  /** Null on a page that shows frames only; `feeds`: whether it shows those too. */
  ownStatus: () => { state: string; text: string; feeds: boolean } | null;
  online: {
    view: OnlineView;
    standing: () => { state: string; why: string; since: number | null };
    card: (window: string) => { state: State; text: string };
    showStanding: (window: string) => void;
    sum: (texts: string[]) => string;
    figure: (id: string, value: unknown, text: string, state: string, note: string) => void;
    table: (
      id: string,
      rows: Row[] | undefined,
      cells: (row: Row, rows: Row[]) => HTMLElement[],
      said?: string,
    ) => void;
    plot: (id: string, figure: Plot) => void;
  };
  // 58-products.js, 59-products-tables.js
  products: {
    named: (code: string) => (string | HTMLElement)[];
    change: (row: Row) => string[];
    pieces: (milli: number) => string;
    compared: () => string;
    draw: () => void;
    within: (view: ProductsView) => ProductsView["parts"];
    choices: (view: ProductsView) => void;
    tables: (view: ProductsView) => void;
  };
}

interface Tillstream {
  // 58-days-tables.js, 59-days.js
  days: {
    rows: (id: string, looks: unknown, make: () => HTMLElement[]) => void;
    /** False where the plot has no place yet. */
    draw: (found: DaysAnswer, figure: string) => boolean;
    link: (changed: Record<string, string>) => string;
    groupName: (group: DaysGroup, by: string) => string;
    gap: (state: string) => string;
    heat: (found: DaysAnswer) => void;
    splits: (found: DaysAnswer) => void;
  };
}

/** dashboard/state/store_standing.py, as the page holds it; money in cents. */
interface StoreStanding {
  store: string;
  title: string;
  region: string;
  latitude: number | null;
  longitude: number | null;
  state: "zero" | "open" | "closed" | "new";
  stateText: string;
  gross: number;
  receipts: number;
  until: string;
  compared: number;
  usual: number | null;
  last: number | null;
  order: number;
  deviation: number | null;
  part: number | null;
  share: number | null;
  basket: number | null;
}

/** dashboard/archive/store_standings.py */
interface StandingsAnswer {
  known: string;
  whole: boolean;
  readAt: number;
  zone: string;
  rows: Row[];
}

interface Tillstream {
  // 60-stores.js, 61-stores-grid.js, 62-stores-map.js, 63-stores-outlines.js
  stores: {
    many: (count: number, one?: string, more?: string) => string;
    outlines: (view: MapView, narrowing: number) => { x: (number | null)[]; y: (number | null)[]; looks: string };
    link: (store: string) => string;
    signed: (minor: number) => string;
    grid: (rows: StoreStanding[], until: string) => void;
    map: (rows: StoreStanding[]) => void;
  };
  gridRows: () => Cell[][];
}

/** Text, or a kind and a number with a point. */
type Cell = string | [kind: string, number: string];
/** dashboard/workbook.py */
interface Section {
  title: string;
  heads: string[];
  rows: Cell[][];
}
interface Shown {
  title: string;
  as_of: string;
  currency: string;
  facts: [name: string, value: string][];
  sections: Section[];
}

/** Of the map of stores: narrowed longitudes and latitudes, and those of a pixel. */
interface MapView {
  left: number;
  right: number;
  low: number;
  high: number;
  pixel: number;
}

type ElementContent = string | Node | (string | Node)[];

interface Window {
  tillstream: Tillstream;
  Plotly: { react: (graph: Element, data: any[], layout: any, config: unknown) => void };
  dash_clientside: { tillstream?: Tillstream; no_update: unknown; set_props: (id: string, props: object) => void };
  dash_component_api: { getLayout: (id: string) => { props: { figure: Figure } } };
}
