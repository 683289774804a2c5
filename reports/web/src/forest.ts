// The plot of each answer: the models' throughput relative to the best, on one logarithmic scale.
import * as Plot from "@observablehq/plot";
import type { Context, Panel, Point } from "./chart.ts";
import type { Contender, Contest } from "./data.ts";
import { figureText, threeDigits } from "./format.ts";
import { largest, smallest } from "./charts/axes.ts";
import { columnScale, rowMargins } from "./row_scale.ts";
import { cellLines, cellTitle, isFlagged } from "./select.ts";

export interface Row extends Point {
  x: number;
  model: string;
  lower: number | null;
  upper: number | null;
}

/** Pixels between two models. */
const step = 9;
const leastRows = 3;
/** Ratios below this are drawn at the edge. */
const lowestRatio = 1 / 64;
const fractions: [number, string][] = [
  [1 / 64, "1/64"],
  [1 / 32, "1/32"],
  [1 / 16, "1/16"],
  [1 / 8, "⅛"],
  [1 / 4, "¼"],
  [1 / 2, "½"],
  [1, "best"],
];

/** A model without a ratio, from too few blocks, at its share of the highest mean. */
function unranked(context: Context, contest: Contest, contender: Contender): Row[] {
  const highest = largest(contest.ratios.map((c) => c.throughput ?? 0));
  if (!contender.throughput) return [];
  const cell = context.results.cell(contender.cell);
  const share = contender.throughput / highest;
  return [
    {
      x: share,
      y: 0,
      model: contender.model,
      lower: null,
      upper: null,
      title: cellTitle(cell),
      lines: [
        `${figureText(share, "×")} of the highest mean, not ranked`,
        ...cellLines(context, cell, ["throughput", "cpu", "memory"]),
      ],
      cell: contender.cell,
      flagged: isFlagged(cell),
    },
  ];
}

function row(context: Context, contest: Contest, contender: Contender): Row[] {
  if (context.view.hidden.has(contender.model)) return [];
  if (contender.ratio === null) return unranked(context, contest, contender);
  const cell = context.results.cell(contender.cell);
  const { ratio, lower, upper } = contender;
  const of = contest.ratios.find((c) => c !== contender && c.ratio !== null)?.model ?? "the others";
  const bounds =
    lower !== null && upper !== null ? ` (${threeDigits(lower)} to ${threeDigits(upper)})` : "";
  // The best model is at 1: its own ratio is that to the next, which is in the answer.
  const leads = ratio >= 1;
  return [
    {
      x: leads ? 1 : ratio,
      y: 0,
      model: contender.model,
      lower: leads || upper === null ? null : lower,
      upper: leads ? null : upper,
      title: cellTitle(cell),
      lines: [
        `${figureText(ratio, "×")}${bounds} the throughput of ${leads ? of : "the best"}`,
        ...cellLines(context, cell, ["throughput", "cpu", "memory"]),
      ],
      cell: contender.cell,
      flagged: isFlagged(cell),
    },
  ];
}

export const forestRows = (context: Context, contest: Contest): Row[] =>
  contest.ratios
    .flatMap((contender) => row(context, contest, contender))
    .map((point, i) => ({ ...point, y: i }));

/** Domain that every answer's plot shares. */
export function forestDomain(all: Row[][]): [number, number] {
  const lows = all.flat().map((p) => Math.max(p.lower ?? p.x, p.x * 0.7));
  const low = Math.max(lowestRatio, smallest([0.5, ...lows]));
  return [low * 0.9, Math.max(1.04, Math.min(1.25, largest(all.flat().map((p) => p.upper ?? 1))))];
}

const ticksIn = ([low]: [number, number], width: number) => {
  const ticks = fractions.filter(([at]) => at >= low);
  // Labels are 28 pixels apart at least.
  const every = Math.ceil((ticks.length * 28) / width);
  return ticks.filter((_, i) => (ticks.length - 1 - i) % every === 0);
};

export function forestPanel(
  context: Context,
  title: string,
  rows: Row[],
  domain: [number, number],
): Panel {
  const { palette } = context;
  const clamp = (x: number) => Math.min(domain[1], Math.max(domain[0], x));
  const plot = (width: number): Plot.PlotOptions => ({
    ...rowMargins,
    width,
    height: 8 + step * Math.max(leastRows, rows.length),
    x: { type: "log", domain, axis: null },
    y: { domain: [Math.max(leastRows, rows.length) - 0.5, -0.5], axis: null },
    color: { type: "identity" },
    symbol: { type: "identity" } as never,
    marks: [
      Plot.ruleX(
        ticksIn(domain, width).map(([at]) => at),
        { className: "grid", strokeWidth: (at: number) => (at === 1 ? 1.5 : 1) },
      ),
      Plot.ruleY(
        rows.filter((p) => p.lower !== null && p.upper !== null),
        {
          className: "intervals",
          x1: (p: Row) => clamp(p.lower!),
          x2: (p: Row) => clamp(p.upper!),
          y: "y",
          stroke: (p: Row) => palette.look(p.model).color,
          strokeWidth: 2,
        },
      ),
      ...rows.map((p) =>
        Plot.dot([p], {
          className: "points",
          x: clamp(p.x),
          y: "y",
          r: 3.4,
          symbol: palette.look(p.model).symbol as Plot.SymbolType,
          stroke: palette.look(p.model).color,
          strokeWidth: 1.5,
          fill: p.flagged ? "var(--panel)" : palette.look(p.model).color,
        }),
      ),
    ],
  });
  return { key: "", title, plot, points: rows, columns: [], rows: [] };
}

/** The scale of the plots, for the head of their column. */
export const forestScale = (domain: [number, number], width: number): Plot.PlotOptions =>
  columnScale(domain, width, ticksIn(domain, width));
