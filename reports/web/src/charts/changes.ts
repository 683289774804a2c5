import * as Plot from "@observablehq/plot";
import type { Chart, Context, Panel, Point } from "../chart.ts";
import type { Cell, Change } from "../data.ts";
import { clipped, figureText, intervalText } from "../format.ts";
import { cellTitle } from "../select.ts";

interface Row extends Point {
  x: number;
  row: string;
  name: string;
  lower: number;
  upper: number;
  verdict: Change["verdict"];
}

/** Number of changes drawn; all are in the table. */
const maxDrawn = 24;
const looks = {
  improved: { color: "var(--good)", symbol: "triangle" as const },
  regression: { color: "var(--bad)", symbol: "triangle" as const },
  pass: { color: "var(--quiet)", symbol: "circle" as const },
  inconclusive: { color: "var(--quiet)", symbol: "circle" as const },
};

function shown({ results, view }: Context, change: Change): boolean {
  const cell = results.cell(change.cell);
  return (
    (!view.workload || results.data.panels[cell.panel]!.label === view.workload) &&
    !view.hidden.has(cell.model) &&
    (view.cores === null || cell.cores === view.cores) &&
    (view.inFlight === null || cell.in_flight === view.inFlight)
  );
}

const isClear = (c: Change) => c.verdict === "regression" || c.verdict === "improved";

/** Sort key: clear changes first, then by the distance of the ratio from 1. */
const weight = (c: Change) => (isClear(c) ? 1000 : 0) + Math.abs(Math.log(c.ratio[0] || 1));

/** Name of a row, varying parts first: "event_loop 8 × 1024 network bytes=64". */
function rowName({ results }: Context, cell: Cell): string {
  if (results.data.foreign) return cell.name;
  const axes = [cell.cores, cell.in_flight].filter((v) => v !== null).join(" × ");
  return [
    cell.model,
    axes,
    ...(results.data.panels.length > 1 ? [results.data.panels[cell.panel]!.label] : []),
  ]
    .filter(Boolean)
    .join(" ");
}

/** Maximum width of a character of a row's name in pixels. */
const character = 6.3;

function panel(context: Context, id: string): Panel[] {
  const { results } = context;
  const metric = results.metric(id);
  const changes = (results.data.baseline?.changes ?? [])
    .filter((c) => c.metric === id && shown(context, c))
    .sort((a, b) => weight(b) - weight(a));
  if (!changes.length) return [];
  const counts = { regression: 0, improved: 0, pass: 0, inconclusive: 0 };
  for (const c of changes) ++counts[c.verdict];
  const points = changes.slice(0, maxDrawn).map((c): Row => {
    const cell = results.cell(c.cell);
    const label = results.data.panels[cell.panel]!.label;
    const now = results.figure(cell, id);
    return {
      x: c.ratio[0],
      y: 0,
      row: cell.name,
      name: rowName(context, cell),
      lower: c.ratio[1] ?? c.ratio[0],
      upper: c.ratio[2] ?? c.ratio[0],
      verdict: c.verdict,
      title: `${clipped(label, 80)}: ${cellTitle(cell)}`,
      cell: c.cell,
      flagged: false,
      lines: [
        `${c.verdict}: ${metric.label} is ${intervalText(c.ratio, "×")} the baseline`,
        ...(c.because ? [c.because] : []),
        `before ${intervalText(c.before, metric.unit)}`,
        ...(now ? [`now ${intervalText(now, metric.unit)}`] : []),
      ],
    };
  });
  const low = Math.min(0.97, ...points.map((p) => p.lower));
  const high = Math.max(1.03, ...points.map((p) => p.upper));
  const names = new Map(points.map((p) => [p.row, p.name]));
  const longest = Math.max(...points.map((p) => p.name.length));
  const room = (width: number) => Math.min(14 + character * longest, 300, width * 0.5);
  const plot = (width: number): Plot.PlotOptions => ({
    width,
    height: 60 + points.length * 17,
    marginLeft: room(width),
    marginRight: 16,
    marginTop: 10,
    marginBottom: 38,
    x: {
      type: high / low > 3 ? "log" : "linear",
      domain: [low / 1.02, high * 1.02],
      label: "relative to the baseline",
    },
    y: { type: "point", domain: points.map((p) => p.row), label: null, padding: 0.6 },
    color: { type: "identity" },
    symbol: { type: "identity" } as never,
    marks: [
      Plot.gridX({ className: "grid", ticks: 4 }),
      Plot.ruleX([1], { stroke: "var(--quiet)" }),
      Plot.ruleY(points, {
        className: "intervals",
        x1: "lower",
        x2: "upper",
        y: "row",
        stroke: (p: Row) => looks[p.verdict].color,
        strokeWidth: 1.5,
      }),
      ...points.map((p) =>
        Plot.dot([p], {
          className: "points",
          x: "x",
          y: "row",
          r: 4,
          symbol: looks[p.verdict].symbol,
          rotate: p.verdict === "regression" ? 180 : 0,
          fill: p.verdict === "inconclusive" ? "var(--panel)" : looks[p.verdict].color,
          stroke: looks[p.verdict].color,
        }),
      ),
      Plot.axisX({
        ticks: Math.max(1, Math.min(high / low > 3 ? 3 : 4, (width - room(width)) / 60)),
        tickSize: 0,
        labelAnchor: "center",
        labelArrow: "none",
        tickFormat: (v: number) => `${Math.round(v * 100)} %`,
      }),
      Plot.axisY({
        tickSize: 0,
        tickFormat: (row: string) =>
          clipped(names.get(row)!, Math.floor((room(width) - 14) / character)),
      }),
    ],
  });
  return [
    {
      key: id,
      title:
        `${metric.label}: ${counts.regression} regressed, ${counts.improved} improved, ` +
        `${counts.pass} pass, ${counts.inconclusive} inconclusive`,
      plot,
      points,
      ...(changes.length > maxDrawn
        ? {
            note: `The ${maxDrawn} clearest of ${changes.length} changes; the table has all.`,
          }
        : {}),
      columns: ["cell", "verdict", "ratio", "before", "now"],
      rows: changes.map((c) => {
        const now = results.figure(results.cell(c.cell), id);
        return [
          results.cell(c.cell).name,
          c.verdict,
          intervalText(c.ratio, "×"),
          intervalText(c.before, metric.unit),
          now ? figureText(now[0], metric.unit) : null,
        ];
      }),
    },
  ];
}

export const changes: Chart = {
  id: "changes",
  title: "Changes since the baseline",
  description: () =>
    "The figure of each cell (model, cores × in flight, workload) relative to the baseline, " +
    "with its 90 % interval, judged as `crossover check` judges the two files. " +
    "▼ regression, ▲ improved, ● pass, ○ inconclusive. " +
    "The two runs were not interleaved, so the machine may have changed between them. " +
    "`crossover check` measures two programs alternately.",
  *panels(context) {
    const ids = [...new Set((context.results.data.baseline?.changes ?? []).map((c) => c.metric))];
    for (const id of ids) yield* panel(context, id);
  },
  absence: ({ results }) =>
    results.data.baseline ? "No cell is in both results and passes the filters." : null,
  minWidth: 460,
};
