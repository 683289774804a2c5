import * as Plot from "@observablehq/plot";
import type { Chart, Context, Panel, Point } from "../chart.ts";
import type { Contest, Contender, PanelData } from "../data.ts";
import { clipped, counted, figureText, percentText, threeDigits } from "../format.ts";
import { cellLines, cellTitle, isFlagged } from "../select.ts";

interface Square extends Point {
  wait: number;
  cpu: number;
  model: string;
  /** All models that lead or, if the contest is open, may lead. */
  leaders: string[];
  margin: string;
  fill: string;
}

const svg = "http://www.w3.org/2000/svg";

/** Stripes in the colours of the leading models. */
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

/** The models that lead; those that may lead if the contest is open. */
const leadersOf = ({ verdict, ratios }: Contest): Contender[] =>
  ratios.filter((r) =>
    verdict === "best"
      ? r.class === "best"
      : verdict === "capped"
        ? r.cheapest
        : r.class !== null && r.class !== "slower",
  );

const marginOf = ({ verdict, ratios }: Contest): string =>
  verdict === "best" && ratios[0]!.ratio !== null
    ? `${threeDigits(ratios[0]!.ratio)}×`
    : { best: "", equivalent: "equal", capped: "capped", cannot_tell: "?", single: "" }[verdict];

function square(context: Context, contest: Contest): Square {
  const { results, palette } = context;
  const panel = results.data.panels[contest.panel]!;
  const first = contest.ratios[0]!;
  const best = results.cell(first.cell);
  const found = leadersOf(contest).map((r) => r.model);
  const leaders = found.length ? found : [first.model];
  const share = panel.cpu_s! / (panel.cpu_s! + panel.wait_s! || 1);
  const verdict = {
    best: `${first.model} is best`,
    equivalent: `equivalent: ${leaders.join(", ")}`,
    capped: "capped",
    cannot_tell: `not separated: ${leaders.join(", ")}`,
    single: `only ${first.model}`,
  }[contest.verdict];
  const lines = [
    `${figureText(panel.cpu_s!, "s")} of CPU, then ${figureText(panel.wait_s!, "s")} of waiting ` +
      `(${percentText(share)} CPU)`,
    ...contest.ratios
      .filter((r) => r.class === "slower" && r.lower !== null && r.upper !== null)
      .map((r) => `${r.model}: ${r.lower!.toFixed(2)} to ${r.upper!.toFixed(2)} of the best`),
    ...cellLines(context, best, ["throughput"]),
  ];
  return {
    x: panel.wait_s!,
    y: panel.cpu_s!,
    wait: panel.wait_s!,
    cpu: panel.cpu_s!,
    model: first.model,
    leaders,
    title: `${verdict} (${cellTitle(best)})`,
    lines,
    margin: marginOf(contest),
    cell: first.cell,
    flagged: contest.verdict === "cannot_tell" || contest.verdict === "single" || isFlagged(best),
    fill: palette.look(first.model).color,
  };
}

/** Squares of one map: cells that differ only in CPU work and wait. */
interface Squares {
  cores: number;
  inFlight: number;
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
  for (const contest of results.data.contests) {
    const panel = results.data.panels[contest.panel]!;
    const { cores, in_flight: inFlight } = contest;
    if (!isMixed(panel) || cores === null || inFlight === null || !contest.ratios.length) continue;
    if (view.cores !== null && cores !== view.cores) continue;
    if (view.inFlight !== null && inFlight !== view.inFlight) continue;
    const others = Object.entries(panel.parameters)
      .filter(([key, text]) => key !== "cpu" && key !== "wait" && text !== "")
      .map(([key, text]) => `${key}=${text}`)
      .join(" ");
    const key = `${cores} ${inFlight} ${panel.workload} ${others}`;
    if (!maps.has(key)) maps.set(key, { cores, inFlight, others, squares: [] });
    maps.get(key)!.squares.push(square(context, contest));
  }
  return [...maps.values()].sort((a, b) => a.cores - b.cores || a.inFlight - b.inFlight);
}

function map(context: Context, of: Squares, title: string): Panel {
  const { cores, inFlight, others, squares } = of;
  const { palette } = context;
  const waits = [...new Set(squares.map((s) => s.wait))].sort((a, b) => a - b);
  const cpus = [...new Set(squares.map((s) => s.cpu))].sort((a, b) => b - a);
  const hatchings = new Map<string, string[]>();
  for (const s of squares) {
    if (s.leaders.length < 2) continue;
    const models = [...s.leaders].sort().slice(0, 4);
    const numbers = models.map((m) => context.results.models.indexOf(m)).join("-");
    const id = `hatching-${cores}-${inFlight}-${others.replace(/[^\w]/g, "_")}-${numbers}`;
    hatchings.set(id, models);
    s.fill = `url(#${id})`;
  }
  const leading = [...new Set(squares.flatMap((s) => s.leaders))];
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
        for (const [id, models] of hatchings)
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
    key: `${cores} ${inFlight} ${others}`.trim(),
    title,
    note: `Leading in at least one square: ${clipped(leading.join(", "), 200)}.`,
    plot,
    points: squares,
    columns: ["wait (s)", "CPU (s)", "leading", "verdict"],
    rows: squares.map((s) => [s.wait, s.cpu, s.leaders.join(", "), s.margin]),
  };
}

export const crossoverMap: Chart = {
  id: "crossover-map",
  title: "Crossover map",
  description: () =>
    "The best model for each wait (to the right) and CPU time (upwards) per operation. A square " +
    "has the colour, the marker and the lead over the next model of the best one. Equivalent " +
    "models share a hatched square; so do models that are not separated, marked with ?. A hollow " +
    "marker is undecided or has a finding.",
  *panels(context) {
    const maps = mapsOf(context).filter(isGrid);
    for (const of of maps) {
      // Titles name the other parameters if several maps have the same cores and in flight.
      const alone =
        maps.filter((m) => m.cores === of.cores && m.inFlight === of.inFlight).length === 1;
      const others = alone || !of.others ? "" : `, ${of.others}`;
      yield map(context, of, `${counted(of.cores, "core")}, ${of.inFlight} in flight${others}`);
    }
  },
  minWidth: 420,
};
