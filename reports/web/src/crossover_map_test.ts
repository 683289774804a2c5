import assert from "node:assert/strict";
import { test } from "node:test";
import type { Context } from "./chart.ts";
import type { PanelData } from "./data.ts";
import { cell, chart, contest, context } from "./charts_for_tests.ts";

/** Context with one `mixed` panel per pair of CPU work and wait. */
function mixedContext(pairs: [number, number][], more: Partial<PanelData>[] = []): Context {
  const of = context(pairs.map((_, i) => cell("event_loop", 1, 64, 100, { panel: i })));
  of.results.data.panels.splice(
    0,
    1,
    ...pairs.map(([cpu_s, wait_s], i): PanelData => ({
      workload: "mixed",
      parameters: { cpu: `${cpu_s}s`, wait: `${wait_s}s` },
      label: `mixed cpu=${cpu_s} wait=${wait_s}`,
      fits: [],
      cpu_s,
      wait_s,
      ...more[i],
    })),
  );
  of.results.data.contests = pairs.map((_, i) => contest(i, 1, 64, [["event_loop", i, "best"]]));
  return of;
}

test("the crossover map needs two by two cells", () => {
  const map = chart("crossover-map");
  assert.deepEqual([...map.panels(context([cell("event_loop", 1, 64, 100)]))], []);
  assert.deepEqual([...map.panels(mixedContext([[0.001, 0.01]]))], []);
  assert.deepEqual(
    [
      ...map.panels(
        mixedContext([
          [0.001, 0.01],
          [0.001, 0.1],
        ]),
      ),
    ],
    [],
  );
  const [drawn] = [
    ...map.panels(
      mixedContext([
        [0.001, 0.01],
        [0.001, 0.1],
        [0.002, 0.01],
        [0.002, 0.1],
      ]),
    ),
  ];
  assert.deepEqual(
    drawn!.points.map((p) => [p.x, p.y]),
    [
      [0.01, 0.001],
      [0.1, 0.001],
      [0.01, 0.002],
      [0.1, 0.002],
    ],
  );
});

test("a square of the map shows the verdict of its contest", () => {
  const of = mixedContext([
    [1, 1],
    [1, 2],
    [2, 1],
    [2, 2],
  ]);
  of.results.data.contests[1] = contest(1, 1, 64, [
    ["event_loop", 1, "equivalent"],
    ["offload", 1, "equivalent"],
  ]);
  of.results.data.contests[2] = contest(2, 1, 64, [
    ["event_loop", 2, "not_separated"],
    ["offload", 2, "not_separated"],
    ["thread_pool", 2, "slower"],
  ]);
  const [panel] = [...chart("crossover-map").panels(of)];
  assert.deepEqual(
    panel!.rows.map((row) => row.slice(2)),
    [
      ["event_loop", "1.25×"],
      ["event_loop, offload", "equal"],
      ["event_loop, offload", "?"],
      ["event_loop", "1.25×"],
    ],
  );
  assert.equal(panel!.points[2]!.flagged, true);
  assert.match(panel!.points[2]!.title, /^not separated: event_loop, offload/);
  assert.ok(panel!.points[2]!.lines.includes("thread_pool: 0.70 to 0.90 of the best"));
});

test("cells that differ in other parameters are on separate maps", () => {
  const pairs: [number, number][] = [
    [1, 1],
    [1, 2],
    [2, 1],
    [2, 2],
  ];
  const of = mixedContext(
    [...pairs, ...pairs],
    [...pairs.map(() => ({})), ...pairs.map(() => ({ parameters: { long: "20ms" } }))],
  );
  assert.deepEqual(
    [...chart("crossover-map").panels(of)].map((p) => p.title),
    ["1 core, 64 in flight", "1 core, 64 in flight, long=20ms"],
  );
  assert.deepEqual(
    [...chart("crossover-map").panels({ ...of, view: { ...of.view, workload: "network" } })],
    [],
  );
});
