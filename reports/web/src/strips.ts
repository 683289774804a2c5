// The plot of each benchmark family: the times of its benchmarks, on one logarithmic scale.
import * as Plot from "@observablehq/plot";
import type { Context, Panel, Point } from "./chart.ts";
import { largest, logTicks, smallest } from "./charts/axes.ts";
import { clipped, figureText } from "./format.ts";
import { columnScale, rowMargins } from "./row_scale.ts";
import { cellLines, isFlagged } from "./select.ts";

export interface Mark extends Point {
  x: number;
  lower: number | null;
  upper: number | null;
}

/** Metrics in the tooltip of a benchmark: times and the first counters. */
export const shownMetrics = ({ results }: Context): string[] => [
  "time",
  "cpu",
  ...results.counters.slice(0, 6),
];

export function stripMarks(context: Context, panel: number): Mark[] {
  const { results } = context;
  return results.cellsIn(panel).flatMap((index): Mark[] => {
    const cell = results.cell(index);
    const time = results.figure(cell, "time");
    if (!time || !(time[0] > 0)) return [];
    return [
      {
        x: time[0],
        y: 0,
        lower: time[1],
        upper: time[2],
        title: clipped(cell.name, 120),
        lines: cellLines(context, cell, shownMetrics(context)),
        cell: index,
        flagged: isFlagged(cell),
      },
    ];
  });
}

/** Times below this are those of an empty loop, and are drawn at the edge. */
const shortest = 1e-10;

/** Domain that the families share. */
export function stripDomain(all: Mark[][]): [number, number] {
  const times = all.flat().flatMap((p) => [p.x, p.lower ?? p.x, p.upper ?? p.x]);
  const drawn = times.filter((t) => t >= shortest);
  return drawn.length ? [smallest(drawn) / 1.3, largest(drawn) * 1.3] : [shortest, 1];
}

/** Ticks at least 44 pixels apart. */
const ticksIn = (domain: [number, number], width: number) =>
  logTicks(domain, Math.max(2, Math.floor((width - 26) / 44)));

export function stripPanel(title: string, marks: Mark[], domain: [number, number]): Panel {
  const bounded = marks.filter((p) => p.lower !== null && p.upper !== null);
  const clamp = (t: number) => Math.min(domain[1], Math.max(domain[0], t));
  const plot = (width: number): Plot.PlotOptions => ({
    ...rowMargins,
    width,
    height: 30,
    x: { type: "log", domain, axis: null },
    y: { domain: [1, -1], axis: null },
    marks: [
      Plot.ruleX(ticksIn(domain, width), { className: "grid" }),
      Plot.ruleY(marks.length > 1 ? [0] : [], {
        className: "range",
        x1: clamp(smallest(marks.map((p) => p.x))),
        x2: clamp(largest(marks.map((p) => p.x))),
        stroke: "var(--line)",
      }),
      Plot.ruleY(bounded, {
        className: "intervals",
        x1: (p: Mark) => clamp(p.lower!),
        x2: (p: Mark) => clamp(p.upper!),
        y: "y",
        stroke: "var(--series-0)",
        strokeWidth: 2,
      }),
      Plot.dot(marks, {
        className: "points",
        x: (p: Mark) => clamp(p.x),
        y: "y",
        r: 3.4,
        stroke: "var(--series-0)",
        strokeWidth: 1.5,
        fill: (p: Mark) => (p.flagged ? "var(--panel)" : "var(--series-0)"),
        fillOpacity: 0.75,
      }),
    ],
    color: { type: "identity" },
  });
  return { key: "", title, plot, points: marks, columns: [], rows: [] };
}

/** The scale of the plots, for the head of their column. */
export const stripScale = (domain: [number, number], width: number): Plot.PlotOptions =>
  columnScale(
    domain,
    width,
    ticksIn(domain, width).map((t) => [t, figureText(t, "s")]),
  );
