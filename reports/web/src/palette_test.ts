import assert from "node:assert/strict";
import { test } from "node:test";
import { Palette } from "./palette.ts";

const models = [
  "serial",
  "event_loop",
  "shared_loop",
  "thread_pool",
  "processes",
  "process_loops",
  "offload",
  "gil_threads",
  "fibers",
  "thread_per_operation",
  "async_future",
  "openmp",
  "reference",
  "reference:backend=blocking",
  "reference:backend=poll",
  "reference:backend=epoll",
  "reference:backend=io_uring",
  "python_asyncio",
  "python_threads",
  "python_processes",
  "python_uvloop",
  "python_trio",
  "python_gevent",
  "node_loop",
  "node_workers",
  "node_cluster",
  "go_goroutines",
  "c_libuv",
  "java_threads",
  "rust_tokio",
];

test("a model looks the same whatever the other models and their order", () => {
  const all = new Palette(models);
  const reversed = new Palette([...models].reverse());
  for (const model of models) {
    assert.deepEqual(reversed.look(model), all.look(model));
    assert.deepEqual(new Palette([model, "other"]).look(model), all.look(model));
  }
});

test("all models look different, and the eight most common differ in colour", () => {
  const palette = new Palette(models);
  assert.equal(
    new Set(models.map((model) => JSON.stringify(palette.look(model)))).size,
    models.length,
  );
  const common = [
    "serial",
    "event_loop",
    "shared_loop",
    "thread_pool",
    "processes",
    "process_loops",
    "offload",
    "fibers",
  ];
  assert.equal(new Set(common.map((model) => palette.look(model).color)).size, common.length);
});

test("names not in the table get the remaining looks, sorted by name", () => {
  const others = Array.from({ length: 40 }, (_, i) => `m${i}`);
  const palette = new Palette(["reference", ...others, "event_loop", "constructor"]);
  const looks = [...others, ...models].map((model) => JSON.stringify(palette.look(model)));
  assert.equal(new Set(looks).size, looks.length);
  assert.equal(palette.look("reference").color, "var(--limit)");
  const reversed = new Palette([...others].reverse());
  for (const model of others.slice(0, 5))
    assert.deepEqual(new Palette(others).look(model), reversed.look(model));
  assert.notDeepEqual(palette.look("constructor"), palette.look("event_loop"));
});
