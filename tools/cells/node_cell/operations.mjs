// The operations: `open` returns an async function that runs one operation of a lane.
import { createHash } from "node:crypto";
import { connect } from "node:net";
import { Failure, expect } from "./parameters.mjs";

/** A failed operation: it is counted by its name and does not end the run. */
export class OperationError extends Error {
  constructor(phase, reason) {
    super(`${phase}:${reason}`);
  }
}

/** The monotonic clock in ns, the same in all threads and processes. */
export function now() {
  const [seconds, ns] = process.hrtime();
  return seconds * 1e9 + ns;
}

const timer = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const otherLanes = () => new Promise(setImmediate);

/** Timers count whole ms from the loop's last look at the clock, so they can end 1 ms early. */
export async function sleepUntil(end) {
  let left = end - now();
  if (left > 0) await timer(left / 1e6);
  while (now() < end) await timer(1);
}

const period = Buffer.from(Array.from({ length: 1 << 16 }, (_, i) => 131 * i + (i >> 8)));
const pattern = (length) => Buffer.alloc(length, period);

function digestOf(pieces) {
  const hash = createHash("sha256");
  for (const piece of pieces) hash.update(piece);
  return hash.digest();
}

const check = (right) => expect(right, "an operation returned a wrong result", "failed");

/** Returns a function that digests the buffer; the reference digest uses other pieces. */
function digesting(buffer) {
  const halves = [buffer.subarray(0, buffer.length >> 1), buffer.subarray(buffer.length >> 1)];
  const expected = digestOf(halves);
  const digest = () => check(digestOf([buffer]).equals(expected));
  return { digest, checksum: expected.toString("hex") };
}

const longestMeasuredNs = 20e6; // longer work is extrapolated

/** Returns how many bytes take `cpuNs` to digest, within 2 %. */
export function calibratedBytes(cpuNs) {
  const target = Math.min(cpuNs, longestMeasuredNs);
  const readings = Math.min(50, Math.max(3, 20e6 / target));
  let bytes = 1 << 16;
  let deviation = 0;
  for (let round = 0; round < 60; ++round) {
    const { digest } = digesting(pattern(bytes));
    let fastest = Infinity;
    for (let i = 0; i < readings; ++i) {
      const begin = now();
      digest();
      fastest = Math.min(fastest, now() - begin);
    }
    deviation = fastest / target - 1;
    if (Math.abs(deviation) < (round < 5 ? 0.005 : 0.02))
      return Math.round((bytes * cpuNs) / target);
    bytes = Math.max(64, 64 * Math.round(bytes / (1 + deviation) / 64));
  }
  const percent = (100 * deviation).toFixed(1);
  throw new Failure("unsupported", `mixed: cannot calibrate ${cpuNs} ns (best ${percent} %)`);
}

/** One lane's connection. After an error, the next operation connects again. */
class Connection {
  static async open(endpoint, size) {
    const [, host, port] = endpoint.match(/^\[?(.*?)\]?:(\d+)$/) ?? [];
    if (!host) throw new Failure("invalid", `'${endpoint}' is not an endpoint: expected HOST:PORT`);
    const opened = new Connection();
    opened.socket = connect({ host, port: Number(port), noDelay: true });
    await new Promise((resolve, reject) => {
      opened.socket.once("connect", resolve);
      opened.socket.once("error", (e) => reject(new OperationError("connect", e.code)));
    });
    opened.echo = Buffer.alloc(size);
    opened.socket.on("data", (chunk) => opened.receive(chunk));
    const fail = (phase, reason) => opened.reject?.(new OperationError(phase, reason));
    opened.socket.on("error", (e) => fail(e.syscall === "write" ? "send" : "receive", e.code));
    opened.socket.on("end", () => fail("receive", "EOF"));
    return opened;
  }

  receive(chunk) {
    this.received += chunk.copy(this.echo, this.received);
    if (this.received === this.echo.length) this.resolve();
  }

  exchange(message) {
    this.received = 0;
    return new Promise((resolve, reject) => {
      Object.assign(this, { resolve, reject });
      this.socket.write(message);
    });
  }
}

async function openEcho(endpoint, size, number) {
  const message = Buffer.from(Array.from({ length: size }, (_, i) => 31 * number + 7 * i));
  const counter = Buffer.alloc(8);
  let count = 0n;
  let connection = await Connection.open(endpoint, size).catch((e) => {
    const advice = "start a server there or correct the endpoint";
    throw new Failure("failed", `no connection to ${endpoint} (${e.message}); ${advice}`);
  });
  return async () => {
    connection ??= await Connection.open(endpoint, size);
    counter.writeBigUInt64LE(++count);
    counter.copy(message);
    try {
      await connection.exchange(message);
    } catch (e) {
      connection.socket.destroy();
      connection = undefined;
      throw e;
    }
    check(connection.echo.equals(message));
  };
}

/** Per workload: the parameters with their defaults, and how a lane is opened. */
export const workloads = {
  sleep: {
    parameters: { delay: "10ms" },
    open:
      ({ delay }) =>
      () =>
        sleepUntil(now() + delay),
  },
  hashing: {
    parameters: { bytes: "64KiB", algorithm: "sha256" },
    open:
      ({ digest }) =>
      async () => {
        await otherLanes();
        digest();
      },
  },
  network: {
    parameters: { bytes: "64", delay: "0" },
    open: ({ bytes, endpoint }, number) => openEcho(endpoint, bytes, number),
  },
  mixed: {
    parameters: { cpu: "100us", wait: "1ms", io: "sleep", long: "0" },
    open: async ({ digest, digestLong, wait, io, endpoint }, number) => {
      const work = number === 0 ? digestLong : digest;
      const echo = io === "network" ? await openEcho(endpoint, 64, number) : undefined;
      return async () => {
        work?.();
        await (echo ? echo() : wait ? sleepUntil(now() + wait) : otherLanes());
      };
    },
  },
};

/** Completes the values of a workload with what its lanes share. */
export function withShared(values) {
  const { workload, bytes, cpuBytes, longBytes } = values;
  const of = (size) => (size ? digesting(pattern(size)).digest : undefined);
  if (workload === "hashing") return { ...values, ...digesting(pattern(bytes)) };
  return {
    ...values,
    digest: of(cpuBytes),
    digestLong: of(longBytes ?? cpuBytes),
  };
}
