import * as Plot from "@observablehq/plot";
import type { Chart, Context, Panel, Point } from "../chart.ts";
import type { Figure, Fit } from "../data.ts";
import { referenceModel } from "../data.ts";
import { axisLabel, axisScale, clipped, intervalText, threeDigits } from "../format.ts";
import { cellLines, cellsAt, cellTitle, eachPanel, isFlagged, placeTitle } from "../select.ts";
import { largest, roomyTicks, smallest, valueTicks } from "./axes.ts";

interface FitPoint extends Point {
  x: number;
  model: string;
}

/** Coefficient of a law: "0.031 (0.029 to 0.033)", small ones in powers of ten. */
export function coefficientText([mean, lower, upper]: Figure): string {
  const text = (v: number) =>
    v !== 0 && Math.abs(v) < 0.001 ? v.toExponential(1) : threeDigits(v);
  return lower === null || upper === null
    ? text(mean)
    : `${text(mean)} (${text(lower)} to ${text(upper)})`;
}

export function throughputOf({ terms }: Fit, cores: number): number {
  const [a, b, c] = terms!;
  return cores / (a + b * (cores - 1) + c * cores * (cores - 1));
}

function peakText({ law, peak_cores }: Fit): string | null {
  if (!peak_cores) return law === "USL" ? "none" : null;
  const [mean, lower, upper] = peak_cores;
  const bounds = lower === null ? "" : ` (${threeDigits(lower)} to ${threeDigits(upper!)})`;
  return threeDigits(mean) + bounds;
}

const fitRow = (fit: Fit): (string | number | null)[] => [
  fit.model,
  fit.law!,
  intervalText(fit.rate!, "1/s"),
  coefficientText(fit.contention!),
  fit.coherency ? coefficientText(fit.coherency) : null,
  peakText(fit),
];

function panel(context: Context, index: number): Panel[] {
  const { results, view, palette } = context;
  const data = results.data.panels[index]!;
  const fits = (data.fits ?? []).filter((fit) => !fit.missing && !view.hidden.has(fit.model));
  if (!fits.length) return [];
  // Draws the USL if it was fitted, otherwise Amdahl's law. The table has both.
  const drawn = [...new Map(fits.map((fit) => [fit.model, fit])).values()];
  const inFlight = data.in_flight ?? null;
  const points = cellsAt(context, index, { inFlight }).flatMap((i): FitPoint[] => {
    const cell = results.cell(i);
    const figure = results.figure(cell, "throughput");
    if (!figure || cell.cores === null || !drawn.some((fit) => fit.model === cell.model)) return [];
    return [
      {
        x: cell.cores,
        y: figure[0],
        model: cell.model,
        title: cellTitle(cell),
        lines: cellLines(context, cell, ["throughput"]),
        cell: i,
        flagged: isFlagged(cell),
      },
    ];
  });
  const scale = axisScale(largest(points.map((p) => p.y)), "1/s");
  const log = view.scale === "log";
  const low = smallest(points.map((p) => p.x));
  const high = largest(points.map((p) => p.x));
  const xs = Array.from({ length: 49 }, (_, i) => low * Math.pow(high / low, i / 48));
  const highest = largest(points.map((p) => p.y));
  const domain = [
    log ? smallest(points.map((p) => p.y)) * 0.85 : 0,
    highest * (log ? 1.15 : 1.06),
  ].map((v) => v / scale.factor) as [number, number];
  const plot = (width: number): Plot.PlotOptions => ({
    width,
    height: Math.round(Math.min(380, Math.max(210, width * 0.62))),
    marginLeft: 52,
    marginRight: 22,
    marginTop: 24,
    marginBottom: 40,
    x: { type: "log", domain: [low / 1.1, high * 1.1], label: "cores" },
    y: { type: log ? "log" : "linear", label: axisLabel("throughput", scale, "1/s", log), domain },
    color: { type: "identity" },
    symbol: { type: "identity" } as never,
    marks: [
      Plot.gridY({ className: "grid", ticks: valueTicks(domain, scale, "1/s", log).ticks }),
      ...drawn.map((fit) =>
        Plot.line(
          xs.map((x): [number, number] => [x, throughputOf(fit, x) / scale.factor]),
          {
            className: "line",
            clip: true,
            stroke: palette.look(fit.model).color,
            strokeWidth: fit.model === referenceModel ? 1 : 1.5,
            strokeDasharray: palette.look(fit.model).dash,
          },
        ),
      ),
      ...drawn.flatMap((fit) =>
        fit.peak_cores && fit.peak_cores[0] >= low && fit.peak_cores[0] <= high
          ? [
              Plot.ruleX([fit.peak_cores[0]], {
                stroke: palette.look(fit.model).color,
                strokeOpacity: 0.6,
                strokeDasharray: "2 3",
              }),
            ]
          : [],
      ),
      ...points.map((p) =>
        Plot.dot([p], {
          className: "points",
          x: "x",
          y: p.y / scale.factor,
          r: 3.2,
          symbol: palette.look(p.model).symbol as Plot.SymbolType,
          stroke: palette.look(p.model).color,
          strokeWidth: 1.25,
          fill: p.flagged ? "var(--panel)" : palette.look(p.model).color,
        }),
      ),
      Plot.axisX(
        roomyTicks(
          points.map((p) => p.x),
          true,
          width - 92,
          26,
        ),
        { text: (x: number) => String(x), tickSize: 4, labelAnchor: "center", labelArrow: "none" },
      ),
      Plot.axisY({ ...valueTicks(domain, scale, "1/s", log), labelAnchor: "top" }),
    ],
  });
  const without = (data.fits ?? []).filter(
    (fit) => fit.missing && !fits.some((f) => f.model === fit.model),
  );
  const reasons = [
    ...new Map(without.map((fit) => [fit.model, `${fit.model} ${fit.missing}`])).values(),
  ];
  return [
    {
      key: String(index),
      title: clipped(placeTitle(context, index, { inFlight }), 120),
      plot,
      points,
      open: true,
      ...(reasons.length ? { note: `No fit: ${clipped(reasons.join("; "), 300)}.` } : {}),
      columns: [
        "model",
        "law",
        "throughput of one core",
        "contention",
        "coherency",
        "cores at peak",
      ],
      rows: fits.map(fitRow),
    },
  ];
}

export const scalingFit: Chart = {
  id: "scaling-fit",
  title: "Scaling laws",
  description: () =>
    "Amdahl's law (contention: the share of work that only one core can do) and the Universal " +
    "Scalability Law (USL; adds coherency: the cost that each core causes for every other), " +
    "fitted to all blocks, with 95 % intervals. A vertical line marks the peak, beyond " +
    "which more cores lower the throughput. It is shown only if the interval of coherency " +
    "excludes 0.",
  panels: (context) => eachPanel(context, panel),
  minWidth: 460,
};
