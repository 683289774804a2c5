// The lanes of one event loop: they run operations and count those that end in the window.
import { OperationError, now, sleepUntil, withShared, workloads } from "./operations.mjs";

function newCounts() {
  const latency = { bins: new Map(), sum: 0, max: 0 };
  return { operations: 0, errors: {}, latency, lag: 0, end: 0, used: {} };
}

/** Adds a latency to the protocol's bins: a count per lower bound. */
function record(latency, ns) {
  const width = widthOfBin(ns);
  const lower = Math.floor(ns / width) * width;
  latency.bins.set(lower, (latency.bins.get(lower) ?? 0) + 1);
  latency.sum += ns;
  latency.max = Math.max(latency.max, ns);
}

export function widthOfBin(ns) {
  const exponent = ns < 2 ** 32 ? 31 - Math.clz32(ns) : 63 - Math.clz32(ns / 2 ** 32);
  return 2 ** Math.max(0, exponent - 6);
}

/** Adds the counts of several loops. */
export function merged(all) {
  const total = newCounts();
  const add = (sums, more) => {
    for (const [name, n] of Object.entries(more)) sums[name] = (sums[name] ?? 0) + n;
  };
  for (const counts of all) {
    total.operations += counts.operations;
    for (const [lower, n] of counts.latency.bins)
      total.latency.bins.set(lower, (total.latency.bins.get(lower) ?? 0) + n);
    total.latency.sum += counts.latency.sum;
    total.latency.max = Math.max(total.latency.max, counts.latency.max);
    total.lag = Math.max(total.lag, counts.lag);
    total.end = Math.max(total.end, counts.end);
    add(total.errors, counts.errors);
    add(total.used, counts.used);
  }
  return total;
}

export class Lanes {
  /** Opens the lanes with these numbers. */
  static async open(values, numbers) {
    const lanes = new Lanes();
    const shared = withShared(values);
    lanes.all = values.inFlight;
    lanes.checksum = shared.checksum;
    lanes.operations = new Map();
    for (const number of numbers)
      lanes.operations.set(number, await workloads[values.workload].open(shared, number));
    return lanes;
  }

  /** Runs all lanes, and waits for the promises of `others`. Returns what ended in the window. */
  async run(plan, others = []) {
    const counts = newCounts();
    const opens = plan.start + plan.lead;
    let closes = plan.operations ? Infinity : opens + plan.window;
    let before, after, failure;
    // A lane that has read the clock anyway reads the usage at an edge. Timers do if all wait.
    const observe = (time) => {
      if (time >= opens) before ??= process.resourceUsage();
      if (time >= closes) after ??= process.resourceUsage();
    };
    observe(now());
    const timers = plan.operations
      ? []
      : [opens, closes].map((edge) =>
          setTimeout(() => observe(now()), Math.ceil((edge - now()) / 1e6) + 1),
        );
    const runLane = async (number, operate) => {
      const share = Math.floor(plan.operations / this.all) + (number < plan.operations % this.all);
      const begin = plan.start + (plan.stagger * number) / this.all;
      if (begin >= closes) return;
      if (begin > now()) await sleepUntil(begin);
      let issued = now();
      counts.lag = Math.max(counts.lag, issued - begin);
      for (let left = plan.operations ? share : Infinity; left > 0; --left) {
        let error = "";
        try {
          await operate();
        } catch (e) {
          if (!(e instanceof OperationError)) throw e;
          error = e.message;
        }
        const end = now();
        observe(end);
        if (end >= closes) break;
        if (end >= opens && error) counts.errors[error] = (counts.errors[error] ?? 0) + 1;
        if (end >= opens && !error) {
          counts.operations += 1;
          record(counts.latency, end - issued);
        }
        issued = end;
      }
      counts.end = Math.max(counts.end, now());
    };
    const running = [...this.operations].map(([number, operate]) =>
      runLane(number, operate).catch((e) => {
        failure ??= e;
        closes = -Infinity; // ends the other lanes
      }),
    );
    await Promise.allSettled([...running, ...others]);
    timers.forEach(clearTimeout);
    if (failure) throw failure;
    before ??= process.resourceUsage();
    after ??= process.resourceUsage();
    for (const name of Object.keys(after)) counts.used[name] = after[name] - before[name];
    return counts;
  }
}
