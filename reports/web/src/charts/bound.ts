import type { Chart, Context, Panel } from "../chart.ts";
import { percentText } from "../format.ts";
import { cellsAtPlace, cellTitle, eachPanel, placeOf, placeTitle } from "../select.ts";
import { dotPanel, type DotPoint, modelDot } from "./dots.ts";

/** Meaning of a CPU share. */
const meaningOf = (share: number) =>
  share >= 0.9 ? "CPU-bound" : share <= 0.5 ? "mostly waiting" : "partly waiting";

function panel(context: Context, index: number): Panel[] {
  const { results } = context;
  const place = placeOf(context, index);
  if (!place) return [];
  const points: DotPoint[] = [];
  const rows: Panel["rows"] = [];
  for (const i of cellsAtPlace(context, index)) {
    const cell = results.cell(i);
    const figure = results.figure(cell, "cpu_share");
    if (!figure) continue;
    const server = results.figure(cell, "server_cpu_share");
    points.push({
      ...modelDot(context, i, figure, ["cpu_share", "server_cpu_share", "throughput"]),
      title: `${cellTitle(cell)}: ${meaningOf(figure[0])}`,
    });
    rows.push([
      cell.model,
      cell.in_flight,
      figure[0],
      figure[1],
      figure[2],
      meaningOf(figure[0]),
      server ? percentText(server[0]) : null,
    ]);
  }
  if (!points.length) return [];
  return [
    dotPanel(
      context,
      {
        key: String(index),
        title: placeTitle(context, index, place),
      },
      points,
      { label: "CPU utilisation", unit: "%", whole: true },
      {
        columns: [
          "model",
          "in flight",
          "CPU share",
          "lower",
          "upper",
          "meaning",
          "CPU share of the server",
        ],
        rows,
      },
    ),
  ];
}

export const bound: Chart = {
  id: "bound",
  title: "CPU utilisation",
  description: () =>
    "The share of its cores that each model kept busy. Near 100 %, the CPU is the limit and more " +
    "cores may help. Far below, the model waits for the network, the server or its own queue. " +
    "The tooltip also has the CPU share of the server: near 100 %, the server is the limit.",
  panels: (context) => eachPanel(context, panel),
  minWidth: 300,
};
