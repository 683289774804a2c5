// Plots of one cell's blocks: its figure over time, and the distribution of the figure.
import * as Plot from "@observablehq/plot";
import type { Figure, Metric } from "./data.ts";
import { valuesOf } from "./data.ts";
import { axisLabel, axisScale } from "./format.ts";
import { largest, smallest, valueTicks } from "./charts/axes.ts";
import type { Look } from "./palette.ts";

const height = 170;

/** Common to both plots: scale, mean and interval, divided by the scale's factor. */
function scaled(figure: Figure, metric: Metric) {
  const scale = axisScale(largest(valuesOf(figure)), metric.unit);
  const [mean, lower, upper] = figure;
  return {
    scale,
    values: valuesOf(figure).map((v) => v / scale.factor),
    mean: mean / scale.factor,
    bounds:
      lower === null || upper === null
        ? []
        : [[lower / scale.factor, upper / scale.factor] as [number, number]],
    label: axisLabel(metric.label, scale, metric.unit, false),
  };
}

/** The figure of each block in the order of time, with mean and interval. */
export function overTime(
  figure: Figure,
  metric: Metric,
  look: Look,
  width: number,
): Plot.PlotOptions {
  const { scale, values, mean, bounds, label } = scaled(figure, metric);
  const domain: [number, number] = [0, largest([...values, ...bounds.map(([, b]) => b)]) * 1.05];
  const numbered = values.map((value, i) => ({ block: i + 1, value }));
  return {
    width,
    height,
    marginLeft: 48,
    marginRight: 12,
    marginTop: 22,
    marginBottom: 36,
    x: { domain: [0.5, values.length + 0.5], label: "block, in the order of time" },
    y: { domain, label },
    marks: [
      Plot.gridY({ className: "grid", ticks: valueTicks(domain, scale, metric.unit, false).ticks }),
      Plot.rectY(bounds, {
        x1: 0.5,
        x2: values.length + 0.5,
        y1: "0",
        y2: "1",
        fill: look.color,
        fillOpacity: 0.12,
      }),
      Plot.ruleY([mean], { stroke: look.color, strokeDasharray: "2 3" }),
      Plot.line(numbered, { x: "block", y: "value", stroke: look.color, strokeOpacity: 0.5 }),
      Plot.dot(numbered, { className: "blocks", x: "block", y: "value", r: 3, fill: look.color }),
      Plot.axisX({
        ticks: Math.min(values.length, 8),
        tickFormat: (v: number) => (Number.isInteger(v) ? String(v) : ""),
        tickSize: 0,
        labelAnchor: "center",
        labelArrow: "none",
      }),
      Plot.axisY({ ...valueTicks(domain, scale, metric.unit, false, 4), labelAnchor: "top" }),
    ],
  };
}

/** One dot per block, stacked where they are close; the band is the interval of the mean. */
export function distribution(
  figure: Figure,
  metric: Metric,
  look: Look,
  width: number,
): Plot.PlotOptions {
  const { scale, values, mean, bounds, label } = scaled(figure, metric);
  const low = smallest([...values, ...bounds.map(([a]) => a)]);
  const high = largest([...values, ...bounds.map(([, b]) => b)]);
  const room = (high - low || Math.abs(high) || 1) * 0.08;
  const domain: [number, number] = [Math.max(0, low - room), high + room];
  return {
    width,
    height,
    marginLeft: 16,
    marginRight: 16,
    marginTop: 22,
    marginBottom: 36,
    x: { domain, label },
    y: { axis: null },
    marks: [
      Plot.rect(bounds, { x1: "0", x2: "1", fill: look.color, fillOpacity: 0.12 }),
      Plot.ruleX([mean], { stroke: look.color, strokeDasharray: "2 3" }),
      Plot.dot(
        values,
        Plot.dodgeY({
          className: "blocks",
          x: (v: number) => v,
          r: Math.max(2, Math.min(4.5, 120 / values.length)),
          anchor: "bottom",
          padding: 1,
          fill: look.color,
        }),
      ),
      Plot.axisX({ ...valueTicks(domain, scale, metric.unit, false, 4), labelAnchor: "center" }),
    ],
  };
}
