// A cell process in Node.js (protocol: bench/cell/PROTOCOL.md). The argument is the model: `loop`
// has one event loop; `workers` (threads) and `cluster` (processes) have one on each core.
import { createInterface } from "node:readline";
import { Cell } from "./node_cell/cell.mjs";
import { expect } from "./node_cell/parameters.mjs";
import { isTeamMember, serveTeam } from "./node_cell/team.mjs";

async function replyTo(cell, line) {
  try {
    const request = JSON.parse(line);
    const [[verb, body], ...others] = Object.entries(request ?? {});
    expect(
      ["prepare", "run", "finish"].includes(verb) && others.length === 0 && body instanceof Object,
      "expected one object with one key: prepare, run or finish",
    );
    return await cell[verb](body);
  } catch (e) {
    const kind =
      e.kind ?? (e instanceof SyntaxError || e instanceof TypeError ? "invalid" : "failed");
    return { error: { kind, message: e.message.replaceAll("\n", " ") } };
  }
}

async function serve() {
  const cell = new Cell(process.argv[2] ?? "loop");
  const requests = createInterface({ input: process.stdin });
  let last = Promise.resolve();
  let unanswered = 0;
  requests.on("line", (line) => {
    ++unanswered;
    last = last.then(async () => {
      const reply = await replyTo(cell, line);
      --unanswered;
      process.stdout.write(`${JSON.stringify(reply)}\n`, () => reply.finished && process.exit(0));
    });
  });
  requests.on("close", () => {
    if (cell.isRunning && unanswered === 1) process.exit(0);
    last.then(() => process.exit(0));
  });
}

if (isTeamMember) serveTeam();
else serve();
