import assert from "node:assert/strict";
import { test } from "node:test";
import { keptApart, logTicks, roomyTicks } from "./charts/axes.ts";

test("ticks keep a minimum distance", () => {
  assert.deepEqual(roomyTicks([1, 2, 4, 8, 16, 32, 64, 128], false, 300, 30), [1, 16, 32, 64, 128]);
  assert.deepEqual(roomyTicks([5, 5, 5], true, 300, 30), [5]);
});

test("labels keep their order and a minimum distance within the drawing", () => {
  assert.deepEqual(keptApart([50, 10, 52], 11, 200), [50, 10, 61]);
  assert.deepEqual(keptApart([100, 98, 99], 11, 100), [100, 78, 89]);
  assert.deepEqual(keptApart([], 11, 100), []);
});

test("a logarithmic axis has few, round ticks for any range", () => {
  assert.deepEqual(logTicks([0.8, 1200]), [1, 10, 100, 1000]);
  assert.deepEqual(logTicks([3, 60]), [5, 10, 20, 50]);
  assert.deepEqual(logTicks([9, 16]), [10, 15]);
  assert.ok(logTicks([1e-9, 1e9]).length <= 7);
});
