// The page's charts, in page order. To add one, create its file in charts/ and add a row here.
import type { Chart } from "./chart.ts";
import { bound } from "./charts/bound.ts";
import { changes } from "./charts/changes.ts";
import { cost } from "./charts/cost.ts";
import { crossoverMap } from "./charts/crossover_map.ts";
import { families } from "./charts/families.ts";
import { latency } from "./charts/latency.ts";
import { memoryByInFlight } from "./charts/memory_by_in_flight.ts";
import { scalingFit } from "./charts/scaling_fit.ts";
import { throughputByCores } from "./charts/throughput_by_cores.ts";
import { throughputByInFlight } from "./charts/throughput_by_in_flight.ts";

export const charts: Chart[] = [
  families,
  changes,
  crossoverMap,
  throughputByCores,
  throughputByInFlight,
  latency,
  cost,
  memoryByInFlight,
  bound,
  scalingFit,
];
