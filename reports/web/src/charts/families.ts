// Google Benchmark files: one panel per family, with a numeric argument as the axis and a line for
// each value of the others.
import type { Chart, Context, Panel } from "../chart.ts";
import type { Cell } from "../data.ts";
import { clipped } from "../format.ts";
import { Palette } from "../palette.ts";
import { shownPanels } from "../select.ts";
import { largest, smallest } from "./axes.ts";
import { cellPoint } from "./cell_point.ts";
import { dotPanel } from "./dots.ts";
import { shownMetrics } from "../strips.ts";
import { linePanel } from "./lines.ts";

/** The numeric argument with the most values, used as the axis; null if there is none. */
export function axisArgument(cells: Cell[]): string | null {
  const values = new Map<string, Set<string>>();
  for (const cell of cells)
    for (const [key, text] of Object.entries(cell.parameters ?? {})) {
      const texts = values.get(key) ?? new Set();
      values.set(key, texts.add(text));
    }
  const numeric = [...values].filter(
    ([key, texts]) =>
      texts.size > 1 &&
      [...texts].every((text) => text !== "" && Number.isFinite(Number(text))) &&
      cells.every((c) => key in (c.parameters ?? {})),
  );
  numeric.sort(([, a], [, b]) => b.size - a.size);
  return numeric[0]?.[0] ?? null;
}

/** Ratio of the times of a family from which their axis is logarithmic. */
const wideRange = 50;

export function seriesOf(cell: Cell, axis: string): string {
  return (
    Object.entries(cell.parameters ?? {})
      .filter(([key]) => key !== axis)
      .map(([key, text]) => (key.startsWith("argument ") ? text : `${key}:${text}`))
      .join("/") || "all"
  );
}

export function familyPanel(context: Context, index: number): Panel[] {
  const { results, view } = context;
  const indices = results.cellsIn(index).filter((i) => results.figure(results.cell(i), "time"));
  if (!indices.length) return [];
  const cells = indices.map((i) => results.cell(i));
  const axis = axisArgument(cells);
  const head = { key: String(index), title: results.data.panels[index]!.label };
  const rows: Panel["rows"] = [];
  const described = indices.map((i) => {
    const cell = results.cell(i);
    const figure = results.figure(cell, "time")!;
    rows.push([cell.name, figure[0], figure[1], figure[2], figure[3]]);
    const point = cellPoint(context, i, figure, shownMetrics(context));
    return { cell, mean: figure[0], point: { ...point, title: clipped(cell.name, 120) } };
  });
  const table = { columns: ["benchmark", "time (s)", "lower", "upper", "repetitions"], rows };
  if (axis === null) {
    const local = {
      ...context,
      palette: new Palette(
        cells.map((c) => c.name),
        0,
      ),
    };
    return [
      dotPanel(
        local,
        head,
        described.map(({ cell, mean, point }) => ({
          ...point,
          x: mean,
          y: 0,
          row: cell.name.slice(head.title.length).replace(/^\//, "") || cell.name,
          model: cell.name,
        })),
        { label: "time per iteration", unit: "s" },
        table,
      ),
    ];
  }
  const series = [...new Set(cells.map((cell) => seriesOf(cell, axis)))];
  const local = { ...context, palette: new Palette(series, 0) };
  const points = described.map(({ cell, mean, point }) => ({
    ...point,
    x: Number(cell.parameters![axis]),
    y: mean,
    model: seriesOf(cell, axis),
  }));
  const xs = points.map((p) => p.x);
  const ys = points.map((p) => p.y).filter((y) => y > 0);
  const logY = view.scale === "log" || largest(ys) / smallest(ys) >= wideRange;
  const logX = Math.min(...xs) > 0 && Math.max(...xs) / Math.min(...xs) >= 16;
  return [
    linePanel(
      local,
      head,
      points,
      {
        x: {
          label: axis,
          log: logX,
          ticks: xs,
          format: (x) => (x >= 10000 ? `${+(x / 1000).toPrecision(3)}k` : String(x)),
        },
        y: { label: "time per iteration", unit: "s", log: logY },
        labels: series.length > 1,
      },
      [],
      table,
    ),
  ];
}

export const families: Chart = {
  id: "families",
  title: "Time by benchmark family",
  description: () =>
    "One panel per family of this Google Benchmark file, with a numeric argument as the axis and " +
    "95 % intervals over repetitions. Lower is better.",
  *panels(context) {
    if (!context.results.data.foreign) return;
    for (const index of shownPanels(context)) yield* familyPanel(context, index);
  },
};
