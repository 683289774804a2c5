// Domains of the line charts, and the points where lines cross.
import { largest, smallest } from "./axes.ts";
import type { CellPoint } from "./cell_point.ts";

export interface Limit {
  label: string;
  line: [number, number][];
}

/** A change of the leading models between two values of x. */
export interface Crossing {
  after: number;
  before: number;
  outgoing: string[];
  incoming: string[];
  label: string;
}

/** Domain of x with a margin at both ends, also for a single value. */
export function xDomain(xs: number[], log: boolean): [number, number] {
  const low = smallest(xs);
  const high = largest(xs);
  if (low === high) return log ? [low / 1.5, high * 1.5] : [low - 0.5, high + 0.5];
  const room = log ? Math.pow(high / low, 0.06) : (high - low) * 0.06;
  return log ? [low / room, high * room] : [Math.max(0, low - room), high + room];
}

export function yDomain(
  points: CellPoint[],
  log: boolean,
  zero: boolean,
  limits: Limit[],
): [number, number] {
  const highs = points.map((p) => largest([p.upper ?? p.y, ...p.values]));
  const lows = points
    .map((p) => smallest([p.lower ?? p.y, ...p.values]))
    .filter((y) => !log || y > 0);
  let high = largest(highs);
  // A limit far above the measurements is cut, so that it does not flatten them.
  for (const limit of limits)
    high = Math.max(high, Math.min(largest(limit.line.map(([, y]) => y)), high * 1.25));
  if (!(high > 0)) high = 1;
  if (log) {
    const low = lows.length ? smallest(lows) : high / 10;
    return [low * 0.85, Math.max(high * 1.15, low * 2)];
  }
  return [zero ? 0 : smallest(lows), high * 1.04];
}

/** Point where the line of an incoming model passes that of an outgoing one, as drawn. */
export function crossingPoint(
  { after, before, outgoing, incoming }: Crossing,
  points: Pick<CellPoint, "x" | "y" | "model">[],
  log: { x: boolean; y: boolean },
): [number, number] {
  const to = (v: number, isLog: boolean) => (isLog ? Math.log(v) : v);
  const from = (v: number, isLog: boolean) => (isLog ? Math.exp(v) : v);
  const at = (model: string, x: number) => {
    const point = points.find((p) => p.model === model && p.x === x);
    return point && to(point.y, log.y);
  };
  const [left, right] = [to(after, log.x), to(before, log.x)];
  for (const passed of outgoing)
    for (const leader of incoming) {
      const [a, b, c, d] = [
        at(passed, after),
        at(passed, before),
        at(leader, after),
        at(leader, before),
      ];
      if (a === undefined || b === undefined || c === undefined || d === undefined) continue;
      const share = (a - c) / (a - c + (d - b));
      if (!(share >= 0 && share <= 1)) continue;
      return [from(left + share * (right - left), log.x), from(a + share * (b - a), log.y)];
    }
  const leader = at(incoming[0] ?? "", before) ?? to(points[0]?.y ?? 1, log.y);
  return [from((left + right) / 2, log.x), from(leader, log.y)];
}
