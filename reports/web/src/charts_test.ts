import assert from "node:assert/strict";
import { test } from "node:test";
import { cellsOfView } from "./cells_table.ts";
import { cellCommand } from "./cell_command.ts";
import { axisArgument, seriesOf } from "./charts/families.ts";
import { shareText } from "./charts/latency.ts";
import { crossingPoint } from "./charts/line_domains.ts";
import { coefficientText, throughputOf } from "./charts/scaling_fit.ts";
import { machinesPanel } from "./charts/throughput_by_cores.ts";
import { crossingsOf } from "./charts/throughput_by_in_flight.ts";
import { curveOf, type PanelData } from "./data.ts";
import { panelOverCores, panelOverInFlight } from "./featured.ts";
import { forestDomain, forestRows } from "./forest.ts";
import { cellsAt, placeOf } from "./select.ts";
import type { View } from "./view.ts";
import { cell, chart, contest, context } from "./charts_for_tests.ts";

test("throughput by core count has one point per cell, with mean and interval", () => {
  const [panel] = [
    ...chart("throughput-by-cores").panels(
      context([
        cell("event_loop", 1, 64, 100),
        cell("event_loop", 2, 64, 190),
        cell("reference", 1, 64, 220),
      ]),
    ),
  ];
  assert.deepEqual(
    panel!.points.map((p) => [p.cell, p.y]),
    [
      [0, 100],
      [1, 190],
      [2, 220],
    ],
  );
  assert.deepEqual(panel!.rows[0], ["event_loop", 1, 64, 100, 99, 101, 3]);
  assert.match(panel!.points[0]!.lines.join(), /100 \/s \(99 to 101\)/);
});

test("a finding flags the point and is in its tooltip", () => {
  const [panel] = [
    ...chart("throughput-by-cores").panels(
      context([
        cell("event_loop", 1, 64, 100, { findings: [{ code: "server_bound", detail: "97 %" }] }),
      ]),
    ),
  ];
  assert.equal(panel!.points[0]!.flagged, true);
  assert.ok(panel!.points[0]!.lines.includes("⚑ server_bound: 97 %"));
});

test("a finding that all models share flags no point and stays in the tooltip", () => {
  const findings = [{ code: "shared_cores", detail: "of 2", shared: true as const }];
  const [panel] = [
    ...chart("throughput-by-cores").panels(context([cell("event_loop", 1, 64, 100, { findings })])),
  ];
  assert.equal(panel!.points[0]!.flagged, false);
  assert.ok(panel!.points[0]!.lines.includes("⚑ shared_cores: of 2"));
});

test("fewer than three blocks have no interval, which the panel notes", () => {
  const [panel] = [
    ...chart("throughput-by-cores").panels(
      context([cell("event_loop", 1, 64, 100, { metrics: [[100, null, null, 2]] })]),
    ),
  ];
  assert.equal(panel!.note, "Fewer than three blocks: no intervals.");
});

test("a hidden model is in no chart and not in the table", () => {
  const hidden = context([cell("event_loop", 1, 64, 100), cell("thread_pool", 1, 64, 90)], {
    hidden: new Set(["thread_pool"]),
  });
  assert.deepEqual(cellsAt(hidden, 0, {}), [0]);
  assert.deepEqual(cellsOfView(hidden), [0]);
});

test("throughput by core count compares the models at the same in flight", () => {
  const cells = [
    cell("event_loop", 1, 1, 10),
    cell("event_loop", 1, 64, 100),
    cell("thread_pool", 1, 1, 120),
    cell("thread_pool", 1, 64, 90),
  ];
  const drawn = (view: Partial<View>) =>
    [...chart("throughput-by-cores").panels(context(cells, view))][0]!.points.map((p) => p.cell);
  assert.deepEqual(drawn({}).sort(), [1, 3]);
  assert.deepEqual(drawn({ inFlight: 1 }).sort(), [0, 2]);
});

test("models are compared at the place of the answer, or at a measured one that is chosen", () => {
  const more = {
    contests: [
      contest(0, 1, 512, [["event_loop", 0, "best"]]),
      contest(0, 2, 64, [["event_loop", 1, "best"]]),
      contest(0, 2, 128, [["event_loop", 2, "best"]]),
    ],
  };
  assert.deepEqual(placeOf(context([], {}, more), 0), { cores: 1, inFlight: 512 });
  assert.deepEqual(placeOf(context([], { cores: 2 }, more), 0), { cores: 2, inFlight: 128 });
  assert.deepEqual(placeOf(context([], { inFlight: 64 }, more), 0), { cores: 2, inFlight: 64 });
  assert.equal(placeOf(context([], { cores: 8 }, more), 0), null);
});

test("efficiency is the speed-up divided by the ratio of cores", () => {
  const of = context([cell("event_loop", 4, 64, 300, { speedup: [3, 2.8, 3.2, 3, 1] })], {
    measure: "efficiency",
  });
  const [panel] = [...chart("throughput-by-cores").panels(of)];
  assert.equal(panel!.points[0]!.y, 0.75);
  assert.deepEqual(
    panel!.rows[0]!.slice(3, 6).map((v) => Number(Number(v).toFixed(6))),
    [0.75, 0.7, 0.8],
  );
});

test("an answer's plot has the leader at 1 and the others at their ratio, with intervals", () => {
  const of = context(
    [cell("event_loop", 2, 64, 100), cell("thread_pool", 2, 64, 80)],
    {},
    {
      contests: [
        contest(0, 2, 64, [
          ["event_loop", 0, "best"],
          ["thread_pool", 1, "slower"],
        ]),
      ],
    },
  );
  const rows = forestRows(of, of.results.data.contests[0]!);
  assert.deepEqual(
    rows.map(({ model, x, lower, upper }) => [model, x, lower, upper]),
    [
      ["event_loop", 1, null, null],
      ["thread_pool", 0.8, 0.7, 0.9],
    ],
  );
  assert.match(rows[0]!.lines[0]!, /^1.25× \(1.1 to 1.4\) the throughput of thread_pool$/);
  const [low, high] = forestDomain([rows]);
  assert.ok(low > 0 && low <= 0.5 && high > 1);
  of.view = { ...of.view, hidden: new Set(["event_loop"]) };
  assert.deepEqual(
    forestRows(of, of.results.data.contests[0]!).map((p) => p.model),
    ["thread_pool"],
  );
});

/** Two models whose order changes between 1 and 64 in flight. */
const crossed = (view: Partial<View> = {}) =>
  context(
    [
      cell("event_loop", 1, 1, 10),
      cell("event_loop", 1, 64, 100),
      cell("thread_pool", 1, 1, 20),
      cell("thread_pool", 1, 64, 90),
    ],
    view,
    {
      contests: [
        contest(0, 1, 1, [
          ["thread_pool", 2, "best"],
          ["event_loop", 0, "slower"],
        ]),
        contest(0, 1, 64, [
          ["event_loop", 1, "best"],
          ["thread_pool", 3, "slower"],
        ]),
      ],
      leaders: [
        {
          along: "in_flight",
          contests: [0, 1],
          ranges: [],
          crossings: [
            { after: 1, before: 64, outgoing: ["thread_pool"], incoming: ["event_loop"] },
          ],
        },
      ],
    },
  );

test("a crossing is marked where the lines of the leaders meet", () => {
  const [crossing] = crossingsOf(crossed(), 0, 1);
  assert.equal(crossing!.label, "event_loop leads from 64 on");
  const points = [
    { model: "thread_pool", x: 1, y: 20 },
    { model: "thread_pool", x: 64, y: 90 },
    { model: "event_loop", x: 1, y: 10 },
    { model: "event_loop", x: 64, y: 100 },
  ];
  const [x, y] = crossingPoint(crossing!, points, { x: true, y: false });
  assert.ok(Math.abs(x - 8) < 1e-9 && Math.abs(y - 55) < 1e-9);
  assert.deepEqual(crossingsOf(crossed({ hidden: new Set(["event_loop"]) }), 0, 1), []);
});

test("the first screen has charts of contests that are not capped", () => {
  assert.equal(panelOverInFlight(crossed()), 0);
  assert.equal(panelOverCores(crossed()), null);
  const capped = crossed();
  for (const c of capped.results.data.contests) c.verdict = "capped";
  assert.equal(panelOverInFlight(capped), null);
});

test("one chart over cores goes over all machine types, before a panel of each", () => {
  const panel = (machine: string): PanelData => ({
    workload: "network",
    parameters: { bytes: "64", machine },
    label: `network 64 B, on ${machine}`,
    in_flight: 64,
    fits: [],
  });
  const small = (model: string, cores: number, mean: number) => cell(model, cores, 64, mean);
  const large = (model: string, cores: number, mean: number) =>
    cell(model, cores, 64, mean, { panel: 1 });
  const of = context(
    [
      ...[small("event_loop", 1, 9), small("event_loop", 2, 18), small("processes", 2, 12)],
      ...[large("event_loop", 1, 10), large("event_loop", 64, 90), large("processes", 64, 400)],
    ],
    {},
    {
      machines: [
        { name: "2-core Xeon", hosts: ["a", "b"] },
        { name: "64-core EPYC", hosts: ["c"] },
      ],
      panels: [panel("2-core Xeon"), panel("64-core EPYC")],
      contests: [{ ...contest(1, 64, 64, [["processes", 5, "best"]]), best: ["processes"] }],
    },
  );
  const panels = [...chart("throughput-by-cores").panels(of)];
  assert.deepEqual(
    panels.map((p) => p.title),
    ["network 64 B, 64 in flight", "network 64 B, on 2-core Xeon, 64 in flight"].concat(
      "network 64 B, on 64-core EPYC, 64 in flight",
    ),
  );
  assert.deepEqual(
    panels[0]!.points.map((p) => [p.title, p.x]),
    [
      ["event_loop, 1 core, 64 in flight, on 2-core Xeon", 1],
      ["event_loop, 2 cores, 64 in flight, on 2-core Xeon", 2],
      ["processes, 2 cores, 64 in flight, on 2-core Xeon", 2],
      ["event_loop, 1 core, 64 in flight, on 64-core EPYC", 1],
      ["event_loop, 64 cores, 64 in flight, on 64-core EPYC", 64],
      ["processes, 64 cores, 64 in flight, on 64-core EPYC", 64],
    ],
  );
  assert.deepEqual(panels[0]!.rows[0]!.slice(0, 3), ["2-core Xeon", "event_loop", 1]);
  const [leaders] = machinesPanel(of, 0, true);
  assert.deepEqual([...new Set(leaders!.points.map((p) => p.x))], [2, 64], "only processes");
  assert.match(cellCommand(of.results.data, of.results.cell(0))!, /--workload network:bytes=64 /);
});

test("latency curves end at their maximum, at 1 - 1/count", () => {
  assert.deepEqual(curveOf([0.5, 0.9, 0.99], [50, 1, 2, 9]), [
    [0.5, 1],
    [0.9, 2],
    [0.98, 9],
  ]);
  assert.equal(shareText(0.999, false), "99.9 %");
  assert.equal(shareText(0.98, true), "maximum");
});

test("an open loop has curves of response and service time, a closed loop of latency", () => {
  const curve = [50, 0.001, 0.002, 0.009];
  const of = context([
    cell("event_loop", 2, 64, 100, {
      latency: curve,
      service: curve.map((v, i) => (i ? v / 2 : v)),
    }),
    cell("thread_pool", 2, 64, 100, { latency: curve }),
  ]);
  const [panel] = [...chart("latency").panels(of)];
  assert.deepEqual(
    [...new Set(panel!.rows.map((row) => `${row[0]} ${row[2]}`))],
    ["event_loop response time", "event_loop service time", "thread_pool latency"],
  );
  assert.match(panel!.note!, /from the intended start/);
  assert.deepEqual(
    panel!.rows.filter((row) => row[2] === "service time").map((row) => row[4]),
    [0.0005, 0.001, 0.0045],
  );
  const [closed] = [
    ...chart("latency").panels(context([cell("thread_pool", 2, 64, 100, { latency: curve })])),
  ];
  assert.equal(closed!.note, undefined);
});

test("the scaling law is drawn from its terms", () => {
  const fit = { model: "m", terms: [0.001, 0.00005, 0.000001] as [number, number, number] };
  assert.equal(Math.round(throughputOf(fit, 1)), 1000);
  assert.equal(throughputOf(fit, 10), 10 / (0.001 + 0.00005 * 9 + 0.000001 * 90));
  assert.equal(coefficientText([0.0301, 0.029, 0.0312, 40]), "0.0301 (0.029 to 0.0312)");
  assert.equal(coefficientText([0.00042, 0.0004, 0.00044, 40]), "4.2e-4 (4.0e-4 to 4.4e-4)");
});

test("the axis of a family is its numeric argument with the most values", () => {
  const of = (parameters: Record<string, string>) => cell("", 1, 1, 1, { parameters });
  const cells = [
    of({ "argument 1": "64", threads: "1" }),
    of({ "argument 1": "128", threads: "1" }),
    of({ "argument 1": "256", threads: "2" }),
  ];
  assert.equal(axisArgument(cells), "argument 1");
  assert.equal(axisArgument([of({ "argument 1": "fast" }), of({ "argument 1": "slow" })]), null);
  assert.equal(seriesOf(cells[2]!, "argument 1"), "threads:2");
});
