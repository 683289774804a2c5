import assert from "node:assert/strict";
import { test } from "node:test";
import { axisScale, clipped, csv, figureText, intervalText, tickText } from "./format.ts";

test("figures have three digits and a prefix, as in C++", () => {
  assert.equal(figureText(12345, "1/s"), "12.3 k/s");
  assert.equal(figureText(999.6, "1/s"), "1 k/s");
  assert.equal(figureText(0.5, "1/s"), "0.5 /s");
  assert.equal(figureText(4.1e-6, "s"), "4.1 µs");
  assert.equal(figureText(0, "s"), "0 s");
  assert.equal(figureText(1.5e6, "bytes"), "1.5 MB");
  assert.equal(figureText(0.00012, "1"), "0.00012");
  assert.equal(figureText(2.314, "×"), "2.31×");
  assert.equal(figureText(0.875, "%"), "87.5 %");
});

test("an interval shows a common unit once, and a note if there is no interval", () => {
  assert.equal(intervalText([12300, 12100, 12500, 5], "1/s"), "12.3 k/s (12.1 to 12.5)");
  assert.equal(intervalText([1010, 990, 1030, 5], "1/s"), "1.01 k/s (990 /s to 1.03 k/s)");
  assert.equal(intervalText([2, 1.9, 2.1, 5], "×"), "2× (1.9× to 2.1×)");
  assert.equal(intervalText([5, null, null, 1], "s"), "5 s (no interval from 1 block)");
});

test("an axis has one prefix", () => {
  assert.deepEqual(axisScale(62_000, "1/s"), { factor: 1e3, unit: "k/s" });
  assert.deepEqual(axisScale(0.5, "1/s"), { factor: 1, unit: "/s" });
  assert.deepEqual(axisScale(0.004, "s"), { factor: 1e-3, unit: "ms" });
  assert.deepEqual(axisScale(1, "%"), { factor: 0.01, unit: "%" });
  assert.deepEqual(axisScale(0.00025, "1"), { factor: 1e-3, unit: "×10⁻³" });
  assert.deepEqual(axisScale(0.5, "1"), { factor: 1, unit: "" });
  assert.deepEqual(axisScale(0, "s"), { factor: 1e-12, unit: "ps" });
});

test("ticks of a logarithmic axis have their own prefixes", () => {
  assert.equal(tickText(0.1, { factor: 1e-3 }, "s", true), "100 µs");
  assert.equal(tickText(100, { factor: 1e-3 }, "s", false), "100");
  assert.equal(tickText(0.01, { factor: 1e3 }, "1/s", true), "10");
  assert.equal(tickText(10, { factor: 1e3 }, "1/s", true), "10k");
  assert.equal(tickText(80, { factor: 0.01 }, "%", true), "80");
});

test("texts are clipped by characters", () => {
  assert.equal(clipped("😀😀😀", 2), "😀😀…");
  assert.equal(clipped("ab", 2), "ab");
});

test("CSV quotes special characters, keeps numbers and prevents formulas", () => {
  assert.equal(
    csv(
      ["a", "b"],
      [
        ['x,"y"', 1.5],
        ["=1+1", null],
        ["line\nbreak", -2],
      ],
    ),
    'a,b\r\n"x,""y""",1.5\r\n\'=1+1,\r\n"line\nbreak",-2\r\n',
  );
});
