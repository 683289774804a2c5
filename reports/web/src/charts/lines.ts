// Drawing of the line charts: interval bands, lines, intervals, blocks, points, crossings.
import * as Plot from "@observablehq/plot";
import type { Context, Panel } from "../chart.ts";
import { referenceModel } from "../data.ts";
import { axisLabel, axisScale, clipped } from "../format.ts";
import { keptApart, largest, roomyTicks, valueTicks } from "./axes.ts";
import type { CellPoint } from "./cell_point.ts";
import { type Crossing, crossingPoint, type Limit, xDomain, yDomain } from "./line_domains.ts";

export interface Axes {
  x: { label: string; log: boolean; ticks?: number[]; format?: (x: number) => string };
  y: { label: string; unit: string; log: boolean; zero?: boolean };
  /** Label lines even in narrow panels, because they are not in the legend. */
  labels?: boolean;
}

const grouped = <T>(all: T[], key: (item: T) => string): Map<string, T[]> => {
  const groups = new Map<string, T[]>();
  for (const item of all) {
    const group = groups.get(key(item));
    if (group) group.push(item);
    else groups.set(key(item), [item]);
  }
  return groups;
};

/** Lines are labelled from this panel width on, up to this number of lines. */
const roomForLabels = 360;
const mostLabels = 9;
const labelLength = 16;

/** Creates a panel from its points, limits and axes. */
export function linePanel(
  context: Context,
  head: { key: string; title: string; note?: string },
  points: CellPoint[],
  axes: Axes,
  limits: Limit[],
  table: Pick<Panel, "columns" | "rows">,
  crossings: Crossing[] = [],
): Panel {
  const { palette } = context;
  const scale = axisScale(largest(points.map((p) => p.y)), axes.y.unit);
  const y = (value: number) => value / scale.factor;
  const models = [...new Set(points.map((p) => p.model))];
  // Points of different models at the same x are shifted, so that intervals can be compared.
  const step = Math.min(2.5, 14 / Math.max(1, models.length));
  const dx = (model: string) => (models.indexOf(model) - (models.length - 1) / 2) * step;
  const series = [...grouped(points, (p) => `${p.model}\n${p.machine?.label ?? ""}`).values()].map(
    (seriesPoints) => ({
      seriesPoints,
      model: seriesPoints[0]!.model,
      machine: seriesPoints[0]!.machine,
      last: seriesPoints.reduce((a, b) => (b.x >= a.x ? b : a)),
    }),
  );
  // Only lines that reach the right end have labels; those of smaller machines end before.
  const end = largest(points.map((p) => p.x));
  const named = series.filter(({ machine, last }) => !machine || last.x === end);
  const marked = crossings.map((crossing) => ({
    label: crossing.label,
    at: crossingPoint(crossing, points, { x: axes.x.log, y: axes.y.log }),
  }));
  const plot = (width: number, wanted?: number): Plot.PlotOptions => {
    // A chart of the first screen has no dots of single blocks.
    const drawn = wanted ? points.map((p) => ({ ...p, values: [] })) : points;
    const domain = yDomain(drawn, axes.y.log, axes.y.zero ?? true, limits).map(y) as [
      number,
      number,
    ];
    // Room for the labels of crossings above the lines.
    if (marked.length)
      domain[1] = axes.y.log
        ? domain[1] * Math.pow(domain[1] / domain[0], 0.08 * marked.length)
        : domain[1] * (1 + 0.08 * marked.length);
    const marginLeft = 52;
    const marginTop = 24;
    const marginBottom = 40;
    const height = wanted ?? Math.round(Math.min(380, Math.max(210, width * 0.62)));
    const spread = dx(models[models.length - 1]!);
    const labelled =
      series.length > 1 && (axes.labels || (width >= roomForLabels && named.length <= mostLabels));
    const marginRight = labelled
      ? 19 +
        spread +
        5.9 * largest(named.map(({ model }) => Math.min(model.length, labelLength + 1)))
      : 22;
    const ticks = roomyTicks(
      axes.x.ticks ?? points.map((p) => p.x),
      axes.x.log,
      width - marginLeft - marginRight - 18,
      30,
    );
    const marks: Plot.Markish[] = [
      Plot.gridY({
        className: "grid",
        ticks: valueTicks(domain, scale, axes.y.unit, axes.y.log).ticks,
      }),
      Plot.ruleY([domain[0]], { className: "base" }),
      ...limits.map((limit) =>
        Plot.line(limit.line, {
          x: "0",
          y: ([, v]: [number, number]) => y(v),
          stroke: "var(--limit)",
          strokeDasharray: "1 3",
          clip: true,
        }),
      ),
    ];
    for (const { model, machine, seriesPoints } of series) {
      const look = palette.look(model);
      const line = seriesPoints.filter((p) => Number.isFinite(p.x)).sort((a, b) => a.x - b.x);
      const banded = line.filter((p) => p.lower !== null && p.upper !== null);
      const floor = domain[0];
      const low = (p: CellPoint) => Math.max(y(p.lower!), floor);
      const quiet = model === referenceModel;
      const withBaseline = line.filter((p) => p.before !== undefined);
      if (withBaseline.length)
        marks.push(
          Plot.line(withBaseline, {
            className: "baseline",
            x: "x",
            y: (p: CellPoint) => y(p.before!),
            stroke: look.color,
            strokeWidth: 1,
            strokeDasharray: "3 4",
            strokeOpacity: 0.7,
            dx: dx(model),
            clip: true,
          }),
          Plot.dot(withBaseline, {
            className: "baseline",
            x: "x",
            y: (p: CellPoint) => y(p.before!),
            r: 2,
            stroke: look.color,
            strokeOpacity: 0.7,
            fill: "none",
            dx: dx(model),
            clip: true,
          }),
        );
      if (!quiet && banded.length > 1)
        marks.push(
          Plot.areaY(banded, {
            className: "band",
            x: "x",
            y1: low,
            y2: (p: CellPoint) => y(p.upper!),
            fill: look.color,
            fillOpacity: 0.1,
            dx: dx(model),
            clip: true,
          }),
        );
      marks.push(
        Plot.ruleX(banded, {
          className: "intervals",
          x: "x",
          y1: low,
          y2: (p: CellPoint) => y(p.upper!),
          stroke: look.color,
          strokeWidth: 1.25,
          dx: dx(model),
          clip: true,
        }),
        Plot.line(line, {
          className: "line",
          x: "x",
          y: (p: CellPoint) => y(p.y),
          stroke: look.color,
          strokeWidth: quiet ? 1.25 : 1.75,
          strokeDasharray: machine?.dash ?? look.dash,
          dx: dx(model),
        }),
        Plot.dot(
          line.flatMap((p) =>
            p.values.length > 1 && !wanted ? p.values.map((v) => ({ x: p.x, y: y(v) })) : [],
          ),
          {
            className: "blocks",
            x: "x",
            y: "y",
            r: 1.4,
            fill: look.color,
            fillOpacity: 0.55,
            dx: dx(model),
            clip: true,
          },
        ),
      );
    }
    for (const limit of limits) {
      const last = limit.line.filter(([, v]) => y(v) <= domain[1]).at(-1) ?? limit.line[0];
      if (last)
        marks.push(
          Plot.text([last], {
            className: "limit-label",
            x: "0",
            y: ([, v]: [number, number]) => y(v),
            text: [limit.label],
            fill: "var(--quiet)",
            textAnchor: "end",
            dx: -6,
            dy: -7,
          }),
        );
    }
    const [left, right] = xDomain(
      points.map((p) => p.x),
      axes.x.log,
    );
    const place = (x: number) =>
      axes.x.log ? Math.log(x / left) / Math.log(right / left) : (x - left) / (right - left);
    marked.forEach(({ label, at: [x, v] }, i) => {
      const late = place(x) > 0.5;
      marks.push(
        Plot.ruleX([x], { className: "crossing", strokeDasharray: "1 3" }),
        Plot.dot([[x, y(v)]], { className: "crossing", r: 8, strokeWidth: 1.5 }),
        Plot.text([x], {
          className: "crossing-label",
          x: (at: number) => at,
          y: domain[1],
          text: [label],
          textAnchor: late ? "end" : "start",
          dx: late ? -6 : 6,
          dy: 8 + 13 * i,
        }),
      );
    });
    // One mark per series, in the order of `points`: tooltips are found by position.
    for (const { model, seriesPoints } of series)
      marks.push(
        Plot.dot(seriesPoints, {
          className: "points",
          x: "x",
          y: (p: CellPoint) => y(p.y),
          dx: dx(model),
          r: model === referenceModel ? 2.5 : 3.2,
          symbol: palette.look(model).symbol as Plot.SymbolType,
          stroke: palette.look(model).color,
          strokeWidth: 1.5,
          fill: (p: CellPoint) => (p.flagged ? "var(--panel)" : palette.look(model).color),
        }),
      );
    if (labelled) {
      const scaled = (value: number) => (axes.y.log ? Math.log(value) : value);
      const [bottom, top] = domain.map(scaled) as [number, number];
      const pixels = named.map(
        ({ last }) =>
          marginTop +
          (1 - (scaled(y(last.y)) - bottom) / (top - bottom)) * (height - marginTop - marginBottom),
      );
      const kept = keptApart(pixels, 11, height - marginBottom + 4);
      named.forEach(({ model, last }, i) =>
        marks.push(
          Plot.text([last], {
            className: "line-label",
            x: "x",
            y: y(last.y),
            text: [clipped(model, labelLength)],
            textAnchor: "start",
            dx: 8 + spread,
            dy: kept[i]! - pixels[i]!,
            fill: `color-mix(in srgb, ${palette.look(model).color} 70%, var(--ink))`,
          }),
        ),
      );
    }
    const lowestEnds = new Map<string, CellPoint>();
    for (const { machine, last } of series)
      if (machine && !(lowestEnds.get(machine.label)?.y! < last.y))
        lowestEnds.set(machine.label, last);
    for (const [label, last] of lowestEnds)
      marks.push(
        Plot.text([last], {
          className: "machine-label",
          x: "x",
          y: y(last.y),
          text: [label],
          textAnchor: "middle",
          dy: 13,
        }),
      );
    marks.push(
      Plot.axisX(ticks, {
        text: axes.x.format ?? ((x: number) => String(x)),
        tickSize: 4,
        labelAnchor: "center",
        labelArrow: "none",
      }),
      Plot.axisY({ ...valueTicks(domain, scale, axes.y.unit, axes.y.log), labelAnchor: "top" }),
    );
    return {
      width,
      height,
      marginLeft,
      marginRight,
      marginTop,
      marginBottom,
      x: {
        type: axes.x.log ? "log" : "linear",
        domain: xDomain(
          points.map((p) => p.x),
          axes.x.log,
        ),
        label: axes.x.label,
      },
      y: {
        type: axes.y.log ? "log" : "linear",
        domain,
        label: axisLabel(axes.y.label, scale, axes.y.unit, axes.y.log),
      },
      color: { type: "identity" },
      symbol: { type: "identity" } as never,
      marks,
    };
  };
  // `points` is in the order that the marks draw.
  return {
    ...head,
    title: clipped(head.title, 120),
    plot,
    points: series.flatMap(({ seriesPoints }) => seriesPoints),
    ...table,
  };
}
