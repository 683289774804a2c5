// The point of a cell in the charts that draw its figure with interval and blocks.
import type { Context, Point } from "../chart.ts";
import type { Figure } from "../data.ts";
import { cellLines, cellTitle, isFlagged } from "../select.ts";

export interface CellPoint extends Point {
  x: number;
  model: string;
  lower: number | null;
  upper: number | null;
  /** The figure's blocks; empty if the page does not keep them. */
  values: number[];
  /** Figure of the baseline. */
  before?: number;
  /** In a chart over several machine types: short name of the type, and dash of its lines. */
  machine?: { label: string; dash: string };
}

/** Everything of a cell's point but its place. `metrics`: those of the tooltip. */
export function cellPoint(
  context: Context,
  index: number,
  figure: Figure,
  metrics: string[],
): Omit<CellPoint, "x" | "y"> {
  const cell = context.results.cell(index);
  return {
    model: cell.model,
    lower: figure[1],
    upper: figure[2],
    values: figure.slice(4) as number[],
    title: cellTitle(cell),
    lines: cellLines(context, cell, metrics),
    cell: index,
    flagged: isFlagged(cell),
  };
}
