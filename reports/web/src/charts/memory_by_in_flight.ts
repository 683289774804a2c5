import type { Chart, Context, Panel } from "../chart.ts";
import { cellsAt, eachPanel, placeTitle } from "../select.ts";
import { dotPanel, modelDot } from "./dots.ts";
import { coresOverInFlight } from "./throughput_by_in_flight.ts";

const metricId = "memory_per_in_flight";

/** Below this, the memory of a model's fixed parts hides that of an operation. */
const manyInFlight = 1000;

/** One panel for each in flight; the models in the order of their memory at the highest one. */
export function memoryPanels(context: Context, index: number): Panel[] {
  const { results } = context;
  const cores = coresOverInFlight(context, index);
  const measured = cellsAt(context, index, { cores }).flatMap((i) => {
    const cell = results.cell(i);
    const figure = results.figure(cell, metricId);
    return figure && cell.in_flight !== null ? [{ i, cell, figure, inFlight: cell.in_flight }] : [];
  });
  const columns = [...new Set(measured.map((m) => m.inFlight))].sort((a, b) => a - b);
  if (columns.length < 2 || columns[columns.length - 1]! < manyInFlight) return [];
  const rank = (model: string): number[] =>
    columns
      .map((n) => measured.find((m) => m.inFlight === n && m.cell.model === model)?.figure[0])
      .map((bytes) => bytes ?? Infinity)
      .reverse();
  const ranks = new Map(measured.map(({ cell }) => [cell.model, rank(cell.model)]));
  const lower = (a: number[], b: number[]): number => {
    const at = a.findIndex((bytes, k) => bytes !== b[k]);
    return at < 0 ? 0 : a[at]! - b[at]!;
  };
  measured.sort((a, b) => lower(ranks.get(a.cell.model)!, ranks.get(b.cell.model)!));
  const { label, unit } = results.metric(metricId);
  return columns.map((inFlight) => {
    const shown = measured.filter((m) => m.inFlight === inFlight);
    const points = shown.map(({ i, figure }) =>
      modelDot(context, i, figure, [metricId, "memory", "startup"]),
    );
    return dotPanel(
      context,
      {
        key: `${index} ${inFlight}`,
        title: placeTitle(context, index, { cores, inFlight }),
      },
      points,
      { label, unit, log: context.view.scale === "log", labelled: true },
      {
        columns: ["model", "in flight", `${label} (${unit})`, "lower", "upper", "blocks"],
        rows: shown.map(({ cell, figure, inFlight }) => [
          cell.model,
          inFlight,
          ...figure.slice(0, 4),
        ]),
      },
    );
  });
}

export const memoryByInFlight: Chart = {
  id: "memory-by-in-flight",
  title: "Memory per operation in flight",
  description: () =>
    "Peak memory less that of the process before it had any lane, divided by the operations in " +
    "flight. With one in flight, it is what the model itself needs.",
  panels: (context) => eachPanel(context, memoryPanels),
  minWidth: 300,
};
