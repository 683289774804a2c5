// make.mjs DIRECTORY [NAME]: writes results files for the page's tests. The data are synthetic,
// from a seeded generator, so the files are the same everywhere.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Random numbers in [0, 1) (Mulberry32). */
function random(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
const normal = (next) => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());

/** Latencies around a median, with a tail, in bins 1/64 wide, from `drawn` random values. */
function latencies(next, median_s, count, drawn = 2000) {
  const bins = new Map();
  let max = 0,
    sum = 0;
  for (let i = 0; i < drawn; ++i) {
    const ns = Math.max(
      50,
      Math.round(
        median_s * 1e9 * Math.exp(0.25 * normal(next)) * (next() < 0.01 ? 4 + 6 * next() : 1),
      ),
    );
    const shift = Math.max(0, Math.floor(Math.log2(ns)) - 6);
    const lower = Math.floor(ns / 2 ** shift) * 2 ** shift;
    const bin = bins.get(lower) ?? [lower, lower + 2 ** shift, 0];
    bin[2] += Math.max(1, Math.round(count / drawn));
    bins.set(lower, bin);
    max = Math.max(max, ns);
    sum += ns;
  }
  return {
    unit: "ns",
    bins: [...bins.values()].sort((a, b) => a[0] - b[0]),
    max,
    mean: sum / drawn,
    sampling_interval: 1,
  };
}

const nameOf = (c) =>
  `${c.workload}/${c.model}/cores:${c.cores}/in_flight:${c.in_flight}` +
  Object.entries(c.parameters)
    .map(([k, v]) => `/${k}:${v}`)
    .join("");

/** One cell whose repetitions scatter by `spread` around `throughput`. */
function cell(
  next,
  at,
  throughput,
  { repetitions = 8, spread = 0.01, cpu_share = 0.7, latency = true, drawn, ...more } = {},
) {
  const result = {
    name: "",
    status: "ok",
    reason: "",
    findings: [],
    ...at,
    ...more,
  };
  result.name ||= nameOf(at);
  const offset = normal(next) * spread * 0.3;
  result.samples = Array.from({ length: repetitions }, (_, i) => {
    const wall_s = 0.5 * (1 + 0.001 * next());
    const operations = Math.max(
      1,
      Math.round(throughput * Math.exp(offset + spread * normal(next)) * wall_s),
    );
    const cpu = cpu_share * at.cores * wall_s;
    return {
      operations,
      wall_s,
      cpu_user_s: cpu * 0.6,
      cpu_system_s: cpu * 0.4,
      voluntary_switches: Math.round(operations * (0.2 + next())),
      involuntary_switches: Math.round(20 * next()),
      minor_faults: Math.round(300 * next()),
      major_faults: 0,
      ...(latency
        ? {
            latency: latencies(next, Math.max(2e-6, at.in_flight / throughput), operations, drawn),
          }
        : {}),
      errors: {},
      sequence: i,
      block: i,
      startup_s: 0.011 + 0.002 * next(),
      setup_s: 0.004,
      base_rss_bytes: 6_000_000,
      peak_rss_bytes: Math.round(
        6_400_000 +
          at.in_flight * (at.model === "thread_pool" ? 26_000 : 2_300) * (1 + 0.02 * next()),
      ),
      server_cpu_s: 0.2,
      server_cpus: 2,
      steal_s: 0,
      pressure_s: 0,
    };
  });
  return result;
}

const gap = (at, status, reason) => ({
  name: nameOf(at),
  status,
  reason,
  findings: [],
  ...at,
  samples: [],
});

const environment = {
  host: "example",
  cpu_model: "Example CPU 9000 @ 3.10GHz",
  cpus: "16",
  cores: "8",
  smt: "2",
  governor: "performance",
  kernel: "Linux 6.1.0",
  memory_bytes: "33554432000",
  compiler: "GCC 12.2.0",
  build_type: "Release",
  quota: "none",
};
const document = (cells, more = {}) => ({
  context: {
    date: "2026-01-15T10:00:00+00:00",
    host_name: "example",
    num_cpus: 16,
  },
  benchmarks: [],
  crossover: {
    schema: 2,
    date: "2026-01-15T10:00:00+00:00",
    suite: "",
    status: "complete",
    seed: 7,
    command: ["crossover", "run", "--workload", "network", "--cores", "1,2,4,8"],
    environment,
    cells,
    ...more,
  },
});

const usl = (rate, contention, coherency) => (n) =>
  (rate * n) / (1 + contention * (n - 1) + coherency * n * (n - 1));

/** Typical run: workloads × models × cores × in flight, with findings, skips and failures. */
function usual(seed, speed = 1, repetitions = 8) {
  const next = random(seed);
  const cells = [];
  const models = {
    serial: 0.06,
    event_loop: 0.82,
    shared_loop: 0.6,
    thread_pool: 0.45,
    processes: 0.5,
    process_loops: 0.83,
    reference: 1,
  };
  const workloads = [
    ["network", { bytes: "64", delay: "0" }, 62_000],
    ["sleep", { delay: "10ms" }, 95_000],
    ["hashing", { algorithm: "sha256", bytes: "64KiB" }, 7_900],
  ];
  for (const [workload, parameters, rate] of workloads)
    for (const [model, share] of Object.entries(models))
      for (const cores of [1, 2, 4, 8])
        for (const in_flight of [1, 64, 1024]) {
          const at = { workload, parameters, model, cores, in_flight };
          if (model === "serial" && (cores > 1 || in_flight > 1)) {
            if (in_flight === 1)
              cells.push(gap(at, "skipped", "serial runs one operation at a time on one core"));
            continue;
          }
          if (model === "processes" && in_flight === 1024 && cores === 1) {
            cells.push(
              gap(
                at,
                "failed",
                "fork: EAGAIN (Resource temporarily unavailable): " +
                  "raise the process limit (ulimit -u) above 1100",
              ),
            );
            continue;
          }
          const busy =
            workload === "hashing" ? (model === "event_loop" ? 0.98 : 1) / (share || 1) : 1;
          const filled = in_flight / (in_flight + 12 * cores);
          const law = usl(
            rate * share * Math.min(busy, 1.5) * speed,
            model === "shared_loop" ? 0.12 : 0.03,
            model === "shared_loop" ? 0.008 : 0.0004,
          );
          const findings =
            workload === "network" && model === "event_loop" && cores === 8
              ? [
                  {
                    code: "server_bound",
                    detail:
                      "the server used 97 % of its 2 CPUs: " +
                      "the figure is the server's limit, not the model's",
                  },
                ]
              : cores === 8
                ? [
                    {
                      code: "shared_cores",
                      detail: "server and model shared 2 of 8 cores",
                    },
                  ]
                : [];
          cells.push(
            cell(next, at, law(cores) * filled, {
              findings,
              repetitions,
              cpu_share: workload === "sleep" ? 0.08 : workload === "network" ? 0.7 : 0.99,
            }),
          );
        }
  return cells;
}

function manyCores() {
  const next = random(11);
  const laws = {
    event_loop: usl(50_000, 0.02, 0.0002),
    thread_pool: usl(41_000, 0.08, 0.0011),
    processes: usl(46_000, 0.01, 0),
    reference: usl(60_000, 0.005, 0.00001),
  };
  const cells = [];
  for (const [model, law] of Object.entries(laws))
    for (const cores of [1, 2, 4, 8, 16, 32, 64, 128])
      cells.push(
        cell(
          next,
          {
            workload: "network",
            parameters: { bytes: "64" },
            model,
            cores,
            in_flight: 4096,
          },
          law(cores),
          { spread: 0.02, latency: false },
        ),
      );
  return cells;
}

/** A pool that is best at one operation in flight and collapses at 512, on two cores. */
function crossing() {
  const next = random(31);
  const cells = [];
  for (const [in_flight, rates] of [
    [1, [20, 26, 22]],
    [8, [80, 60, 50]],
    [64, [104, 66, 48]],
    [512, [108, 22, 40]],
  ])
    ["event_loop", "thread_pool", "processes"].forEach((model, i) =>
      cells.push(
        cell(
          next,
          {
            workload: "network",
            parameters: { bytes: "64", delay: "0" },
            model,
            cores: 1,
            in_flight,
          },
          rates[i] * 1000,
          { repetitions: 12, spread: 0.01 },
        ),
      ),
    );
  for (const cores of [1, 2])
    for (const model of ["event_loop", "thread_pool", "processes"])
      cells.push(
        cell(
          next,
          {
            workload: "hashing",
            parameters: { bytes: "64KiB", algorithm: "sha256", releases_gil: "false" },
            model,
            cores,
            in_flight: 16,
          },
          24_000 * cores * (model === "processes" && cores === 2 ? 0.9 : 1),
          { repetitions: 12, spread: 0.004 },
        ),
      );
  return cells;
}

/** CPU time × wait: a loop is best with much waiting, a pool with much CPU work. */
function mixed() {
  const next = random(5);
  const cells = [];
  for (const cpu of [1, 10, 100, 1000])
    for (const wait of [0, 10, 100, 1000, 10000])
      for (const [model, cost, idle] of [
        ["event_loop", 1.5, 0.02],
        ["thread_pool", 12, 0.02],
        ["offload", 6, 0.02],
      ]) {
        const parallel = model === "event_loop" ? 1 : 3.6;
        const in_flight = 1024;
        const bound = Math.min(
          (parallel * 1e6) / (cpu + cost + idle),
          (in_flight * 1e6) / (cpu + wait + cost),
        );
        cells.push(
          cell(
            next,
            {
              workload: "mixed",
              parameters: { cpu: `${cpu}us`, wait: `${wait}us` },
              model,
              cores: 4,
              in_flight,
            },
            bound,
            { repetitions: 12, spread: 0.02, latency: false },
          ),
        );
      }
  return cells;
}

/** Open loop: response times exceed service times, and the slow model falls behind schedule. */
function openLoop() {
  const next = random(13);
  const cells = [];
  for (const rate of [5000, 20000])
    for (const [model, service_s, capacity] of [
      ["event_loop", 0.0003, 60_000],
      ["thread_pool", 0.0004, 30_000],
      ["processes", 0.0005, 18_000],
    ]) {
      const at = {
        workload: "network",
        parameters: { bytes: "64", delay: "0", rate: String(rate) },
        model,
        cores: 2,
        in_flight: 256,
      };
      const busy = Math.min(0.97, rate / capacity);
      const behind = rate > capacity;
      const findings = behind
        ? [
            {
              code: "behind_schedule",
              detail: `${capacity} operations per second were started, ${rate} were intended`,
            },
          ]
        : [];
      const result = cell(next, at, Math.min(rate, capacity), {
        findings,
        spread: 0.004,
        cpu_share: busy,
      });
      for (const sample of result.samples) {
        sample.service = latencies(next, service_s, sample.operations);
        sample.latency = latencies(next, behind ? 0.09 : service_s / (1 - busy), sample.operations);
        sample.rate = rate;
        sample.arrivals = { due: rate, begun: Math.round(Math.min(rate, capacity)), late: 0 };
      }
      cells.push(result);
    }
  return cells;
}

/** Suite `runtimes`: many models at one place, and sleepers at three values in flight. */
function runtimes() {
  const next = random(17);
  // Rates of hashing, network and mixed; bytes of the model itself, and of each sleeper.
  const models = {
    event_loop: [49_000, 181_000, 18_800, 260e3, 575],
    fibers: [0, 150_000, 18_500, 300e3, 9_300],
    thread_pool: [46_000, 84_000, 15_100, 900e3, 0],
    thread_per_operation: [21_000, 24_000, 9_900, 250e3, 9_100],
    async_future: [19_000, 20_000, 8_800, 240e3, 9_200],
    openmp: [47_500, 0, 0, 0, 0],
    processes: [46_500, 78_000, 15_600, 400e3, 0],
    reference: [50_000, 216_000, 0, 210e3, 84],
    python_asyncio: [34_000, 21_000, 11_700, 1.4e6, 2_400],
    python_threads: [29_000, 12_000, 4_800, 700e3, 21_000],
    python_uvloop: [36_000, 43_000, 14_100, 1.9e6, 1_900],
    python_trio: [28_000, 9_000, 8_400, 3.1e6, 5_800],
    python_gevent: [36_000, 31_000, 12_900, 2.2e6, 4_400],
    node_loop: [24_000, 48_000, 9_300, 4.2e6, 1_100],
    node_workers: [45_000, 88_000, 17_200, 31e6, 1_500],
    node_cluster: [45_500, 92_000, 17_400, 72e6, 1_700],
    go_goroutines: [48_000, 141_000, 18_200, 1.1e6, 2_700],
    rust_tokio: [48_800, 172_000, 18_700, 420e3, 440],
    c_libuv: [49_100, 178_000, 18_600, 190e3, 310],
    java_threads: [47_000, 79_000, 15_200, 24e6, 47_000],
  };
  const cells = [];
  for (const [model, [hashing, network, mixed, own, each]] of Object.entries(models)) {
    const add = (workload, parameters, in_flight, rate, more = {}) => {
      const at = { workload, parameters, model, cores: 2, in_flight };
      if (rate > 0) cells.push(cell(next, at, rate, { latency: false, ...more }));
    };
    const sha256 = { algorithm: "sha256", bytes: "64KiB", releases_gil: "false" };
    add("hashing", sha256, 64, hashing);
    add("network", { bytes: "64", delay: "0" }, 64, network);
    const work = { cpu: "100us", wait: "1ms", io: "sleep", long: "0" };
    add("mixed", work, 64, mixed);
    for (const in_flight of [1, 1000, 10_000]) {
      if (own === 0 || (each === 0 && in_flight > 1)) continue;
      const sleeps = Math.min(in_flight * 20, 2 * network);
      const once = { repetitions: 1, cpu_share: Math.min(1, sleeps / (3 * network)) };
      add("sleep", { delay: "50ms" }, in_flight, sleeps, once);
      const last = cells[cells.length - 1];
      last.ceiling = in_flight * 20;
      const sample = last.samples[0];
      sample.peak_rss_bytes = Math.round(sample.base_rss_bytes + own + each * in_flight);
    }
  }
  return cells;
}

const rtl = "\u202Eمرحبا\u202C";
const evil = [
  `</script><script>window.hacked=1</script>`,
  `"><img src=x onerror="window.hacked=1">`,
  `line one\nline two\r\n\ttab`,
  rtl,
  "x".repeat(4000),
  "{{script}}{{data}}",
  "<!--",
  "\u2028\u2029",
  "__proto__",
  "${window.hacked=1}",
  '=1+1,"q"',
  "",
];
function hostile() {
  const next = random(3);
  return evil.flatMap((text, i) => [
    cell(
      next,
      {
        workload: text,
        parameters: { [text || "key"]: text },
        model: text,
        cores: 1,
        in_flight: 1,
      },
      1000 + i,
      {
        name: `${text}#${i}`,
        findings: [{ code: text, detail: text }],
        latency: i % 2 === 0,
      },
    ),
    {
      ...gap(
        {
          workload: text,
          parameters: { [text || "key"]: text },
          model: "event_loop",
          cores: 2,
          in_flight: 1,
        },
        "failed",
        text,
      ),
      name: `${text}!${i}`,
    },
  ]);
}

function foreign() {
  const next = random(9);
  const benchmarks = [];
  for (const [family, cost] of [
    ["BM_sort", 12],
    ["BM_find<std::string>", 0.4],
  ])
    for (const size of [64, 512, 4096, 32768])
      for (let repetition = 0; repetition < 5; ++repetition)
        benchmarks.push({
          name: `${family}/${size}`,
          run_name: `${family}/${size}`,
          run_type: "iteration",
          repetitions: 5,
          repetition_index: repetition,
          threads: 1,
          iterations: 1000,
          real_time: cost * size * Math.log2(size) * 0.1 * (1 + 0.02 * normal(next)),
          cpu_time: cost * size,
          time_unit: "ns",
          items_per_second: 1e9 / (cost * Math.log2(size) * 0.1),
        });
  for (const threads of [1, 2, 4])
    for (let repetition = 0; repetition < 3; ++repetition)
      benchmarks.push({
        name: `BM_lock/real_time/threads:${threads}`,
        run_name: `BM_lock/real_time/threads:${threads}`,
        run_type: "iteration",
        repetitions: 3,
        repetition_index: repetition,
        threads,
        iterations: 1000,
        real_time: 20 * threads * (1 + 0.05 * next()),
        cpu_time: 20,
        time_unit: "ns",
      });
  benchmarks.push({
    name: "BM_noop",
    run_name: "BM_noop",
    run_type: "iteration",
    iterations: 1e6,
    real_time: 0.8,
    cpu_time: 0.8,
    time_unit: "ns",
  });
  return {
    context: {
      date: "2026-01-15T10:00:00+00:00",
      host_name: "elsewhere",
      num_cpus: 8,
      mhz_per_cpu: 3100,
      library_build_type: "release",
    },
    benchmarks,
  };
}

/** Many cells with five repetitions each, one panel per 100 cells. */
function large(cells_wanted, latency) {
  const next = random(21);
  const cells = [];
  for (let w = 0; cells.length < cells_wanted; ++w)
    for (const model of ["event_loop", "thread_pool", "processes", "offload", "fibers"])
      for (const cores of [1, 2, 4, 8])
        for (const in_flight of [1, 16, 64, 256, 1024])
          if (cells.length < cells_wanted)
            cells.push(
              cell(
                next,
                {
                  workload: "network",
                  parameters: { bytes: String(64 + w) },
                  model,
                  cores,
                  in_flight,
                },
                (10_000 + 500 * w) *
                  cores *
                  Math.min(1, in_flight / 64) *
                  (model === "event_loop" ? 1.2 : 1),
                { latency, drawn: 500, repetitions: 5 },
              ),
            );
  return cells;
}

/** Kinds of machines, each of several hosts that differ a little. One host measured nothing. */
const kinds = [
  { model: "Intel(R) Xeon(R) CPU @ 2.20GHz", cores: 2, hosts: ["small-1", "small-2", "small-3"] },
  { model: "AMD EPYC 7B13", cores: 8, hosts: ["mid-1", "mid-2", "mid-3", "mid-4", "mid-5"] },
  {
    model: "AMD EPYC 9654 96-Core Processor",
    cores: 64,
    hosts: Array.from({ length: 8 }, (_, i) => `large-${i + 1}`),
  },
  { model: "Ampere Altra Max", cores: 128, hosts: ["wide-1", "wide-2", "wide-3", "wide-4"] },
];
const fleetHosts = kinds.flatMap(({ model, cores, hosts }) =>
  hosts.map((name) => ({
    name,
    environment: {
      ...environment,
      host: name,
      cpu_model: model,
      cores: String(cores),
      cpus: String(cores),
      kernel: name === "large-8" ? "Linux 6.5.0" : "Linux 6.1.0",
      build_id: name === "large-7" ? "b2" : "a1",
    },
  })),
);

/** event_loop is best on small machines, process_loops on those with many cores. */
function fleet() {
  const next = random(41);
  const laws = {
    event_loop: usl(50_000, 0.01, 0.0012),
    process_loops: usl(44_000, 0.01, 0.00005),
    thread_pool: usl(30_000, 0.06, 0.0015),
    processes: usl(32_000, 0.02, 0.0001),
    reference: usl(60_000, 0.005, 0.00001),
  };
  const cells = [];
  let sequence = 0;
  for (const [workload, parameters, rate] of [
    ["network", { bytes: "64", delay: "0" }, 1],
    ["hashing", { algorithm: "sha256", bytes: "64KiB", releases_gil: "false" }, 0.5],
  ])
    for (const cores of [1, 2, 4, 8, 16, 32, 64, 128]) {
      const of_contest = Object.keys(laws).map((model) => ({
        ...cell(next, { workload, parameters, model, cores, in_flight: 256 }, 1000),
        samples: [],
      }));
      let block = 0;
      fleetHosts.forEach(({ name, environment: { cores: available } }, host) => {
        if (Number(available) < cores || name === "mid-5") return;
        const speed = Math.exp(0.05 * normal(next)) * (available === "2" ? 0.6 : 1);
        const ofHost = of_contest.map(() => Math.exp(0.006 * normal(next)));
        for (let i = 0; i < 6; ++i, ++block)
          of_contest.forEach((result, m) => {
            const flat = workload === "hashing" && result.model !== "reference";
            const law = flat ? usl(50_000, 0.002, 0) : laws[result.model];
            const lag = available === "128" && result.model === "event_loop" ? 0.8 : 1;
            const [sample] = cell(next, result, law(cores) * rate * speed * ofHost[m] * lag, {
              repetitions: 1,
              spread: 0.012,
              latency: i === 0,
              drawn: 200,
            }).samples;
            result.samples.push({ ...sample, host, block, sequence: sequence++ });
          });
      });
      of_contest[0].findings.push({
        code: "steal",
        detail: "the hypervisor took 4.1 % of the cell's CPU time",
        host: 1,
      });
      cells.push(...of_contest);
    }
  return cells;
}

const [directory, which] = process.argv.slice(2);
mkdirSync(directory, { recursive: true });
const files = {
  usual: () => document(usual(1)),
  slower: () =>
    document(usual(2, 0.93), {
      date: "2026-01-10T10:00:00+00:00",
      environment: {
        ...environment,
        kernel: "Linux 6.0.0",
        compiler: "GCC 12.1.0",
      },
    }),
  single: () => document(usual(4, 1, 1)),
  /** Written before samples had block numbers: the cells were measured one after the other. */
  unpaired: () => {
    const cells = usual(8);
    for (const c of cells) for (const sample of c.samples) delete sample.block;
    return document(cells);
  },
  many_cores: () =>
    document(manyCores(), {
      environment: { ...environment, cpus: "128", cores: "64" },
    }),
  crossing: () => document(crossing()),
  mixed: () => document(mixed()),
  open_loop: () => document(openLoop()),
  runtimes: () =>
    document(runtimes(), {
      suite: "runtimes",
      command: ["crossover", "run", "--suite", "runtimes"],
      environment: {
        ...environment,
        cpus: "2",
        cores: "2",
        go_hashing: "crypto/sha256, Go 1.19",
        node_hashing: "OpenSSL 3.0.11",
      },
    }),
  hostile: () =>
    document(hostile(), {
      suite: evil[0],
      command: evil,
      environment: Object.fromEntries(evil.map((text, i) => [`${text}${i}`, text])),
    }),
  fleet: () =>
    document(fleet(), {
      hosts: fleetHosts,
      command: ["crossover", "run", "--hosts", "slurm", "--workload", "network"],
    }),
  empty: () => document([]),
  failed: () =>
    document(
      usual(6).map((c) => ({
        ...c,
        status: "failed",
        reason: "ECONNREFUSED: no server at 127.0.0.1:4000; start it",
        samples: [],
      })),
      { status: "interrupted" },
    ),
  foreign,
};
/** Large files, written only if named. */
const largeFiles = {
  large: () => document(large(10_000, true)),
  huge: () => document(large(20_000, false)),
};
for (const [name, make] of Object.entries(which ? { ...files, ...largeFiles } : files))
  if (!which || which === name)
    writeFileSync(join(directory, `${name}.json`), JSON.stringify(make()));
