/* The table of the page Stores: AG Grid, whose script no other page loads. */
(function () {
  "use strict";
  const t = window.tillstream;
  const { byId } = t;
  const SCRIPT = "_dash-component-suites/dash_ag_grid/dash_ag_grid.min.js";
  const ID = "stores-grid";
  /** AG Grid's own words that its filters show. */
  const WORDS = {
    ...{ contains: "Contains", notContains: "Does not contain", equals: "Equals", notEqual: "Does not equal" },
    ...{ startsWith: "Begins with", endsWith: "Ends with", blank: "Blank", notBlank: "Not blank" },
    ...{ lessThan: "Less than", greaterThan: "Greater than", lessThanOrEqual: "Less than or equal" },
    ...{ greaterThanOrEqual: "Greater than or equal", inRange: "Between", inRangeStart: "From", inRangeEnd: "To" },
    ...{ filterOoo: "Filter...", andCondition: "AND", orCondition: "OR", noRowsToShow: "No such store" },
    noMatchingRows: "No such store",
  };
  /** @type {any} */
  let api = null;
  let asked = false;
  /** @type {{ rows: StoreStanding[], hour: string }} */
  let wanted = { rows: [], hour: "" };
  let hour = "";

  /** @type {any} */
  const page = window;
  const dash = "–";
  /** @param {(value: number) => string} written @returns {(value: number | null) => string} */
  const known = (written) => (value) => (value === null || value === undefined ? dash : written(value));
  const money = known((cents) => t.format.money(t.amount(Math.round(cents))));
  page.dashAgGridFunctions = Object.assign(page.dashAgGridFunctions || {}, {
    storesMoney: money,
    storesSigned: known((cents) => t.stores.signed(cents)),
    storesPercent: known(t.format.percent),
    storesSignedPercent: known((part) => (part > 0 ? "+" : "") + t.format.percent(part)),
    storesCount: known(t.format.count),
    storesTime: known(t.minuteOf),
    //: A filter is written in units of the currency, or in percent.
    storesUnits: (/** @type {number | null} */ value) => (value === null ? null : t.units(value)),
    storesHundredfold: (/** @type {number | null} */ value) => (value === null ? null : value * 100),
  });
  page.dashAgGridComponentFunctions = Object.assign(page.dashAgGridComponentFunctions || {}, {
    StoresLink: (/** @type {any} */ { data, value }) =>
      page.React.createElement("a", { href: t.stores.link(data.store), title: t.visible(data.store) }, value),
    StoresState: (/** @type {any} */ { data, value }) =>
      page.React.createElement("span", { className: "store-state", "data-kind": data.state }, value),
    StoresDeviation: (/** @type {any} */ { value, valueFormatted }) => {
      const kind = value < 0 ? "down" : value > 0 ? "up" : "";
      return page.React.createElement("span", { className: "store-deviation", "data-kind": kind }, valueFormatted);
    },
  });

  /** @param {string} field @param {string} head @param {string} writer @param {object} more */
  const number = (field, head, writer, more = {}) => ({
    field,
    headerName: head,
    type: "rightAligned",
    filter: "agNumberColumnFilter",
    valueFormatter: { function: `${writer}(params.value)` },
    width: 120,
    ...more,
  });
  const amount = { filterValueGetter: { function: "storesUnits(params.data[params.column.colId])" } };
  const percent = { filterValueGetter: { function: "storesHundredfold(params.data[params.column.colId])" } };

  function columns() {
    const to = hour ? ` ${hour}` : ` ${t.say("the full hour")}`;
    const told = { cellRenderer: "StoresDeviation" };
    const narrow = innerWidth <= 640;
    // Where few columns fit, the figures come first.
    const few = innerWidth <= 1000;
    const state = {
      ...{ field: "stateText", headerName: t.say("State"), filter: "agTextColumnFilter" },
      ...{ cellRenderer: "StoresState", width: 136 },
    };
    // On a wide screen the names of regions have what room is left.
    const room = few ? { width: 140 } : { flex: 1, minWidth: 204 };
    const region = { field: "region", headerName: t.say("Region"), filter: "agTextColumnFilter", ...room };
    const gross = number("gross", t.say("Revenue so far"), "storesMoney", { ...amount, width: 124 });
    return [
      {
        ...{ field: "title", headerName: t.say("Store"), filter: "agTextColumnFilter", cellRenderer: "StoresLink" },
        ...{ pinned: "left", width: narrow ? 132 : 190 },
      },
      ...(few ? [] : [region, state]),
      ...(few ? [] : [gross]),
      number("deviation", t.say("Deviation"), "storesSigned", { ...amount, ...told }),
      number("part", t.say("Deviation, %"), "storesSignedPercent", { ...percent, ...told, width: 118 }),
      ...(few ? [gross] : []),
      number("compared", `${t.say("Until")}${to}`, "storesMoney", amount),
      number("usual", `${t.say("Usual until")}${to}`, "storesMoney", { ...amount, width: 156 }),
      ...(few ? [state, region] : []),
      number("share", t.say("Share"), "storesPercent", { ...percent, width: 92 }),
      number("receipts", t.say("Receipts"), "storesCount", { width: 104 }),
      number("basket", t.say("Basket"), "storesMoney", { ...amount, width: 100 }),
      number("last", t.say("Last sale"), "storesTime", { filter: false, width: 128 }),
    ];
  }

  function load() {
    asked = true;
    const script = document.createElement("script");
    script.src = t.prefix + SCRIPT;
    script.addEventListener("load", show);
    document.head.append(script);
  }

  async function show() {
    ({ hour } = wanted);
    const defaultColDef = {
      sortable: true,
      resizable: true,
      suppressMovable: true,
      suppressHeaderMenuButton: true,
      wrapHeaderText: true,
    };
    const words = Object.entries(WORDS).map(([name, text]) => [name, t.say(text)]);
    const props = {
      ...{ id: ID, columnDefs: columns(), rowData: wanted.rows, getRowId: "params.data.store", defaultColDef },
      style: { height: "100%", width: "100%" },
      dashGridOptions: {
        ...{ rowHeight: 36, headerHeight: 52, animateRows: false, tooltipShowDelay: 200, suppressCellFocus: false },
        ...{ suppressDragLeaveHidesColumns: true, localeText: Object.fromEntries(words) },
      },
    };
    const grid = { namespace: "dash_ag_grid", type: "AgGrid", props };
    window.dash_clientside.set_props("stores-place", { children: grid });
    const found = await page.dash_ag_grid.getApiAsync(ID);
    found.addEventListener("rowClicked", (/** @type {any} */ { data, event }) => {
      if (!event.target.closest("a")) location.assign(t.stores.link(data.store));
    });
    api = found;
    byId("stores-place").dataset.drawn = "true";
    put();
  }

  function put() {
    if (wanted.hour !== hour) {
      ({ hour } = wanted);
      api.setGridOption("columnDefs", columns());
    }
    api.setGridOption("rowData", wanted.rows);
    byId("stores-place").style.setProperty("--stores", String(Math.max(3, wanted.rows.length)));
  }

  /* As it stands: sorted and filtered by its reader. Amounts are plain, whatever the language. */
  function gridRows() {
    if (!api || api.isDestroyed() || !byId(ID)) return [];
    const cents = ["gross", "deviation", "compared", "usual", "basket"];
    const shown = api.getAllDisplayedColumns().map((/** @type {any} */ column) => column.getColDef());
    /** @type {Cell[][]} */
    const rows = [
      shown.map((/** @type {any} */ { field, headerName }) =>
        cents.includes(field) ? `${headerName} (${t.currency.code})` : headerName,
      ),
    ];
    api.forEachNodeAfterFilterAndSort((/** @type {any} */ { data }) => {
      rows.push(
        shown.map((/** @type {any} */ { field }) => {
          const value = data[field];
          if (value === null) return "";
          if (cents.includes(field)) return ["money", t.amount(Math.round(value))];
          if (field === "last") return t.minuteOf(value);
          if (field === "part" || field === "share") return t.typed(t.format.percent(value));
          return typeof value === "number" ? ["count", String(value)] : value;
        }),
      );
    });
    return rows;
  }

  Object.assign(t, {
    gridRows,
    stores: {
      ...t.stores,
      grid: (/** @type {StoreStanding[]} */ rows, /** @type {string} */ until) => {
        wanted = { rows, hour: until };
        if (api && !api.isDestroyed()) put();
        else if (!asked) load();
      },
    },
  });
})();
