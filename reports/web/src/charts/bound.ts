import type { Chart, Context, Panel } from "../chart.ts";
import { valuesOf } from "../data.ts";
import { percentText } from "../format.ts";
import { cellLines, cellTitle, chosenCells, eachPanel, fixedCores, isFlagged } from "../select.ts";
import { dotPanel, type DotPoint } from "./dots.ts";

/** Meaning of a CPU share. */
const words = (share: number) =>
  share >= 0.9 ? "bound by the CPU" : share <= 0.5 ? "mostly waiting" : "partly waiting";

function panel(context: Context, index: number): Panel[] {
  const { results } = context;
  const cores = fixedCores(context, index);
  const points: DotPoint[] = [];
  const rows: Panel["rows"] = [];
  for (const { cell: i } of chosenCells(context, index)) {
    const cell = results.cell(i);
    const figure = cell.cores === cores ? results.figure(cell, "cpu_share") : null;
    if (!figure) continue;
    const fixture = results.figure(cell, "server_cpu_share");
    const values = valuesOf(figure);
    points.push({
      x: figure[0],
      y: 0,
      row: cell.model,
      model: cell.model,
      lower: figure[1],
      upper: figure[2],
      values: values.length > 1 ? values : [],
      title: `${cellTitle(cell)}: ${words(figure[0])}`,
      cell: i,
      flagged: isFlagged(cell),
      lines: [...cellLines(context, cell, ["cpu_share", "server_cpu_share", "throughput"])],
    });
    rows.push([
      cell.model,
      cell.in_flight,
      figure[0],
      figure[1],
      figure[2],
      words(figure[0]),
      fixture ? percentText(fixture[0]) : null,
    ]);
  }
  if (!points.length) return [];
  return [
    dotPanel(
      context,
      {
        key: String(index),
        title:
          results.data.panels[index]!.label +
          (cores === null ? "" : `, ${cores} ${cores === 1 ? "core" : "cores"}`),
      },
      points,
      { label: "busy share of the cores", unit: "%", whole: true },
      {
        columns: [
          "model",
          "in flight",
          "CPU share",
          "lower",
          "upper",
          "which means",
          "CPU share of the fixture",
        ],
        rows,
      },
    ),
  ];
}

export const bound: Chart = {
  id: "bound",
  title: "What bounds it",
  description: () =>
    "The share of its cores that each model kept busy. Near 100 % the CPU is the limit and more cores may help; far below it the model waits: for the wire, for the server, " +
    "or for its own queue. The tooltip has the fixture's share as well: a fixture near 100 % is the limit itself.",
  panels: (context) => eachPanel(context, panel),
  minimum: 300,
};
