import type { Chart, Context, Panel } from "../chart.ts";
import { valuesOf } from "../data.ts";
import { counted } from "../format.ts";
import {
  cellLines,
  cellTitle,
  coresText,
  eachPanel,
  fixedCores,
  isFlagged,
  isShown,
} from "../select.ts";
import { linePanel, type LinePoint } from "./lines.ts";

function panel(context: Context, index: number): Panel[] {
  const { results, view } = context;
  const cores = fixedCores(context, index);
  const points: LinePoint[] = [];
  const rows: Panel["rows"] = [];
  for (const i of results.cellsIn(index)) {
    const cell = results.cell(i);
    const figure = results.figure(cell, "throughput");
    if (!figure || cell.in_flight === null || cell.cores !== cores || !isShown(context, cell))
      continue;
    const values = valuesOf(figure);
    points.push({
      x: cell.in_flight,
      y: figure[0],
      lower: figure[1],
      upper: figure[2],
      values: values.length > 1 ? values : [],
      model: cell.model,
      title: cellTitle(cell),
      lines: cellLines(context, cell, ["throughput", "p50", "p99"]),
      cell: i,
      flagged: isFlagged(cell),
    });
    rows.push([cell.model, cell.in_flight, figure[0], figure[1], figure[2], figure[3]]);
  }
  if (new Set(points.map((p) => p.x)).size < 2) return [];
  const where = counted(cores!, "core");
  return [
    linePanel(
      context,
      { key: String(index), title: `${results.data.panels[index]!.label}, ${where}` },
      points,
      {
        x: { label: "operations in flight", log: true },
        y: { label: "throughput", unit: "1/s", log: view.scale === "log" },
      },
      [],
      {
        columns: ["model", "in flight", "throughput (1/s)", "lower", "upper", "repetitions"],
        rows,
      },
    ),
  ];
}

export const throughputByInFlight: Chart = {
  id: "throughput-by-in-flight",
  title: "Throughput by concurrency",
  description: ({ view }) =>
    `How much concurrency each model can use, ${coresText(view)}. If a line is flat, more ` +
    "operations in flight only add waiting.",
  panels: (context) => eachPanel(context, panel),
};
