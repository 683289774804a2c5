// Cells, contests and contexts of the tests of charts.
import type { Context } from "./chart.ts";
import { charts } from "./charts.ts";
import { type Cell, type Contender, type Contest, type PageData, Results } from "./data.ts";
import { Palette } from "./palette.ts";
import { initialView, type View } from "./view.ts";

export const cell = (
  model: string,
  cores: number,
  in_flight: number,
  mean: number,
  more: Partial<Cell> = {},
): Cell => ({
  panel: 0,
  name: `network/${model}/cores:${cores}/in_flight:${in_flight}`,
  model,
  cores,
  in_flight,
  status: "ok",
  metrics: [[mean, mean - 1, mean + 1, 3, mean - 0.5, mean, mean + 0.5], null],
  ...more,
});

/** A contest whose first model decides the verdict. */
export const contest = (
  panel: number,
  cores: number,
  in_flight: number,
  models: [string, number, Contender["class"]][],
): Contest => ({
  panel,
  workload: "",
  parameters: {},
  cores,
  in_flight,
  verdict:
    models[0]![2] === "best" || models[0]![2] === "equivalent" ? models[0]![2] : "cannot_tell",
  why: "intervals",
  best: [],
  equivalent: [],
  ratios: models.map(([model, cell, shown], i) => ({
    model,
    cell,
    class: shown,
    ratio: i ? 0.8 : 1.25,
    lower: i ? 0.7 : 1.1,
    upper: i ? 0.9 : 1.4,
    throughput: 100,
    cpu_s: null,
    memory_bytes: null,
  })),
  of_reference: null,
  blocks: 8,
  blocks_wanted: null,
});

export function context(
  cells: Cell[],
  view: Partial<View> = {},
  more: Partial<PageData> = {},
): Context {
  const data: PageData = {
    schema: 1,
    suite: "",
    foreign: false,
    status: "complete",
    date: "",
    seed: 7,
    command: [],
    repetitions: 0,
    values: "all",
    outcomes: [],
    shares: [0.5, 0.9],
    metrics: [
      { id: "throughput", label: "throughput", unit: "1/s", better: "higher" },
      ...[
        "time",
        "p50",
        "p99",
        "cpu",
        "memory",
        "cpu_share",
        "server_cpu_share",
        "voluntary_switches",
        "involuntary_switches",
        "memory_per_in_flight",
      ].map((id) => ({ id, label: id, unit: "s", better: "lower" as const })),
    ],
    answers: [{ panel: 0, headline: "", contest: 0 }],
    contests: [contest(0, 2, 64, [["event_loop", 0, "best"]])],
    leaders: [],
    panels: [
      {
        workload: "network",
        parameters: {},
        label: "network",
        in_flight: 64,
        fits: [],
      },
    ],
    cells,
    ...more,
  };
  const results = new Results(data);
  return { results, view: { ...initialView, ...view }, palette: new Palette(results.models) };
}

export const chart = (id: string) => charts.find((c) => c.id === id)!;
