// The page's data as written by reports/page_data.cpp. Every figure comes with its interval;
// nothing is computed here.

/** [mean, lower | null, upper | null, n, …single blocks]; null if not measured. */
export type Figure = [number, number | null, number | null, number, ...number[]];

export interface Metric {
  id: string;
  label: string;
  unit: string;
  better: "higher" | "lower" | "neither";
}
export interface Finding {
  code: string;
  detail: string;
  /** Every model of the contest has it, so it does not weaken the comparison. */
  shared?: true;
}

export interface Cell {
  panel: number;
  name: string;
  model: string;
  cores: number | null;
  in_flight: number | null;
  status: "ok" | "skipped" | "failed";
  reason?: string;
  parameters?: Record<string, string>;
  findings?: Finding[];
  ceiling?: number;
  metrics?: (Figure | null)[];
  /** [count, seconds at the first of `shares` …, maximum] */
  latency?: number[];
  service?: number[];
  /** Figure, followed by the cores of the cell that it is relative to. */
  speedup?: number[];
}

/** One model in a contest; figures are means. */
export interface Contender {
  model: string;
  cell: number;
  /** null if the contest does not rank the model. */
  class: "best" | "equivalent" | "slower" | "not_separated" | null;
  /** Throughput over that of the best of the others, with simultaneous 95 % bounds. */
  ratio: number | null;
  lower: number | null;
  upper: number | null;
  throughput: number | null;
  cpu_s: number | null;
  memory_bytes: number | null;
  cheapest?: true;
  errors?: true;
}

/** Cells that differ only in the model. */
export interface Contest {
  panel: number;
  workload: string;
  parameters: Record<string, string>;
  cores: number | null;
  in_flight: number | null;
  verdict: "best" | "equivalent" | "capped" | "cannot_tell" | "single";
  why: string;
  best: string[];
  equivalent: string[];
  /** The leaders first. */
  ratios: Contender[];
  of_reference: { ratio: number; lower: number; upper: number | null } | null;
  blocks: number;
  blocks_wanted: number | null;
}

/** Contests that differ only along one axis, and where their leading models change. */
export interface Leaders {
  along: "cores" | "in_flight" | "cpu_share";
  contests: number[];
  ranges: { from: number; to: number; leaders: string[] }[];
  crossings: { after: number; before: number; outgoing: string[]; incoming: string[] }[];
}

export interface Fit {
  model: string;
  missing?: string;
  law?: "Amdahl" | "USL";
  rate?: Figure;
  contention?: Figure;
  coherency?: Figure;
  peak_cores?: Figure;
  /** N/X = terms · (1, N − 1, N (N − 1)) */
  terms?: [number, number, number];
  from_cores?: number;
  to_cores?: number;
}

export interface PanelData {
  workload: string;
  parameters: Record<string, string>;
  label: string;
  /** The number in flight at which models are compared over cores. */
  in_flight?: number | null;
  fits?: Fit[];
  cpu_s?: number | null;
  wait_s?: number | null;
}

export interface Change {
  cell: number;
  metric: string;
  before: Figure;
  ratio: Figure;
  verdict: "regression" | "improved" | "pass" | "inconclusive";
  /** Why, if more failed operations and not the metric decide. */
  because: string;
}

export interface Baseline {
  date: string;
  command: string[];
  environment_differences: [string, string, string][];
  headline: string;
  changes: Change[];
}

/** Hosts of a fleet with the same CPU model and cores. */
export interface MachineType {
  name: string;
  hosts: string[];
}

export interface PageData {
  schema: number;
  suite: string;
  foreign: boolean;
  status: string;
  date: string;
  seed: number;
  command: string[];
  repetitions: number;
  /** Metrics with the values of single blocks in the page. */
  values: "all" | "headline" | "none" | "means";
  outcomes: string[];
  /** Only of a fleet: the fewest cores first. With several, panels have the parameter `machine`. */
  machines?: MachineType[];
  metrics: Metric[];
  shares: number[];
  answers: {
    panel: number;
    headline: string;
    /** Index of the contest that stands for the panel. */
    contest: number | null;
  }[];
  contests: Contest[];
  leaders: Leaders[];
  panels: PanelData[];
  cells: Cell[];
  baseline?: Baseline;
}

export const referenceModel = "reference";

/** The page's data with look-ups for the charts. */
export class Results {
  readonly models: string[];
  readonly cores: number[];
  readonly inFlight: number[];
  /** Ids of the metrics that are counters of a foreign file. */
  readonly counters: string[];
  private readonly metricIndex: Map<string, number>;
  private readonly cellsOfPanel: number[][];
  private readonly changeOf = new Map<string, Change>();

  constructor(readonly data: PageData) {
    this.metricIndex = new Map(data.metrics.map((m, i) => [m.id, i]));
    this.counters = data.metrics.map((m) => m.id).filter((id) => id.startsWith("counter "));
    const models = new Set<string>();
    const cores = new Set<number>();
    const inFlight = new Set<number>();
    this.cellsOfPanel = data.panels.map(() => []);
    data.cells.forEach((cell, i) => {
      if (cell.model) models.add(cell.model);
      if (cell.status === "ok" && cell.cores !== null) cores.add(cell.cores);
      if (cell.status === "ok" && cell.in_flight !== null) inFlight.add(cell.in_flight);
      this.cellsOfPanel[cell.panel]?.push(i);
    });
    this.models = [...models];
    this.cores = [...cores].sort((a, b) => a - b);
    this.inFlight = [...inFlight].sort((a, b) => a - b);
    for (const change of data.baseline?.changes ?? [])
      this.changeOf.set(`${change.cell} ${change.metric}`, change);
  }

  cell(index: number): Cell {
    const cell = this.data.cells[index];
    if (!cell) throw new Error(`no cell ${index}`);
    return cell;
  }

  cellsIn(panel: number): number[] {
    return this.cellsOfPanel[panel] ?? [];
  }

  metric(id: string): Metric {
    const metric = this.data.metrics[this.metricIndex.get(id) ?? -1];
    if (!metric) throw new Error(`no metric ${id}`);
    return metric;
  }

  figure(cell: Cell, id: string): Figure | null {
    return cell.metrics?.[this.metricIndex.get(id) ?? -1] ?? null;
  }

  change(cell: number, metric: string): Change | undefined {
    return this.changeOf.get(`${cell} ${metric}`);
  }

  /** The contest that stands for a panel. */
  answerOf(panel: number): Contest | null {
    const contest = this.data.answers.find((a) => a.panel === panel)?.contest ?? null;
    return contest === null ? null : (this.data.contests[contest] ?? null);
  }
}

/** Points [share, seconds] of a latency curve; the maximum is at 1 - 1/count. */
export function curveOf(shares: number[], packed: number[]): [number, number][] {
  const count = packed[0]!;
  const seconds = packed.slice(1, -1);
  return [
    ...seconds.map((s, i): [number, number] => [shares[i]!, s]),
    [1 - 1 / count, packed[packed.length - 1]!],
  ];
}

export const valuesOf = (figure: Figure): number[] =>
  figure.length > 4 ? (figure.slice(4) as number[]) : [figure[0]];
