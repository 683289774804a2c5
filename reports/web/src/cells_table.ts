// Table of all cells: measured, skipped and failed. It can be sorted by any column and filtered by
// the view and by text.
import type { Context } from "./chart.ts";
import type { Cell } from "./data.ts";
import { breakable, element } from "./dom.ts";
import { clipped, csv, figureText } from "./format.ts";
import { copyText, fileName } from "./saving.ts";
import { cellTitle } from "./select.ts";
import type { View } from "./view.ts";

/** Number of rows shown initially. */
const initialRows = 40;

/** Number of counters that have a column; the CSV has all. */
const shownCounters = 4;

interface Column {
  /** In the permalink. */
  id: string;
  label: string;
  metric?: string;
  value: (cell: Cell) => string | number | null;
}

const remarksOf = (cell: Cell): string =>
  [cell.reason, ...(cell.findings ?? []).map((f) => f.code)].filter(Boolean).join(", ");

export function columnsOf({ results }: Context): Column[] {
  const metric = (id: string): Column => ({
    id,
    label: results.metric(id).label,
    metric: id,
    value: (cell) => results.figure(cell, id)?.[0] ?? null,
  });
  const foreign = results.data.foreign;
  return [
    {
      id: "name",
      label: foreign ? "benchmark" : "workload",
      value: (cell) => (foreign ? cell.name : results.data.panels[cell.panel]!.label),
    },
    ...(foreign
      ? []
      : [
          { id: "model", label: "model", value: (cell: Cell) => cell.model },
          { id: "cores", label: "cores", value: (cell: Cell) => cell.cores },
          { id: "in_flight", label: "in flight", value: (cell: Cell) => cell.in_flight },
        ]),
    { id: "status", label: "status", value: (cell) => cell.status },
    ...(foreign
      ? ["time", "cpu", ...results.counters.slice(0, shownCounters)]
      : ["throughput", "p50", "p99", "cpu", "memory"]
    ).map(metric),
    { id: "remarks", label: "remarks", value: (cell) => remarksOf(cell) || null },
  ];
}

/** Cells that pass the view's filters and contain every word of the search. */
export function cellsOfView({ results, view }: Context): number[] {
  const words = view.search.toLowerCase().split(/\s+/).filter(Boolean);
  return results.data.cells.flatMap((cell, i) => {
    if (view.workload && results.data.panels[cell.panel]!.label !== view.workload) return [];
    if (view.hidden.has(cell.model)) return [];
    if (view.cores !== null && cell.cores !== view.cores) return [];
    if (view.inFlight !== null && cell.in_flight !== view.inFlight) return [];
    if (words.length) {
      const text = [cell.name, cell.model, cell.status, remarksOf(cell)].join(" ").toLowerCase();
      if (!words.every((word) => text.includes(word))) return [];
    }
    return [i];
  });
}

/** Sorts by a column. Cells without a value come last in both directions. */
export function sorted(
  context: Context,
  cells: number[],
  column: Column | undefined,
  descending: boolean,
): number[] {
  if (!column) return cells;
  const keyed = cells.map((index) => ({ index, value: column.value(context.results.cell(index)) }));
  const sign = descending ? -1 : 1;
  return keyed
    .sort((a, b) => {
      if (a.value === null || b.value === null)
        return Number(a.value === null) - Number(b.value === null);
      if (typeof a.value === "number" && typeof b.value === "number")
        return sign * (a.value - b.value);
      return (
        sign * (String(a.value) < String(b.value) ? -1 : String(a.value) > String(b.value) ? 1 : 0)
      );
    })
    .map(({ index }) => index);
}

export function csvOfCells(context: Context, cells: number[]): string {
  const { results } = context;
  const columns = [
    "name",
    "workload",
    "model",
    "cores",
    "in_flight",
    "status",
    "remarks",
    ...results.data.metrics.flatMap((m) => [m.id, `${m.id}_lower`, `${m.id}_upper`]),
  ];
  return csv(
    columns,
    cells.map((index) => {
      const cell = results.cell(index);
      return [
        cell.name,
        results.data.panels[cell.panel]!.label,
        cell.model,
        cell.cores,
        cell.in_flight,
        cell.status,
        remarksOf(cell),
        ...results.data.metrics.flatMap(
          (_, i) => cell.metrics?.[i]?.slice(0, 3) ?? [null, null, null],
        ),
      ];
    }),
  );
}

/** The table in its section. */
export class CellsTable {
  private limit = initialRows;

  constructor(
    private readonly holder: HTMLElement,
    private readonly select: (cell: number) => void,
    private readonly sortBy: (sort: View["sort"]) => void,
  ) {}

  /** Fills in every row, for printing. */
  fillAll(context: Context): void {
    const limit = this.limit;
    this.limit = Infinity;
    this.fill(context);
    this.limit = limit;
  }

  fill(context: Context): void {
    const { sort } = context.view;
    const columns = columnsOf(context);
    const by = columns.find((c) => c.id === sort?.by);
    const cells = sorted(context, cellsOfView(context), by, sort?.descending ?? false);
    const head = columns.map((column) => {
      const active = column === by;
      return element(
        "th",
        {
          scope: "col",
          "aria-sort": active ? (sort!.descending ? "descending" : "ascending") : "none",
        },
        element(
          "button",
          {
            type: "button",
            click: () => {
              // The first click sorts figures descending and names ascending.
              const first = column.metric !== undefined;
              this.sortBy({ by: column.id, descending: active ? !sort!.descending : first });
              [...this.holder.querySelectorAll<HTMLElement>("th button")]
                .find((b) => b.textContent?.startsWith(column.label))
                ?.focus();
            },
          },
          column.label + (active ? (sort!.descending ? " ▼" : " ▲") : ""),
        ),
      );
    });
    const body = element("tbody");
    for (const index of cells.slice(0, this.limit)) body.append(this.row(context, columns, index));
    const copy = element(
      "button",
      {
        type: "button",
        click: async () => {
          const copied = await copyText(csvOfCells(context, cells), fileName("cells", "csv"));
          copy.textContent = copied ? "Copied" : "Saved";
          setTimeout(() => {
            copy.textContent = "Copy as CSV";
          }, 1500);
        },
      },
      "Copy as CSV",
    );
    this.holder.replaceChildren(
      element(
        "p",
        { class: "count", role: "status" },
        `${cells.length} of ${context.results.data.cells.length} cells` +
          (cells.length > this.limit ? ` (first ${this.limit} shown)` : ""),
        copy,
      ),
      element(
        "div",
        { class: "scroll", tabindex: "0", role: "region", "aria-label": "Table of all cells" },
        element(
          "table",
          { class: "cells keyed" },
          element("thead", {}, element("tr", {}, ...head)),
          body,
        ),
      ),
      ...(cells.length > this.limit
        ? [
            element(
              "button",
              {
                type: "button",
                class: "more",
                click: () => {
                  this.limit *= 5;
                  this.fill(context);
                },
              },
              `Show more (${cells.length} cells)`,
            ),
          ]
        : []),
    );
  }

  private row(context: Context, columns: Column[], index: number): HTMLElement {
    const cell = context.results.cell(index);
    return element(
      "tr",
      {
        class: `${cell.status}${cell.findings?.length ? " flagged" : ""}`,
        "data-cell": String(index),
      },
      ...columns.map((column, i) => {
        const value = column.value(cell);
        if (i === 0) {
          const open = element(
            "button",
            { type: "button", class: "link", click: () => this.select(index) },
            ...breakable(clipped(String(value), 120)),
          );
          const key = element("small", { class: "row-key" }, cellTitle(cell));
          return element("th", { scope: "row", dir: "auto" }, open, ...(cell.model ? [key] : []));
        }
        if (value === null) return element("td", {}, column.metric ? "–" : "");
        if (!column.metric)
          return element(
            "td",
            { class: typeof value === "number" ? "number" : "", dir: "auto" },
            clipped(String(value), 200),
          );
        const figure = context.results.figure(cell, column.metric)!;
        const unit = context.results.metric(column.metric).unit;
        const [mean, lower, upper] = figure;
        return element(
          "td",
          { class: "number" },
          figureText(mean, unit),
          ...(lower !== null && upper !== null
            ? [element("small", {}, `${figureText(lower, unit)} to ${figureText(upper, unit)}`)]
            : []),
        );
      }),
    );
  }
}
