// Drawing of the charts with one figure per model: one row each, with interval and blocks.
import * as Plot from "@observablehq/plot";
import type { Context, Panel } from "../chart.ts";
import type { Figure } from "../data.ts";
import { referenceModel } from "../data.ts";
import { axisLabel, axisScale, clipped, figureText } from "../format.ts";
import { largest, smallest, valueTicks } from "./axes.ts";
import { cellPoint, type CellPoint } from "./cell_point.ts";

export interface DotPoint extends CellPoint {
  row: string;
}

/** The point of a cell in the row of its model. `metrics`: those of the tooltip. */
export const modelDot = (
  context: Context,
  index: number,
  figure: Figure,
  metrics: string[],
): DotPoint => ({
  ...cellPoint(context, index, figure, metrics),
  x: figure[0],
  y: 0,
  row: context.results.cell(index).model,
});

/** Characters of a row's name: the longest model has 20. */
const labelLength = 20;

/** Ratio of largest to smallest figure from which the axis is logarithmic. */
const logRatio = 15;

export function dotPanel(
  { palette }: Context,
  head: { key: string; title: string; note?: string },
  points: DotPoint[],
  axis: { label: string; unit: string; whole?: boolean; log?: boolean; labelled?: boolean },
  table: Pick<Panel, "columns" | "rows">,
): Panel {
  const highest = axis.whole
    ? 1
    : largest(points.map((p) => Math.max(p.upper ?? p.x, p.before ?? p.x, ...p.values)));
  const scale = axisScale(highest, axis.unit);
  const x = (value: number) => value / scale.factor;
  // A logarithmic axis starts a little below the smallest figure.
  const lowest = smallest(
    points
      .flatMap((p) => [p.lower ?? p.x, p.x, p.before ?? p.x, ...p.values])
      .filter((value) => value > 0),
  );
  const log =
    Number.isFinite(lowest) &&
    (Boolean(axis.log) ||
      (!axis.whole &&
        points.every((p) => p.x > 0) &&
        largest(points.map((p) => p.x)) / lowest >= logRatio));
  const start = log ? x(lowest) * 0.8 : 0;
  const domain: [number, number] = [start, highest > 0 ? x(highest) * (log ? 1.15 : 1.03) : 1];
  const rows = [...new Set(points.map((p) => p.row))];
  const color = (p: DotPoint) => palette.look(p.model).color;
  const marginLeft = Math.max(
    60,
    12 + 6.3 * largest(rows.map((r) => Math.min(r.length, labelLength))),
  );
  const marginRight = axis.labelled ? 52 : 18;
  const ticksOf = (width: number) =>
    valueTicks(domain, scale, axis.unit, log, 4, width - marginLeft - marginRight);
  const plot = (width: number): Plot.PlotOptions => ({
    width,
    height: 58 + rows.length * 24,
    marginLeft,
    marginRight,
    marginTop: 10,
    marginBottom: 38,
    x: {
      domain,
      label: axisLabel(axis.label, scale, axis.unit, log),
      type: log ? "log" : "linear",
    },
    y: { domain: rows, type: "point", padding: 0.5, label: null },
    color: { type: "identity" },
    symbol: { type: "identity" } as never,
    marks: [
      Plot.gridX({ className: "grid", ticks: ticksOf(width).ticks }),
      Plot.ruleX([start], { className: "base" }),
      Plot.ruleY(log ? [] : points, {
        className: "leader",
        x1: start,
        x2: (p: DotPoint) => x(p.x),
        y: "row",
        stroke: color,
        strokeWidth: 1,
        strokeOpacity: 0.35,
      }),
      Plot.ruleY(
        points.filter((p) => p.lower !== null),
        {
          className: "intervals",
          x1: (p: DotPoint) => Math.max(start, x(p.lower!)),
          x2: (p: DotPoint) => x(p.upper!),
          y: "row",
          stroke: color,
          strokeWidth: 3,
          strokeOpacity: 0.55,
          clip: true,
        },
      ),
      Plot.dot(
        points.filter((p) => p.before !== undefined),
        {
          className: "baseline",
          x: (p: DotPoint) => Math.max(start, x(p.before!)),
          y: "row",
          r: 2.5,
          stroke: color,
          strokeOpacity: 0.8,
          fill: "none",
          dy: -6,
        },
      ),
      Plot.dot(
        points.flatMap((p) => p.values.map((v) => ({ x: x(v), row: p.row, color: color(p) }))),
        {
          className: "blocks",
          x: "x",
          y: "row",
          r: 1.4,
          fill: "color",
          fillOpacity: 0.55,
          dy: 6,
        },
      ),
      ...points.map((p) =>
        Plot.dot([p], {
          className: "points",
          x: Math.max(start, x(p.x)),
          y: "row",
          r: p.model === referenceModel ? 2.8 : 3.6,
          symbol: palette.look(p.model).symbol as Plot.SymbolType,
          stroke: color(p),
          strokeWidth: 1.5,
          fill: p.flagged ? "var(--panel)" : color(p),
        }),
      ),
      Plot.text(axis.labelled ? points : [], {
        className: "figures",
        x: (p: DotPoint) => Math.max(x(p.x), x(p.upper ?? p.x)),
        y: "row",
        text: (p: DotPoint) => figureText(p.x, axis.unit),
        textAnchor: "start",
        dx: 8,
      }),
      Plot.axisX({ ...ticksOf(width), labelAnchor: "right" }),
      Plot.axisY({ tickSize: 0, tickFormat: (row: string) => clipped(row, labelLength) }),
    ],
  });
  return { ...head, title: clipped(head.title, 120), plot, points, ...table };
}
