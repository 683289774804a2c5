// The drawing that the charts of one figure a model share: a row each, its interval, its repetitions.
import * as Plot from "@observablehq/plot";
import type { Context, Panel, Point } from "../chart.ts";
import { referenceModel } from "../data.ts";
import { axisScale, clipped } from "../format.ts";
import { largest } from "./lines.ts";

export interface DotPoint extends Point {
  x: number;
  row: string;
  model: string;
  lower: number | null;
  upper: number | null;
  values: number[];
}

export function dotPanel({ palette }: Context, head: { key: string; title: string; note?: string }, points: DotPoint[],
                         axis: { label: string; unit: string; whole?: boolean }, table: Pick<Panel, "columns" | "rows">): Panel {
  const most = axis.whole ? 1 : largest(points.map((p) => Math.max(p.upper ?? p.x, ...p.values)));
  const scale = axisScale(most, axis.unit);
  const x = (value: number) => value / scale.factor;
  const rows = [...new Set(points.map((p) => p.row))];
  const color = (p: DotPoint) => palette.look(p.model).color;
  const plot = (width: number): Plot.PlotOptions => ({
    width, height: 58 + rows.length * 24, marginLeft: Math.min(130, Math.max(60, 12 + 6.6 * largest(rows.map((r) => Math.min(r.length, 18))))), marginRight: 18, marginTop: 10, marginBottom: 38,
    x: { domain: [0, most > 0 ? x(most) * 1.03 : 1], label: scale.unit ? `${axis.label} (${scale.unit})` : axis.label, type: "linear" },
    y: { domain: rows, type: "point", padding: 0.5, label: null },
    color: { type: "identity" }, symbol: { type: "identity" } as never,
    marks: [
      Plot.gridX({ className: "grid", ticks: 4 }),
      Plot.ruleX([0], { className: "base" }),
      Plot.ruleY(points, { className: "leader", x1: 0, x2: (p: DotPoint) => x(p.x), y: "row", stroke: color, strokeWidth: 1, strokeOpacity: 0.35 }),
      Plot.ruleY(points.filter((p) => p.lower !== null), { className: "intervals", x1: (p: DotPoint) => Math.max(0, x(p.lower!)), x2: (p: DotPoint) => x(p.upper!), y: "row", stroke: color, strokeWidth: 3, strokeOpacity: 0.55, clip: true }),
      Plot.dot(points.flatMap((p) => p.values.map((v) => ({ x: x(v), row: p.row, color: color(p) }))), { className: "repetitions", x: "x", y: "row", r: 1.4, fill: "color", fillOpacity: 0.55, dy: 6 }),
      ...points.map((p) => Plot.dot([p], { className: "points", x: x(p.x), y: "row", r: p.model === referenceModel ? 2.8 : 3.6, symbol: palette.look(p.model).symbol as Plot.SymbolType,
        stroke: color(p), strokeWidth: 1.5, fill: p.flagged ? "var(--panel)" : color(p) })),
      Plot.axisX({ ticks: 4, tickSize: 0, labelAnchor: "center", labelArrow: "none", tickFormat: (v: number) => String(+v.toPrecision(6)) }),
      Plot.axisY({ tickSize: 0, tickFormat: (row: string) => clipped(row, 18) }),
    ],
  });
  return { ...head, title: clipped(head.title, 120), plot, points, ...table };
}
