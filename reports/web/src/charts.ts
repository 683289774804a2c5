// The page's charts, in the order in which they stand on it. To add one: its file in charts/, and a row here.
import type { Chart } from "./chart.ts";
import { latency } from "./charts/latency.ts";
import { throughputByCores } from "./charts/throughput_by_cores.ts";

export const charts: Chart[] = [throughputByCores, latency];
