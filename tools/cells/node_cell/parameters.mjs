// Parameters of the workloads, and the replies to requests that cannot be met.

/** An error reply. `kind`: invalid, unsupported, resource or failed. */
export class Failure extends Error {
  constructor(kind, message) {
    super(message);
    this.kind = kind;
  }
}

export function expect(condition, message, kind = "invalid") {
  if (!condition) throw new Failure(kind, message);
}

const units = { "": 1, B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };
const unitsNs = { ns: 1, us: 1e3, ms: 1e6, s: 1e9 };
const words = { io: ["sleep", "network"], algorithm: ["sha256"] };

/** Returns the value of a parameter: a word, or a size or duration as a number. */
function valueOf(name, text) {
  if (name in words) {
    expect(
      words[name].includes(text),
      `${name}=${text}: this cell has ${words[name]}`,
      "unsupported",
    );
    return text;
  }
  const [, number, unit] = text.match(/^(\d+(?:\.\d+)?)([a-zA-Z]*)$/) ?? [];
  const factor = text === "0" ? 1 : name === "bytes" ? units[unit] : unitsNs[unit];
  expect(factor, `${name}=${text}: expected for example ${name === "bytes" ? "64KiB" : "10ms"}`);
  return Math.round(number * factor);
}

/** Returns the values of a workload's parameters, with its defaults for those not given. */
export function valuesOf(workload, defaults, given) {
  for (const name of Object.keys(given))
    expect(
      name in defaults,
      `${workload} has no parameter '${name}': only ${Object.keys(defaults)}`,
    );
  const texts = Object.entries({ ...defaults, ...given });
  return Object.fromEntries(texts.map(([name, text]) => [name, valueOf(name, String(text))]));
}
