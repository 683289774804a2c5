// The cell: prepared once, run any number of times, then finished.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { Lanes, merged, widthOfBin } from "./lanes.mjs";
import { calibratedBytes, now, workloads } from "./operations.mjs";
import { expect, valuesOf } from "./parameters.mjs";
import { startTeam } from "./team.mjs";

const version = "0.1.0";

/** Node.js cannot set its affinity: `taskset` (util-linux) binds the process and its threads. */
function bind(cores) {
  const bound = spawnSync("taskset", ["-acp", cores.join(","), String(process.pid)]);
  const reason = String(bound.error ?? bound.stderr);
  expect(bound.status === 0, `cannot bind to CPU ${cores}: ${reason}`, "unsupported");
}

/** Returns a size from a /proc file in bytes. */
function memoryLine(file, name) {
  return 1024 * Number(readFileSync(file, "utf8").match(new RegExp(`^${name}:\\s*(\\d+)`, "m"))[1]);
}

/**
 * Returns the pages that each process has for itself, and shared pages once, with what this process
 * has given back since its peak.
 */
function memoryOf(processes) {
  const [peak, resident] = ["VmHWM", "VmRSS"].map((name) => memoryLine("/proc/self/status", name));
  let own = Math.max(0, peak - resident);
  let shared = 0;
  for (const pid of processes) {
    const line = (name) => memoryLine(`/proc/${pid}/smaps_rollup`, name);
    const unshared = line("Private_Clean") + line("Private_Dirty");
    own += unshared;
    shared = Math.max(shared, line("Rss") - unshared);
  }
  return own + shared;
}

export class Cell {
  team = [];

  constructor(model) {
    this.model = model;
  }

  async prepare(body) {
    const begin = now();
    expect(!this.lanes, "already prepared: a cell process measures one cell");
    const { workload, parameters = {}, cores, in_flight: inFlight, endpoint = "" } = body;
    expect(["loop", "workers", "cluster"].includes(this.model), `unknown model '${this.model}'`);
    expect(Array.isArray(cores) && cores.length > 0, "'cores' must be an array of CPU numbers");
    expect(Number.isInteger(inFlight) && inFlight > 0, "'in_flight' must be 1 or more");
    const defaults = workloads[workload]?.parameters;
    expect(defaults, `unknown workload '${workload}': this cell has ${Object.keys(workloads)}`);
    const values = { workload, ...valuesOf(workload, defaults, parameters), inFlight, endpoint };
    bind(cores);
    if (values.cpu) values.cpuBytes = calibratedBytes(values.cpu);
    if (values.long) values.longBytes = calibratedBytes(values.long);
    const base = memoryLine("/proc/self/status", "VmRSS");
    if (this.model !== "loop")
      this.team = await startTeam(this.model, Math.min(cores.length, inFlight), values);
    const own = this.model === "loop" ? [...Array(inFlight).keys()] : [];
    this.lanes = await Lanes.open(values, own);
    const environment = { node: process.versions.node };
    environment.node_hashing = `OpenSSL ${process.versions.openssl}`;
    const setup = (now() - begin) / 1e9;
    return {
      ready: {
        protocol: 2,
        program: "node_cell.mjs",
        version,
        setup_s: setup,
        base_rss_bytes: base,
        environment,
      },
    };
  }

  async run(body) {
    expect(this.lanes, "'run' before 'prepare'");
    expect(body.rate === undefined, "this cell has no open loop", "unsupported");
    expect(body.seconds > 0 !== body.operations > 0, "expected 'seconds' or 'operations'");
    const ns = (name) => (body.operations ? 0 : Math.round((body[name] ?? 0) * 1e9));
    const plan = {
      operations: body.operations ?? 0,
      window: ns("seconds"),
      lead: ns("lead_s"),
      stagger: ns("stagger_s"),
      start: now(),
    };
    const replies = this.team.map((member) => member.ask({ run: plan }));
    this.isRunning = true;
    const own = await this.lanes.run(plan, replies);
    const counts = await Promise.all(replies);
    this.isRunning = false;
    if (this.model === "workers") counts.forEach((c) => (c.used = {})); // it is that of the process
    const total = merged([own, ...counts]);
    const each = counts.length ? counts : [own];
    expect(
      total.operations > 0 || Object.keys(total.errors).length === 0,
      `no operation succeeded: ${JSON.stringify(total.errors)}`,
      "failed",
    );
    const wall = plan.window || total.end - plan.start;
    const { used, latency } = total;
    const sample = {
      operations: total.operations,
      wall_s: wall / 1e9,
      start_s: total.lag / 1e9,
      drain_s: Math.max(0, total.end - plan.start - plan.lead - wall) / 1e9,
      cpu_user_s: used.userCPUTime / 1e6,
      cpu_system_s: used.systemCPUTime / 1e6,
      voluntary_switches: used.voluntaryContextSwitches,
      involuntary_switches: used.involuntaryContextSwitches,
      minor_faults: used.minorPageFault,
      major_faults: used.majorPageFault,
      errors: total.errors,
      worker_operations: each.map((c) => c.operations),
    };
    if (this.lanes.checksum) sample.checksum = this.lanes.checksum;
    if (total.operations)
      sample.latency = {
        unit: "ns",
        count: total.operations,
        mean: latency.sum / total.operations,
        max: latency.max,
        sampling_interval: 1,
        bins: [...latency.bins]
          .sort((a, b) => a[0] - b[0])
          .map(([lower, n]) => [lower, lower + widthOfBin(lower), n]),
      };
    return { sample };
  }

  finish() {
    const pids = this.team.map((member) => member.handle.process?.pid).filter(Boolean);
    return { finished: { peak_rss_bytes: memoryOf(["self", ...pids]) } };
  }
}
