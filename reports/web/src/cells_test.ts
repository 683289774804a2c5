import assert from "node:assert/strict";
import { test } from "node:test";
import { csvOfCells, cellsOfView, columnsOf, sorted } from "./cells_table.ts";
import { cellCommand, shellWord } from "./cell_command.ts";
import { cell, context } from "./charts_for_tests.ts";

test("the table sorts by value with missing ones last, and searches for words", () => {
  const of = context([
    cell("a", 1, 1, 5),
    cell("b", 1, 1, 50),
    cell("c", 1, 1, 0, { status: "failed", reason: "ECONNREFUSED here", metrics: undefined }),
    cell("d", 1, 1, 7),
  ]);
  const throughput = columnsOf(of).find((c) => c.metric === "throughput");
  assert.deepEqual(sorted(of, [0, 1, 2, 3], throughput, true), [1, 3, 0, 2]);
  assert.deepEqual(sorted(of, [0, 1, 2, 3], throughput, false), [0, 3, 1, 2]);
  assert.deepEqual(cellsOfView({ ...of, view: { ...of.view, search: "FAILED econn" } }), [2]);
  assert.match(csvOfCells(of, [2]), /ECONNREFUSED here,,,/);
});

test("the command of a cell names it, and keeps the run's server and window", () => {
  const of = context(
    [cell("event_loop", 1, 64, 100)],
    {},
    {
      command: [
        ...["crossover", "run", "--cell", "event_loop=./a b", "--cell=other=./c"],
        ...["--endpoint", "network=host:1", "--out=a.json", "--seconds=2"],
      ],
    },
  );
  of.results.data.panels[0]!.parameters = {
    bytes: "64",
    delay: "0",
    endpoint: "host:1",
    rate: "5000",
    url: "",
  };
  assert.equal(
    cellCommand(of.results.data, of.results.cell(0)),
    "crossover run --workload network:bytes=64,delay=0 --model event_loop --cores 1 " +
      "--in-flight 64 --rate 5000 --cell 'event_loop=./a b' --endpoint network=host:1 " +
      "--seconds=2 --seed 7",
  );
  assert.equal(shellWord("it's"), "'it'\\''s'");
  const panel = of.results.data.panels[0]!;
  panel.workload = "command";
  panel.parameters = {};
  of.results.cell(0).model = "gzip -k f";
  assert.equal(
    cellCommand(of.results.data, of.results.cell(0)),
    "crossover run --command 'gzip -k f' --cores 1 --in-flight 64 --endpoint network=host:1 " +
      "--seconds=2 --seed 7",
  );
  of.results.data.foreign = true;
  assert.equal(cellCommand(of.results.data, of.results.cell(0)), null);
});
