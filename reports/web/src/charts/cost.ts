import type { Chart, Context, Panel } from "../chart.ts";
import { cellsAtPlace, eachPanel, placeOf, placeText, placeTitle } from "../select.ts";
import { dotPanel, type DotPoint, modelDot } from "./dots.ts";

const metrics = [
  "cpu",
  "voluntary_switches",
  "involuntary_switches",
  "memory",
  "memory_per_in_flight",
];

function* panel(context: Context, index: number): Iterable<Panel> {
  const { results } = context;
  const place = placeOf(context, index);
  if (!place) return;
  for (const id of metrics) {
    const metric = results.metric(id);
    const points: DotPoint[] = [];
    const rows: Panel["rows"] = [];
    for (const i of cellsAtPlace(context, index)) {
      const cell = results.cell(i);
      const figure = results.figure(cell, id);
      if (!figure) continue;
      points.push(modelDot(context, i, figure, [id, "throughput"]));
      rows.push([cell.model, cell.in_flight, figure[0], figure[1], figure[2], figure[3]]);
    }
    if (points.length)
      yield dotPanel(
        context,
        { key: `${index} ${id}`, title: `${placeTitle(context, index, place)}: ${metric.label}` },
        points,
        { label: metric.label, unit: metric.unit, log: context.view.scale === "log" },
        {
          columns: [
            "model",
            "in flight",
            `${metric.label} (${metric.unit})`,
            "lower",
            "upper",
            "blocks",
          ],
          rows,
        },
      );
  }
}

export const cost: Chart = {
  id: "cost",
  title: "Cost per operation",
  description: ({ view }) =>
    `CPU time, context switches and memory ${placeText(view)}. Thick bars are 95 % intervals.`,
  panels: (context) => eachPanel(context, panel),
  minWidth: 300,
};
