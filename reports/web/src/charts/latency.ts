import * as Plot from "@observablehq/plot";
import type { Chart, Context, Panel, Point } from "../chart.ts";
import { curveOf, referenceModel } from "../data.ts";
import { axisScale, clipped, figureText } from "../format.ts";
import { cellTitle, chosenCells, fixedCores, eachPanel, isFlagged } from "../select.ts";
import { largest } from "./lines.ts";

/** "99.9 %", "max" for the share at which the largest of the operations stands. */
export function shareText(share: number, last: boolean): string {
  if (last) return "maximum";
  return `${+(share * 100).toFixed(6)} %`;
}

/** The percentiles that have a marker and a tooltip; the lines and the table have those between as well. */
const roundShares = [0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999, 0.999999];

interface CurvePoint extends Point { x: number; model: string; share: number; dash: string }

/** An HDR axis: each step to the right has a tenth of the operations left. */
const hdr = (share: number) => 1 / (1 - share);

function panel(context: Context, index: number): Panel[] {
  const { results, palette, view } = context;
  const cores = fixedCores(context, index);
  const points: CurvePoint[] = [];
  const rows: Panel["rows"] = [];
  const lines: CurvePoint[][] = [];
  const markedLines: CurvePoint[][] = [];
  for (const chosen of chosenCells(context, index)) {
    const cell = results.cell(chosen.cell);
    if (cell.cores !== cores) continue;
    // In an open loop the service time, from the actual start, is drawn too: thin, below its response time.
    for (const [kind, curve] of [["latency", cell.latency], ["service time", cell.service]] as const) {
      if (!curve) continue;
      const curvePoints = curveOf(results.data.shares, curve);
      const own = curvePoints.map(([share, seconds], i): CurvePoint => ({
        x: hdr(share), y: seconds, share, model: cell.model, title: cellTitle(cell), cell: chosen.cell, flagged: isFlagged(cell),
        dash: kind === "latency" ? palette.look(cell.model).dash : "1 2",
        lines: [`${shareText(share, i === curvePoints.length - 1)} within ${figureText(seconds, "s")} (${kind}, all repetitions together)`],
      }));
      lines.push(own);
      const marked = own.filter((p, at) => at === own.length - 1 || roundShares.includes(p.share));
      markedLines.push(marked);
      points.push(...marked);
      for (const p of own) rows.push([cell.model, cell.in_flight, kind, p.share, p.y]);
    }
  }
  if (!points.length) return [];
  const log = view.scale === "log";
  const scale = axisScale(largest(lines.flat().map((p) => p.y)), "s");
  const most = largest(points.map((p) => p.x));
  const ticks = [2, 10, 100, 1e3, 1e4, 1e5, 1e6].filter((x) => x <= most * 1.05);
  const positive = points.map((p) => p.y).filter((y) => y > 0);
  const plot = (width: number): Plot.PlotOptions => ({
    width, height: Math.round(Math.min(380, Math.max(210, width * 0.62))), marginLeft: 52, marginRight: 22, marginTop: 24, marginBottom: 40,
    x: { type: "log", domain: [1.8, Math.max(12, most * 1.15)], label: "percentile (%)" },
    y: { type: log ? "log" : "linear", label: `latency (${scale.unit})`,
      domain: log ? [Math.min(...positive) * 0.85 / scale.factor, largest(positive) * 1.15 / scale.factor] : [0, largest(points.map((p) => p.y)) * 1.04 / scale.factor] },
    color: { type: "identity" }, symbol: { type: "identity" } as never,
    marks: [
      Plot.gridY({ className: "grid", ticks: 5 }),
      ...lines.map((line) => Plot.line(line, { className: "line", x: "x", y: (p: CurvePoint) => p.y / scale.factor,
        stroke: palette.look(line[0]!.model).color, strokeWidth: line[0]!.model === referenceModel ? 1.25 : 1.75, strokeDasharray: line[0]!.dash })),
      ...markedLines.map((line) => Plot.dot(line, { className: "points", x: "x", y: (p: CurvePoint) => p.y / scale.factor, r: 2.6,
        symbol: palette.look(line[0]!.model).symbol as Plot.SymbolType, stroke: palette.look(line[0]!.model).color, strokeWidth: 1.25,
        fill: line[0]!.flagged ? "var(--panel)" : palette.look(line[0]!.model).color })),
      Plot.axisX(ticks, { text: (x: number) => `${+((1 - 1 / x) * 100).toFixed(5)}`, tickSize: 4, labelAnchor: "center", labelArrow: "none" }),
      Plot.axisY({ ticks: 5, tickSize: 0, labelArrow: "none", labelAnchor: "top", ...(log ? {} : { tickFormat: (v: number) => String(+v.toPrecision(6)) }) }),
    ],
  });
  const where = cores === null ? "" : `, ${cores} ${cores === 1 ? "core" : "cores"}`;
  return [{ key: String(index), title: clipped(results.data.panels[index]!.label + where, 120), plot, points,
    columns: ["model", "in flight", "kind", "share", "seconds"], rows }];
}

export const latency: Chart = {
  id: "latency",
  title: "Latency percentiles",
  description: ({ view }) =>
    `How long the slow ones took, ${view.cores === null ? "at the cores of each answer" : `at ${view.cores} cores`}, ` +
    `${view.inFlight === null ? "each model at its best in flight (more in flight means more waiting: fix it to compare latencies)" : `with ${view.inFlight} in flight`}. ` +
    "Each step to the right leaves a tenth of the operations; a curve ends at its maximum, and no percentile is drawn that too few operations could tell. " +
    "All repetitions are merged, so these have no intervals; p50 and p99 with theirs are in the table.",
  panels: (context) => eachPanel(context, panel),
};
