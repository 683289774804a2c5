// Selection of the cells that a view shows, and their texts.
import type { Context, Panel } from "./chart.ts";
import type { Cell, Figure } from "./data.ts";
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

/** Each model's cell at each number of cores: the best, or the one with the chosen in flight. */
export function chosenCells(
  context: Context,
  panel: number,
): { cell: number; speedup: Figure | null; base: number | null }[] {
  const { results, view } = context;
  const shown = (index: number) => isShown(context, results.cell(index));
  if (view.inFlight === null)
    return (results.data.panels[panel]?.best ?? [])
      .filter(([cell]) => shown(cell))
      .map(([cell, speedup, base]) => ({ cell, speedup, base }));
  return results
    .cellsIn(panel)
    .filter((index) => {
      const cell = results.cell(index);
      return (
        cell.in_flight === view.inFlight &&
        cell.cores !== null &&
        results.figure(cell, "throughput") !== null &&
        shown(index)
      );
    })
    .map((index) => {
      const speedup = results.cell(index).speedup;
      return {
        cell: index,
        speedup: speedup ? (speedup.slice(0, 4) as Figure) : null,
        base: speedup?.[4] ?? null,
      };
    });
}

/** Number of cores for charts at a fixed number. */
export const fixedCores = ({ results, view }: Context, panel: number): number | null =>
  view.cores ?? results.answerCores(panel);

/** The chosen cores, for a description. */
export const coresText = ({ cores }: View): string =>
  cores === null ? "at the cores of each answer" : `at ${counted(cores, "core")}`;

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
