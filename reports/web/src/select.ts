// Selection of the cells that a view shows, and their texts.
import type { Context, Panel } from "./chart.ts";
import type { Cell } from "./data.ts";
import { referenceModel } from "./data.ts";
import { clipped, counted, intervalText } from "./format.ts";
import type { View } from "./view.ts";

/** The panels that pass the workload filter. */
export function shownPanels({ results, view }: Context): number[] {
  return results.data.panels.flatMap((panel, i) =>
    !view.workload || panel.label === view.workload ? [i] : [],
  );
}

/** Panels of `make` for each shown panel of the results; none for foreign files. */
export function* eachPanel(
  context: Context,
  make: (context: Context, panel: number) => Iterable<Panel>,
): Iterable<Panel> {
  if (context.results.data.foreign) return;
  for (const index of shownPanels(context)) yield* make(context, index);
}

export const isShown = ({ view }: Context, cell: Cell): boolean => !view.hidden.has(cell.model);

/** Measured and shown cells of a panel with these values; `undefined` allows any. */
export const cellsAt = (
  context: Context,
  panel: number,
  { cores, inFlight }: { cores?: number | null; inFlight?: number | null },
): number[] =>
  context.results.cellsIn(panel).filter((index) => {
    const cell = context.results.cell(index);
    return (
      (cores === undefined || cell.cores === cores) &&
      (inFlight === undefined || cell.in_flight === inFlight) &&
      context.results.figure(cell, "throughput") !== null &&
      isShown(context, cell)
    );
  });

export interface Place {
  cores: number | null;
  inFlight: number | null;
}

/**
 * Cores and in flight at which the models of a panel are compared: the chosen ones, and otherwise
 * those of its answer, if they were measured together. null if nothing was measured there.
 */
export function placeOf({ results, view }: Context, panel: number): Place | null {
  const answer = results.answerOf(panel);
  let best: { place: Place; rank: number } | null = null;
  for (const contest of results.data.contests) {
    if (contest.panel !== panel) continue;
    if (view.cores !== null && contest.cores !== view.cores) continue;
    if (view.inFlight !== null && contest.in_flight !== view.inFlight) continue;
    const rank = contest === answer ? Infinity : contest.ratios.length;
    if (!best || rank >= best.rank)
      best = { place: { cores: contest.cores, inFlight: contest.in_flight }, rank };
  }
  return best?.place ?? null;
}

/** Cells at the place of a panel. */
export function cellsAtPlace(context: Context, panel: number): number[] {
  const place = placeOf(context, panel);
  return place ? cellsAt(context, panel, place) : [];
}

/** "hashing 64 KiB, 2 cores, 16 in flight". */
export function placeTitle(context: Context, panel: number, place: Partial<Place>): string {
  const parts = [context.results.data.panels[panel]!.label];
  if (place.cores) parts.push(counted(place.cores, "core"));
  if (place.inFlight) parts.push(`${place.inFlight} in flight`);
  return parts.join(", ");
}

/** The chosen place, for a description. */
export function placeText({ cores, inFlight }: View): string {
  if (cores === null && inFlight === null) return "at the cores and in flight of each answer";
  const parts = [];
  if (cores !== null) parts.push(`on ${counted(cores, "core")}`);
  if (inFlight !== null) parts.push(`with ${inFlight} in flight`);
  return parts.join(" ");
}

/** Has a finding that not every model of its contest has. */
export const isFlagged = (cell: Cell): boolean =>
  (cell.findings ?? []).some((finding) => !finding.shared);

/** Sort order that draws `reference`, a limit, first. */
export const limitsFirst = (a: Cell, b: Cell): number =>
  Number(b.model === referenceModel) - Number(a.model === referenceModel);

export function cellTitle(cell: Cell): string {
  const parts = [clipped(cell.model || cell.name, 80)];
  if (cell.cores !== null) parts.push(counted(cell.cores, "core"));
  if (cell.in_flight !== null) parts.push(`${cell.in_flight} in flight`);
  return parts.join(", ");
}

/** Tooltip lines: the given metrics, then the findings. */
export function cellLines({ results }: Context, cell: Cell, metrics: string[]): string[] {
  const lines: string[] = [];
  for (const id of metrics) {
    const figure = results.figure(cell, id);
    const metric = results.metric(id);
    if (figure) lines.push(`${metric.label}: ${intervalText(figure, metric.unit)}`);
  }
  for (const finding of cell.findings ?? [])
    lines.push(`⚑ ${finding.code}: ${clipped(finding.detail, 200)}`);
  return lines;
}
