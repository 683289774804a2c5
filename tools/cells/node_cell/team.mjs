// Worker threads or processes, each with some of the lanes on a loop of its own.
import cluster from "node:cluster";
import { Worker, isMainThread, parentPort } from "node:worker_threads";
import { Lanes } from "./lanes.mjs";
import { Failure } from "./parameters.mjs";

const script = new URL("../node_cell.mjs", import.meta.url);

/** A cell's handle of a worker, which replies to one message at a time, and when it is ready. */
class Member {
  constructor(handle) {
    this.handle = handle;
    this.post = (message) => (handle.postMessage ?? handle.send).call(handle, message);
    const end = (reason) => this.settle({ failure: { kind: "failed", message: reason } });
    handle.on("message", (reply) => this.settle(reply));
    handle.on("error", (e) => end(`a worker failed: ${e.message}`));
    handle.on("exit", (code) => end(`a worker ended with code ${code}`));
  }

  async reply() {
    const { failure, counts } = await new Promise((resolve) => (this.settle = resolve));
    if (failure) throw new Failure(failure.kind, failure.message);
    return counts;
  }

  ask(message) {
    const reply = this.reply();
    this.post(message);
    return reply;
  }
}

/** Starts a team; lane i belongs to worker i modulo their number. */
export async function startTeam(model, size, values) {
  if (model === "cluster")
    cluster.setupPrimary({
      serialization: "advanced",
      // A worker that kept standard output open would hide its end from the harness.
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
  const start = () => (model === "cluster" ? cluster.fork() : new Worker(script));
  const team = Array.from({ length: size }, () => new Member(start()));
  await Promise.all(team.map((member) => member.reply()));
  const lanes = Array.from({ length: values.inFlight }, (_, i) => i);
  const share = (worker) => lanes.filter((lane) => lane % size === worker);
  await Promise.all(team.map((member, i) => member.ask({ prepare: values, numbers: share(i) })));
  return team;
}

export const isTeamMember = !isMainThread || cluster.isWorker;

/** Main of a worker. */
export function serveTeam() {
  const send = (reply) => (isMainThread ? process.send(reply) : parentPort.postMessage(reply));
  let lanes;
  (parentPort ?? process).on("message", async ({ prepare, numbers, run }) => {
    try {
      if (prepare) lanes = await Lanes.open(prepare, numbers);
      send({ counts: run && (await lanes.run(run)) });
    } catch (e) {
      send({ failure: { kind: e.kind ?? "failed", message: e.message } });
    }
  });
  send({});
}
