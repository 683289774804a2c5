import * as Plot from "@observablehq/plot";
import type { Chart, Context, Panel, Point } from "../chart.ts";
import type { Comparison, PanelData } from "../data.ts";
import { clipped, counted, figureText, intervalText, percentText, threeDigits } from "../format.ts";
import { cellLines, cellTitle } from "../select.ts";

interface Square extends Point {
  wait: number;
  cpu: number;
  model: string;
  tied: string[];
  margin: string;
  fill: string;
}

const svg = "http://www.w3.org/2000/svg";

/** Stripes in the colours of the tied models. */
function hatching(id: string, colors: string[]): SVGElement {
  const pattern = document.createElementNS(svg, "pattern");
  const stripe = 6;
  const size = String(stripe * colors.length);
  for (const [name, value] of Object.entries({
    id,
    width: size,
    height: size,
    patternUnits: "userSpaceOnUse",
    patternTransform: "rotate(45)",
  }))
    pattern.setAttribute(name, value);
  colors.forEach((color, i) => {
    const bar = document.createElementNS(svg, "rect");
    for (const [name, value] of Object.entries({
      x: String(i * stripe),
      y: "0",
      width: String(stripe),
      height: size,
      fill: color,
    }))
      bar.setAttribute(name, value);
    pattern.append(bar);
  });
  return pattern;
}

function square(context: Context, index: number, comparison: Comparison): Square {
  const { results, palette } = context;
  const panel = results.data.panels[index]!;
  const best = results.cell(comparison.best);
  const tied = comparison.tied.map((i) => results.cell(i).model);
  const share = panel.cpu_s! / (panel.cpu_s! + panel.wait_s! || 1);
  const verdict = tied.length
    ? `tie: ${[best.model, ...tied].join(", ")}`
    : comparison.proven
      ? `${best.model} wins`
      : `${best.model} is ahead, unproven`;
  const next = comparison.next === null ? null : results.cell(comparison.next);
  const lines = [
    `${figureText(panel.cpu_s!, "s")} of CPU, then ${figureText(panel.wait_s!, "s")} of waiting ` +
      `(${percentText(share)} CPU)`,
    ...(next && comparison.ahead
      ? [`${intervalText(comparison.ahead, "×")} the throughput of ${next.model}`]
      : []),
    ...cellLines(context, best, ["throughput"]),
  ];
  return {
    x: panel.wait_s!,
    y: panel.cpu_s!,
    wait: panel.wait_s!,
    cpu: panel.cpu_s!,
    model: best.model,
    tied,
    title: `${verdict} (${cellTitle(best)})`,
    lines,
    margin: tied.length ? "tie" : comparison.ahead ? `${threeDigits(comparison.ahead[0])}×` : "",
    cell: comparison.best,
    flagged: !comparison.proven || Boolean(best.findings?.length),
    fill: palette.look(best.model).color,
  };
}

/** Squares of one map: cells that differ only in CPU work and wait. */
interface Squares {
  cores: number;
  others: string;
  squares: Square[];
}

const sizeOf = ({ squares }: Squares) => ({
  cpus: new Set(squares.map((s) => s.cpu)).size,
  waits: new Set(squares.map((s) => s.wait)).size,
});
const isGrid = (of: Squares): boolean => {
  const { cpus, waits } = sizeOf(of);
  return cpus > 1 && waits > 1;
};

function mapsOf(context: Context): Squares[] {
  const { results, view } = context;
  const isMixed = (panel: PanelData) =>
    typeof panel.cpu_s === "number" && typeof panel.wait_s === "number";
  // A filter on the workload of any square shows the whole map; any other workload hides it.
  if (
    view.workload &&
    !results.data.panels.some((panel) => panel.label === view.workload && isMixed(panel))
  )
    return [];
  const maps = new Map<string, Squares>();
  results.data.panels.forEach((panel, index) => {
    if (!isMixed(panel)) return;
    const others = Object.entries(panel.parameters)
      .filter(([key, text]) => key !== "cpu" && key !== "wait" && text !== "")
      .map(([key, text]) => `${key}=${text}`)
      .join(" ");
    for (const comparison of panel.comparisons ?? []) {
      if (view.cores !== null && comparison.cores !== view.cores) continue;
      const key = `${comparison.cores} ${panel.workload} ${others}`;
      if (!maps.has(key)) maps.set(key, { cores: comparison.cores, others, squares: [] });
      maps.get(key)!.squares.push(square(context, index, comparison));
    }
  });
  return [...maps.values()].sort((a, b) => a.cores - b.cores);
}

function map(context: Context, { cores, others, squares }: Squares, title: string): Panel {
  const { palette } = context;
  const waits = [...new Set(squares.map((s) => s.wait))].sort((a, b) => a - b);
  const cpus = [...new Set(squares.map((s) => s.cpu))].sort((a, b) => b - a);
  const ties = new Map<string, string[]>();
  for (const s of squares) {
    if (!s.tied.length) continue;
    const models = [s.model, ...s.tied].sort().slice(0, 4);
    const numbers = models.map((m) => context.results.models.indexOf(m)).join("-");
    const id = `hatching-${cores}-${others.replace(/[^\w]/g, "_")}-${numbers}`;
    ties.set(id, models);
    s.fill = `url(#${id})`;
  }
  const winners = [...new Set(squares.map((s) => s.model))];
  const plot = (width: number): Plot.PlotOptions => ({
    width,
    height: Math.max(220, 70 + cpus.length * 46),
    marginLeft: 64,
    marginRight: 12,
    marginTop: 26,
    marginBottom: 42,
    x: { type: "band", domain: waits, label: "wait per operation", padding: 0.04 },
    y: { type: "band", domain: cpus, label: "CPU time per operation", padding: 0.04 },
    color: { type: "identity" },
    symbol: { type: "identity" } as never,
    marks: [
      () => {
        const definitions = document.createElementNS(svg, "defs");
        for (const [id, models] of ties)
          definitions.append(
            hatching(
              id,
              models.map((m) => palette.look(m).color),
            ),
          );
        return definitions;
      },
      Plot.cell(squares, {
        x: "wait",
        y: "cpu",
        fill: "fill",
        fillOpacity: 0.3,
        stroke: (s: Square) => palette.look(s.model).color,
        strokeWidth: 1,
        rx: 2,
      }),
      ...squares.map((s) =>
        Plot.dot([s], {
          className: "points",
          x: "wait",
          y: "cpu",
          dy: -7,
          r: 4.5,
          symbol: palette.look(s.model).symbol as Plot.SymbolType,
          stroke: palette.look(s.model).color,
          strokeWidth: 1.5,
          fill: s.flagged ? "var(--panel)" : palette.look(s.model).color,
        }),
      ),
      Plot.text(squares, {
        x: "wait",
        y: "cpu",
        dy: 9,
        text: "margin",
        fill: "var(--ink)",
        fontSize: 10.5,
      }),
      Plot.axisX({
        tickFormat: (s: number) => figureText(s, "s"),
        tickSize: 0,
        labelAnchor: "center",
        labelArrow: "none",
      }),
      Plot.axisY({
        tickFormat: (s: number) => figureText(s, "s"),
        tickSize: 0,
        labelAnchor: "top",
        labelArrow: "none",
      }),
    ],
  });
  return {
    key: `${cores} ${others}`.trim(),
    title,
    note: `Best in at least one square: ${clipped(winners.join(", "), 200)}.`,
    plot,
    points: squares,
    columns: ["wait (s)", "CPU (s)", "best", "tied with", "margin"],
    rows: squares.map((s) => [s.wait, s.cpu, s.model, s.tied.join(", ") || null, s.margin]),
  };
}

export const crossoverMap: Chart = {
  id: "crossover-map",
  title: "Crossover map",
  description: () =>
    "The best model for each wait (to the right) and CPU time (upwards) per operation. A square " +
    "has the winner's colour, marker and lead over the next best. If intervals overlap, the " +
    "models tie: the square is hatched in their colours. A hollow marker is unproven or has a " +
    "finding.",
  *panels(context) {
    const maps = mapsOf(context).filter(isGrid);
    for (const of of maps) {
      // Titles name the other parameters if several maps have the same cores.
      const alone = maps.filter((other) => other.cores === of.cores).length === 1;
      const others = alone || !of.others ? "" : `, ${of.others}`;
      yield map(context, of, counted(of.cores, "core") + others);
    }
  },
  absence: (context) => {
    const maps = mapsOf(context);
    if (!maps.length) return null;
    const { cpus, waits } = maps
      .map(sizeOf)
      .reduce((a, b) => (b.cpus * b.waits > a.cpus * a.waits ? b : a));
    return (
      "A map needs mixed cells with at least two values each of CPU time and wait. These results " +
      `have ${counted(cpus, "value")} of CPU time and ${waits} of wait. The suite crossover-map ` +
      "measures a map."
    );
  },
  minWidth: 420,
};
