// Helpers for axes: extremes, spacing of ticks and labels.
import { tickText } from "../format.ts";

/** Maximum of any number of values (Math.max is limited by the stack). */
export const largest = (values: number[]): number =>
  values.reduce((a, b) => Math.max(a, b), -Infinity);
export const smallest = (values: number[]): number =>
  values.reduce((a, b) => Math.min(a, b), Infinity);

/** Selects values that are at least `gap` pixels apart as ticks. */
export function roomyTicks(values: number[], log: boolean, width: number, gap: number): number[] {
  const sorted = [...new Set(values)].sort((a, b) => a - b);
  const position = (v: number) => (log ? Math.log(v) : v);
  const low = position(sorted[0] ?? 1);
  const span = position(sorted[sorted.length - 1] ?? 1) - low;
  const kept: number[] = [];
  let last = -Infinity;
  for (const value of sorted) {
    const at = span > 0 ? ((position(value) - low) / span) * width : 0;
    if (at - last < gap) continue;
    kept.push(value);
    last = at;
  }
  return kept;
}

/** Moves labels to be at least `gap` apart and not below `lowest`, keeping their order. */
export function keptApart(heights: number[], gap: number, lowest: number): number[] {
  const order = heights.map((_, i) => i).sort((a, b) => heights[a]! - heights[b]!);
  const at = [...heights];
  let above = -Infinity;
  for (const i of order) above = at[i] = Math.max(at[i]!, above + gap);
  // Labels pushed beyond the lower end push the others back up.
  let below = lowest + gap;
  for (const i of order.reverse()) below = at[i] = Math.min(at[i]!, below - gap);
  return at;
}

/** Round values in a logarithmic domain: powers of ten, with values between if there are few. */
export function logTicks([low, high]: [number, number], limit = 7): number[] {
  const powers: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); ++power)
    powers.push(power);
  const steps =
    Math.log10(high / low) > 2
      ? [1]
      : Math.log10(high / low) > 0.7
        ? [1, 2, 5]
        : [1, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8];
  const ticks = powers
    .flatMap((power) => steps.map((step) => Number(`${step}e${power}`)))
    .filter((v) => v >= low && v <= high);
  const every = Math.ceil(ticks.length / limit);
  return ticks.filter((_, i) => i % every === 0);
}

/** A label such as "500 µs" and a gap, in pixels. */
const tickGap = 38;

/**
 * Axis options for figures divided by the scale's factor. `width`: length in pixels of a horizontal
 * axis, whose labels must not overlap.
 */
export function valueTicks(
  domain: [number, number],
  scale: { factor: number },
  unit: string,
  log: boolean,
  count = 5,
  width = Infinity,
) {
  const round = log ? logTicks(domain, count + 1) : [];
  const share = Math.log(largest(round) / smallest(round)) / Math.log(domain[1] / domain[0]);
  return {
    ticks: log
      ? width < Infinity
        ? roomyTicks(round, log, width * share, tickGap)
        : round
      : count,
    tickSize: 0,
    labelArrow: "none" as const,
    tickFormat: (v: number) => tickText(v, scale, unit, log),
  };
}
