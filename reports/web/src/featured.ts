// Choice of the workloads whose charts are on the first screen.
import type { Context } from "./chart.ts";
import type { Contest } from "./data.ts";
import { memoryPanels } from "./charts/memory_by_in_flight.ts";
import { inFlightOverCores } from "./charts/throughput_by_cores.ts";
import { coresOverInFlight, crossingsOf } from "./charts/throughput_by_in_flight.ts";
import { shownPanels } from "./select.ts";

/** Contests at these values that have two or more models and are not capped. */
const opened = ({ results }: Context, panel: number, at: (contest: Contest) => boolean) =>
  results.data.contests.filter(
    (c) => c.panel === panel && c.ratios.length > 1 && c.verdict !== "capped" && at(c),
  );

/** The panel with the highest rank, the first of several; null if no rank is above 0. */
function highest(context: Context, rank: (panel: number) => number): number | null {
  let best: { panel: number; rank: number } | null = null;
  for (const panel of shownPanels(context)) {
    const own = rank(panel);
    if (own > (best?.rank ?? 0)) best = { panel, rank: own };
  }
  return best?.panel ?? null;
}

const distinct = (values: (number | null)[]) => new Set(values).size;

/** The workload for the chart over cores: the one with the most core counts that are not capped. */
export const panelOverCores = (context: Context): number | null =>
  highest(context, (panel) => {
    const inFlight = inFlightOverCores(context, panel);
    const cores = distinct(
      opened(context, panel, (c) => c.in_flight === inFlight).map((c) => c.cores),
    );
    return cores < 2 ? 0 : cores;
  });

/** The workload for the chart over in flight: one with a crossing, then the most values. */
export const panelOverInFlight = (context: Context): number | null =>
  highest(context, (panel) => {
    const cores = coresOverInFlight(context, panel);
    const values = distinct(
      opened(context, panel, (c) => c.cores === cores).map((c) => c.in_flight),
    );
    return values < 2 ? 0 : values + 100 * Math.min(1, crossingsOf(context, panel, cores).length);
  });

/** The first workload with the memory of many operations in flight. */
export const panelOfMemory = (context: Context): number | null =>
  shownPanels(context).find((panel) => memoryPanels(context, panel).length > 0) ?? null;
