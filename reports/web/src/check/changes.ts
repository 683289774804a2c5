// The change of each cell with its interval, and the thresholds.
import * as Plot from "@observablehq/plot";
import type { Chart, Panel, Point } from "../chart.ts";
import { largest, smallest } from "../charts/axes.ts";
import { clipped } from "../format.ts";
import { changeText, type CheckData, type ComparedCell, type Outcome } from "./data.ts";

interface Row extends Point {
  x: number;
  row: string;
  name: string;
  lower: number;
  upper: number;
  outcome: Outcome;
}

const looks: Record<Outcome, { color: string; symbol: Plot.SymbolType; filled: boolean }> = {
  regression: { color: "var(--bad)", symbol: "triangle", filled: true },
  improved: { color: "var(--good)", symbol: "triangle", filled: true },
  inconclusive: { color: "var(--flag)", symbol: "circle", filled: false },
  pass: { color: "var(--quiet)", symbol: "circle", filled: true },
};

/** Changes beyond this factor are drawn at the edge. */
const widest = 4;
/** In a narrower panel, names stand above their rows. */
const roomForNames = 620;
/** Maximum width of a character of a row's name in pixels. */
const character = 6.3;

const bounds = ({ lower, upper }: ComparedCell): string =>
  lower !== null && upper !== null ? `${changeText(lower)} to ${changeText(upper)}` : "no interval";

function rowOf(cell: ComparedCell, i: number): Row[] {
  if (cell.ratio === null) return [];
  return [
    {
      x: cell.ratio,
      y: 0,
      row: String(i),
      name: cell.name,
      lower: cell.lower ?? cell.ratio,
      upper: cell.upper ?? cell.ratio,
      outcome: cell.outcome,
      title: clipped(cell.name, 120),
      lines: [
        `${cell.outcome}: ${changeText(cell.ratio)} (${bounds(cell)})`,
        `${cell.blocks} blocks`,
      ],
      cell: null,
      flagged: false,
    },
  ];
}

/** Ratios that are round percentages, at most `count` of them in the domain. */
function percentTicks([low, high]: [number, number], count: number): number[] {
  const steps = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1];
  const step = steps.find((s) => (high - low) / s <= count) ?? 1;
  const ticks: number[] = [];
  for (let i = Math.ceil((low - 1) / step); 1 + i * step <= high; ++i)
    ticks.push(Number((1 + i * step).toFixed(4)));
  return ticks;
}

const percent = (share: number): string => `${+(100 * share).toPrecision(4)} %`;

/** Names are cut in the middle, because they differ at both ends. */
function shortened(text: string, limit: number): string {
  const characters = [...text];
  if (characters.length <= limit) return text;
  const head = Math.ceil((limit - 1) / 2);
  return `${characters.slice(0, head).join("")}…${characters.slice(head + 1 - limit).join("")}`;
}

function panel(data: CheckData): Panel[] {
  const rows = data.cells.flatMap(rowOf);
  if (!rows.length) return [];
  const limits = [
    { at: 1 + data.tolerate, label: "tolerated" },
    { at: 1 + data.detect, label: "detected" },
  ];
  const clamp = (x: number) => Math.min(widest, Math.max(1 / widest, x));
  const low = clamp(smallest([1 - data.detect / 2, ...rows.map((p) => p.lower)]));
  const high = clamp(largest([1 + data.detect * 1.3, ...rows.map((p) => p.upper)]));
  const margin = (high - low) * 0.03;
  const domain: [number, number] = [Math.max(low - margin, low / 1.1), high + margin];
  const names = new Map(rows.map((p) => [p.row, p.name]));
  const longest = largest(rows.map((p) => p.name.length));
  const plot = (width: number): Plot.PlotOptions => {
    const stacked = width < roomForNames;
    const marginLeft = stacked ? 10 : Math.min(16 + character * longest, width * 0.45);
    const limit = Math.floor((stacked ? width - 20 : marginLeft - 16) / character);
    const name = (row: string) => shortened(names.get(row)!, limit);
    const pixels = width - marginLeft - 16;
    const place = (x: number) => ((x - domain[0]) / (domain[1] - domain[0])) * pixels;
    // The label of the lower threshold is left out if the two would overlap.
    const labelled = limits.filter(({ at }, i) => i > 0 || place(limits[1]!.at) - place(at) > 62);
    return {
      width,
      height: 62 + rows.length * (stacked ? 36 : 18),
      marginLeft,
      marginRight: 16,
      marginTop: 22,
      marginBottom: 40,
      x: { domain, label: `change of ${data.metric}; right of 0 is worse` },
      y: {
        type: "point",
        domain: rows.map((p) => p.row),
        label: null,
        padding: 0.6,
        ...(stacked ? { axis: null } : {}),
      },
      color: { type: "identity" },
      symbol: { type: "identity" } as never,
      marks: [
        Plot.gridX(percentTicks(domain, Math.max(2, pixels / 70)), { className: "grid" }),
        Plot.ruleX([1], { stroke: "var(--quiet)" }),
        Plot.ruleX(limits, { x: "at", stroke: "var(--limit)", strokeDasharray: "4 3" }),
        Plot.text(labelled, {
          className: "limit-label",
          x: "at",
          frameAnchor: "top",
          dy: -14,
          text: "label",
          fill: "var(--quiet)",
        }),
        Plot.ruleY(rows, {
          className: "intervals",
          x1: (p: Row) => clamp(p.lower),
          x2: (p: Row) => clamp(p.upper),
          y: "row",
          stroke: (p: Row) => looks[p.outcome].color,
          strokeWidth: 1.75,
        }),
        ...rows.map((p) =>
          Plot.dot([p], {
            className: "points",
            x: clamp(p.x),
            y: "row",
            r: 4,
            symbol: looks[p.outcome].symbol,
            rotate: p.outcome === "improved" ? 180 : 0,
            fill: looks[p.outcome].filled ? looks[p.outcome].color : "var(--panel)",
            stroke: looks[p.outcome].color,
            strokeWidth: 1.5,
          }),
        ),
        Plot.axisX(percentTicks(domain, Math.max(2, pixels / 70)), {
          tickSize: 0,
          labelAnchor: "center",
          labelArrow: "none",
          text: (v: number) => (v === 1 ? "0" : changeText(v).replace(/\.0+(?= %)/, "")),
        }),
        stacked
          ? Plot.text(rows, {
              className: "row-label",
              frameAnchor: "left",
              y: "row",
              dy: -13,
              text: (p: Row) => name(p.row),
              fill: "var(--quiet)",
              stroke: "var(--panel)",
              strokeWidth: 4,
            })
          : Plot.axisY({ tickSize: 0, tickFormat: name }),
      ],
    };
  };
  return [
    {
      key: "changes",
      title: `${data.metric}: change of each cell`,
      ...(data.cells.length < data.cell_count
        ? { note: `The ${data.cells.length} most urgent of ${data.cell_count} cells.` }
        : {}),
      plot,
      points: rows,
      columns: ["cell", "verdict", "change", "lower", "upper", "blocks"],
      rows: data.cells.map((c) => [
        c.name,
        c.outcome,
        ...[c.ratio, c.lower, c.upper].map((ratio) => (ratio === null ? null : changeText(ratio))),
        c.blocks,
      ]),
    },
  ];
}

export const changes: Chart<CheckData> = {
  id: "changes",
  title: "Changes",
  description: (data) =>
    `Change of each cell with its ${percent(data.confidence)} interval, the most ` +
    "urgent first. ▲ regression, ▼ improved, ○ inconclusive, ● pass. A cell regresses if " +
    `its change is more than the tolerated ${percent(data.tolerate)}; the plan finds changes of ` +
    `${percent(data.detect)}.`,
  panels: panel,
  minWidth: 2000,
};
