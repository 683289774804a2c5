import type { Chart, Context, Panel } from "../chart.ts";
import { cellsAt, eachPanel, placeTitle } from "../select.ts";
import { cellPoint, type CellPoint } from "./cell_point.ts";
import type { Crossing } from "./line_domains.ts";
import { linePanel } from "./lines.ts";

/** The number of cores with the most values in flight, unless the view chooses one. */
export function coresOverInFlight(context: Context, panel: number): number | null {
  if (context.view.cores !== null) return context.view.cores;
  const values = new Map<number | null, Set<number>>();
  for (const i of cellsAt(context, panel, {})) {
    const { cores, in_flight } = context.results.cell(i);
    if (in_flight === null) continue;
    values.set(cores, (values.get(cores) ?? new Set()).add(in_flight));
  }
  const answer = context.results.answerOf(panel)?.cores ?? null;
  const rank = ([cores, inFlight]: [number | null, Set<number>]) =>
    inFlight.size + (cores === answer ? 0.5 : 0);
  return [...values].sort((a, b) => rank(b) - rank(a))[0]?.[0] ?? null;
}

/** Changes of the leading models along in flight, on this number of cores. */
export function crossingsOf({ results, view }: Context, panel: number, cores: number | null) {
  const series = results.data.leaders.find(
    ({ along, contests }) =>
      along === "in_flight" &&
      contests.every((i) => {
        const contest = results.data.contests[i]!;
        return contest.panel === panel && contest.cores === cores;
      }),
  );
  const shown = (models: string[]) => models.filter((model) => !view.hidden.has(model));
  return (series?.crossings ?? []).flatMap(({ after, before, outgoing, incoming }): Crossing[] => {
    const leaders = shown(incoming);
    return leaders.length
      ? [
          {
            after,
            before,
            outgoing: shown(outgoing),
            incoming: leaders,
            label:
              `${leaders.slice(0, 2).join(", ")} lead${leaders.length > 1 ? "" : "s"} ` +
              `from ${before} on`,
          },
        ]
      : [];
  });
}

export function inFlightPanel(context: Context, index: number): Panel[] {
  const { results, view } = context;
  const cores = coresOverInFlight(context, index);
  const points: CellPoint[] = [];
  const rows: Panel["rows"] = [];
  for (const i of cellsAt(context, index, { cores })) {
    const cell = results.cell(i);
    const figure = results.figure(cell, "throughput")!;
    if (cell.in_flight === null) continue;
    points.push({
      ...cellPoint(context, i, figure, ["throughput", "p50", "p99"]),
      x: cell.in_flight,
      y: figure[0],
    });
    rows.push([cell.model, cell.in_flight, figure[0], figure[1], figure[2], figure[3]]);
  }
  if (new Set(points.map((p) => p.x)).size < 2) return [];
  return [
    linePanel(
      context,
      { key: String(index), title: placeTitle(context, index, { cores }) },
      points,
      {
        x: { label: "operations in flight", log: true },
        y: { label: "throughput", unit: "1/s", log: view.scale === "log" },
      },
      [],
      {
        columns: ["model", "in flight", "throughput (1/s)", "lower", "upper", "blocks"],
        rows,
      },
      crossingsOf(context, index, cores),
    ),
  ];
}

export const throughputByInFlight: Chart = {
  id: "throughput-by-in-flight",
  title: "Throughput by operations in flight",
  description: ({ view }) =>
    (view.cores === null ? "" : `On ${view.cores} cores. `) +
    "If a line is flat, more operations in flight only add waiting. A circle marks a shown " +
    "change of the leading model, between two measured values.",
  panels: (context) => eachPanel(context, inFlightPanel),
};
