// The data of a check's page as written by reports/check/formats/check_page_data.cpp.

export type Outcome = "regression" | "inconclusive" | "improved" | "pass";

export interface ComparedCell {
  name: string;
  outcome: Outcome;
  /** Above 1 is worse; null if there is no value. */
  ratio: number | null;
  lower: number | null;
  upper: number | null;
  blocks: number;
}

export interface Timeline {
  cell: string;
  /** Number of earlier runs that are not in the page. */
  left_out: number;
  /** Index into the page's runs, oldest first. */
  runs: number[];
  values: number[];
  /** [first run, last run, mean] of each stretch between changes. */
  levels: [number, number, number][];
  /** [first run of the new level, ratio of the levels]; a ratio above 1 is worse. */
  changes: [number, number][];
}

export interface CheckData {
  metric: string;
  unit: string;
  tolerate: number;
  detect: number;
  confidence: number;
  cell_count: number;
  /** The most urgent cells. */
  cells: ComparedCell[];
  timeline_count: number;
  timelines: Timeline[];
  /** [commit, date] */
  runs: [string, string][];
}

/** "+5.1 %", "−0.3 %". */
export function changeText(ratio: number): string {
  const percent = (ratio - 1) * 100;
  const digits = Math.abs(percent) >= 10 ? 0 : Math.abs(percent) >= 1 ? 1 : 2;
  const text = Math.abs(percent).toFixed(digits);
  return `${Number(text) === 0 ? "" : percent < 0 ? "−" : "+"}${text} %`;
}
