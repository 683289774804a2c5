import type { Chart, Context, Panel } from "../chart.ts";
import type { Figure, PanelData } from "../data.ts";
import { referenceModel } from "../data.ts";
import { counted, intervalText } from "../format.ts";
import { dashes } from "../palette.ts";
import { cellsAt, eachPanel, placeTitle } from "../select.ts";
import { largest, smallest } from "./axes.ts";
import { cellPoint, type CellPoint } from "./cell_point.ts";
import { dotPanel } from "./dots.ts";
import type { Limit } from "./line_domains.ts";
import { type Axes, linePanel } from "./lines.ts";

/** Figure of the chosen measure. Efficiency is the speed-up divided by the ratio of cores. */
export function measured(context: Context, index: number): Figure | null {
  const cell = context.results.cell(index);
  if (context.view.measure === "absolute") return context.results.figure(cell, "throughput");
  if (!cell.speedup || cell.cores === null) return null;
  const speedup = cell.speedup.slice(0, 4) as Figure;
  if (context.view.measure === "speedup") return speedup;
  const share = cell.speedup[4]! / cell.cores;
  return speedup.map((v, i) => (i < 3 && v !== null ? v * share : v)) as Figure;
}

const units = { absolute: "1/s", speedup: "×", efficiency: "%" };
const labels = { absolute: "throughput", speedup: "speed-up", efficiency: "efficiency" };

/** Ratio of most to fewest cores. */
const spread = (points: CellPoint[]) =>
  largest(points.map((p) => p.x)) / smallest(points.map((p) => p.x));

/** Linear ideal: from the best model at the fewest cores, or the diagonal of a relative measure. */
function ideal(context: Context, points: CellPoint[]): Limit[] {
  const ranked = points.filter((p) => p.model !== referenceModel);
  const xs = [...new Set(ranked.map((p) => p.x))].sort((a, b) => a - b);
  const from = xs[0];
  if (from === undefined || xs.length < 2) return [];
  if (context.view.measure === "efficiency")
    return [{ label: "ideal", line: xs.map((x) => [x, 1]) }];
  const base =
    context.view.measure === "speedup"
      ? 1
      : Math.max(...ranked.filter((p) => p.x === from).map((p) => p.y));
  const to = xs[xs.length - 1]!;
  const steps = 64;
  return [
    {
      label: "ideal",
      line: Array.from({ length: steps + 1 }, (_, i) => {
        const x = from + ((to - from) * i) / steps;
        return [x, (base * x) / from] as [number, number];
      }),
    },
  ];
}

/** The panel's number in flight, unless the view chooses one. */
export const inFlightOverCores = ({ results, view }: Context, panel: number): number | null =>
  view.inFlight ?? results.data.panels[panel]!.in_flight ?? null;

const columnsOf = ({ view }: Context): string[] => [
  "model",
  "cores",
  "in flight",
  `${labels[view.measure]} (${units[view.measure]})`,
  "lower",
  "upper",
  "blocks",
];

/** The points of a panel, and their rows of the table. */
function pointsOf(
  context: Context,
  index: number,
  inFlight: number | null,
): { points: CellPoint[]; rows: Panel["rows"] } {
  const { results, view } = context;
  const unit = units[view.measure];
  const points: CellPoint[] = [];
  const rows: Panel["rows"] = [];
  for (const i of cellsAt(context, index, { inFlight })) {
    const figure = measured(context, i);
    const cell = results.cell(i);
    if (!figure || cell.cores === null) continue;
    const point = cellPoint(context, i, figure, ["throughput"]);
    const before = view.measure === "absolute" ? results.change(i, "throughput") : undefined;
    const lines =
      view.measure === "absolute"
        ? []
        : [
            `${labels[view.measure]}: ${intervalText(figure, unit)}, ` +
              `relative to ${counted(cell.speedup![4]!, "core")}`,
          ];
    lines.push(...point.lines);
    if (before)
      lines.push(
        `baseline: ${intervalText(before.before, unit)}; now ${intervalText(before.ratio, "×")}`,
      );
    points.push({
      ...point,
      x: cell.cores,
      y: figure[0],
      lines,
      ...(before ? { before: before.before[0] } : {}),
    });
    rows.push([cell.model, cell.cores, cell.in_flight, figure[0], figure[1], figure[2], figure[3]]);
  }
  return { points, rows };
}

/** Over machines of all sizes, throughput needs a logarithmic scale as well as cores. */
const axesOf = ({ view }: Context, points: CellPoint[], isOverMachines = false): Axes => {
  const isWide = spread(points) >= 16;
  return {
    x: { label: "cores", log: view.scale === "log" || isWide },
    y: {
      label: labels[view.measure],
      unit: units[view.measure],
      log: view.scale === "log" || (isOverMachines && isWide && view.measure === "absolute"),
    },
  };
};

/** The panels that differ from this one only in the machine type, itself included. */
export function panelsOfMachines({ results }: Context, index: number): number[] {
  const { panels } = results.data;
  const key = ({ workload, parameters }: PanelData) =>
    JSON.stringify([workload, { ...parameters, machine: "" }]);
  return panels.flatMap((panel, i) =>
    panel.parameters.machine !== undefined && key(panel) === key(panels[index]!) ? [i] : [],
  );
}

/**
 * One chart over all machine types: a model has the same colour everywhere, a type the same dashes.
 * `onlyLeaders`: only the models that lead on some type, so that a small chart stays legible. None
 * if there are fewer than two types.
 */
export function machinesPanel(context: Context, index: number, onlyLeaders = false): Panel[] {
  const { results } = context;
  const types = results.data.machines ?? [];
  const panels = panelsOfMachines(context, index);
  if (types.length < 2 || panels.length < 2) return [];
  // The type with the most cores is last.
  const inFlight = inFlightOverCores(context, panels.at(-1)!);
  const leaders = new Set(
    results.data.contests
      .filter((c) => panels.includes(c.panel) && c.in_flight === inFlight)
      .flatMap((c) => [...c.best, ...c.equivalent]),
  );
  const shortNames = types.map(({ name }) => name.split(" ")[0]!);
  const isShort = new Set(shortNames).size === types.length;
  const points: CellPoint[] = [];
  const rows: Panel["rows"] = [];
  for (const panel of panels) {
    const type = types.findIndex(
      ({ name }) => name === results.data.panels[panel]!.parameters.machine,
    );
    const machine = {
      label: isShort ? shortNames[type]! : types[type]!.name,
      dash: dashes[(types.length - 1 - type) % dashes.length]!,
    };
    const of = pointsOf(context, panel, inFlight);
    const isDrawn = (model: string) => !onlyLeaders || !leaders.size || leaders.has(model);
    for (const point of of.points)
      if (isDrawn(point.model))
        points.push({ ...point, title: `${point.title}, on ${types[type]!.name}`, machine });
    for (const row of of.rows) rows.push([types[type]!.name, ...row]);
  }
  if (new Set(points.map((p) => p.x)).size < 2) return [];
  const { workload, label, parameters } = results.data.panels[panels[0]!]!;
  const question = label
    .replace(`, on ${parameters.machine!}`, "")
    .replace(` on ${parameters.machine!}`, "");
  return [
    linePanel(
      context,
      {
        key: `machines ${panels[0]!}`,
        title: [question || workload, ...(inFlight ? [`${inFlight} in flight`] : [])].join(", "),
        note: "Dashes: the machine type, whose name is at the end of its lowest line.",
      },
      points,
      axesOf(context, points, true),
      [],
      { columns: ["machine", ...columnsOf(context)], rows },
    ),
  ];
}

export function coresPanel(context: Context, index: number): Panel[] {
  const { view } = context;
  const inFlight = inFlightOverCores(context, index);
  const unit = units[view.measure];
  const columns = columnsOf(context);
  const { points, rows } = pointsOf(context, index, inFlight);
  if (!points.length) return [];
  const head = {
    key: String(index),
    title: placeTitle(context, index, { inFlight }),
    ...(points.every((p) => p.lower === null)
      ? { note: "Fewer than three blocks: no intervals." }
      : {}),
  };
  const xs = new Set(points.map((p) => p.x));
  if (xs.size === 1) {
    // One number of cores makes no line: draw one row per model, fastest first.
    const [x] = xs;
    return [
      dotPanel(
        context,
        { ...head, title: `${head.title}, ${counted(x!, "core")}` },
        points.map((p) => ({ ...p, x: p.y, row: p.model })).sort((a, b) => b.x - a.x),
        { label: labels[view.measure], unit, log: view.scale === "log" },
        { columns, rows },
      ),
    ];
  }
  return [
    linePanel(context, head, points, axesOf(context, points), ideal(context, points), {
      columns,
      rows,
    }),
  ];
}

export const throughputByCores: Chart = {
  id: "throughput-by-cores",
  title: "Throughput by core count",
  description: ({ results, view }) =>
    (view.inFlight === null ? "" : `With ${view.inFlight} operations in flight. `) +
    "All models of a chart have the same number in flight. Bars and bands are 95 % intervals " +
    "over blocks (Student's t), small dots are single blocks. The dotted lines are limits: ideal " +
    "linear scaling, and reference, the hand-written lower bound on cost. A hollow point has a " +
    "finding." +
    (results.data.baseline ? " Thin pale dashes with open rings are the baseline's means." : ""),
  panels: (context) =>
    eachPanel(context, function* (of, index) {
      if (panelsOfMachines(of, index)[0] === index) yield* machinesPanel(of, index);
      yield* coresPanel(of, index);
    }),
};
