import * as Plot from "@observablehq/plot";
import type { Chart, Context, Panel, Point } from "../chart.ts";
import { curveOf, referenceModel } from "../data.ts";
import { axisLabel, axisScale, clipped, figureText } from "../format.ts";
import {
  cellsAtPlace,
  cellTitle,
  eachPanel,
  isFlagged,
  placeOf,
  placeText,
  placeTitle,
} from "../select.ts";
import { largest, roomyTicks, smallest, valueTicks } from "./axes.ts";

/** "99.9 %", or "maximum" for the last point. */
export function shareText(share: number, last: boolean): string {
  if (last) return "maximum";
  return `${+(share * 100).toFixed(6)} %`;
}

/** Percentiles with a marker and a tooltip. Lines and table also have those between. */
const roundShares = [0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999, 0.999999];

type Kind = "latency" | "response time" | "service time";

interface CurvePoint extends Point {
  x: number;
  model: string;
  share: number;
  kind: Kind;
}

/** Ratio of slowest to fastest from which the axis is logarithmic. */
const logRatio = 100;

/** HDR axis: each step right keeps a tenth of the operations. */
const hdr = (share: number) => 1 / (1 - share);

function panel(context: Context, index: number): Panel[] {
  const { results, palette, view } = context;
  const place = placeOf(context, index);
  if (!place) return [];
  const points: CurvePoint[] = [];
  const rows: Panel["rows"] = [];
  const lines: CurvePoint[][] = [];
  const markedLines: CurvePoint[][] = [];
  for (const i of cellsAtPlace(context, index)) {
    const cell = results.cell(i);
    // Response time of an open loop counts from the intended start, service time from the actual.
    for (const [kind, curve] of [
      [cell.service ? "response time" : "latency", cell.latency],
      ["service time", cell.service],
    ] as [Kind, number[] | undefined][]) {
      if (!curve) continue;
      const curvePoints = curveOf(results.data.shares, curve);
      const curveLine = curvePoints.map(([share, seconds], at): CurvePoint => ({
        x: hdr(share),
        y: seconds,
        share,
        model: cell.model,
        title: cellTitle(cell),
        cell: i,
        flagged: isFlagged(cell),
        kind,
        lines: [
          `${shareText(share, at === curvePoints.length - 1)} within ${figureText(seconds, "s")} ` +
            `(${kind}, all blocks merged)`,
        ],
      }));
      lines.push(curveLine);
      const marked = curveLine.filter(
        (p, at) => at === curveLine.length - 1 || roundShares.includes(p.share),
      );
      markedLines.push(marked);
      points.push(...marked);
      for (const p of curveLine) rows.push([cell.model, cell.in_flight, kind, p.share, p.y]);
    }
  }
  if (!points.length) return [];
  const positive = points.map((p) => p.y).filter((y) => y > 0);
  const log = view.scale === "log" || largest(positive) / smallest(positive) >= logRatio;
  const scale = axisScale(largest(lines.flat().map((p) => p.y)), "s");
  const furthest = largest(points.map((p) => p.x));
  const ticks = [2, 10, 100, 1e3, 1e4, 1e5, 1e6].filter((x) => x <= furthest * 1.05);
  const domain = (
    log
      ? [smallest(positive) * 0.85, largest(positive) * 1.15]
      : [0, largest(points.map((p) => p.y)) * 1.04]
  ).map((v) => v / scale.factor) as [number, number];
  const plot = (width: number): Plot.PlotOptions => ({
    width,
    height: Math.round(Math.min(380, Math.max(210, width * 0.62))),
    marginLeft: 52,
    marginRight: 22,
    marginTop: 24,
    marginBottom: 40,
    x: { type: "log", domain: [1.8, Math.max(12, furthest * 1.15)], label: "percentile (%)" },
    y: { type: log ? "log" : "linear", label: axisLabel("latency", scale, "s", log), domain },
    color: { type: "identity" },
    symbol: { type: "identity" } as never,
    marks: [
      Plot.gridY({ className: "grid", ticks: valueTicks(domain, scale, "s", log).ticks }),
      ...lines.map((line) => {
        const { model, kind } = line[0]!;
        const quiet = kind === "service time";
        return Plot.line(line, {
          className: quiet ? "line service" : "line",
          x: "x",
          y: (p: CurvePoint) => p.y / scale.factor,
          stroke: palette.look(model).color,
          strokeWidth: quiet ? 1 : model === referenceModel ? 1.25 : 1.75,
          strokeDasharray: quiet ? "1 2.5" : palette.look(model).dash,
        });
      }),
      ...markedLines.map((line) => {
        const { model, kind, flagged } = line[0]!;
        const { color, symbol } = palette.look(model);
        return Plot.dot(line, {
          className: "points",
          x: "x",
          y: (p: CurvePoint) => p.y / scale.factor,
          r: kind === "service time" ? 1.6 : 2.6,
          symbol: symbol as Plot.SymbolType,
          stroke: color,
          strokeWidth: 1.25,
          fill: flagged ? "var(--panel)" : color,
        });
      }),
      Plot.axisX(roomyTicks(ticks, true, width - 92, 52), {
        text: (x: number) => `${+((1 - 1 / x) * 100).toFixed(5)}`,
        tickSize: 4,
        labelAnchor: "center",
        labelArrow: "none",
      }),
      Plot.axisY({ ...valueTicks(domain, scale, "s", log), labelAnchor: "top" }),
    ],
  });
  const open = points.some((p) => p.kind === "service time");
  return [
    {
      key: String(index),
      title: clipped(placeTitle(context, index, place), 120),
      plot,
      points,
      ...(open
        ? {
            note:
              "Open loop. Lines: response time, from the intended start. Fine dots: service " +
              "time, from the actual start. The difference is the wait to start.",
          }
        : {}),
      columns: ["model", "in flight", "kind", "share", "seconds"],
      rows,
    },
  ];
}

export const latency: Chart = {
  id: "latency",
  title: "Latency percentiles",
  description: ({ view }) =>
    `Latency of the slowest operations ${placeText(view)}. ` +
    "Each step right keeps a tenth of the operations. Curves end at the maximum; percentiles " +
    "backed by too few operations are omitted. All blocks are merged, so there are no " +
    "intervals here; the table of cells has p50 and p99 with intervals.",
  panels: (context) => eachPanel(context, panel),
};
