import assert from "node:assert/strict";
import { test } from "node:test";
import { hashOf, initialView, type View, viewFromHash } from "./view.ts";

test("the initial view has an empty hash, and vice versa", () => {
  assert.equal(hashOf(initialView), "");
  assert.deepEqual(viewFromHash(""), initialView);
});

test("every setting round-trips through the hash", () => {
  const view: View = {
    workload: "network bytes=64 & more#",
    hidden: new Set(["event_loop", "a=b&c", "</script>"]),
    cores: 8,
    inFlight: 1024,
    scale: "log",
    measure: "efficiency",
    theme: "dark",
    search: "server bound %",
    sort: { by: "in_flight", descending: true },
  };
  assert.deepEqual(viewFromHash(hashOf(view)), view);
});

test("a malformed hash is ignored", () => {
  assert.deepEqual(
    viewFromHash("#scale=cubic&cores=-1&in_flight=1e9&measure=&theme=pink&x=%E0%A4%A"),
    initialView,
  );
});
