// Formatting of figures, with the rules of reports/units.cpp.
import type { Figure } from "./data.ts";

const prefixes: [number, string][] = [
  [1e12, "T"],
  [1e9, "G"],
  [1e6, "M"],
  [1e3, "k"],
  [1, ""],
  [1e-3, "m"],
  [1e-6, "µ"],
  [1e-9, "n"],
  [1e-12, "p"],
];

/** Three significant digits, without trailing zeros. */
export function threeDigits(value: number): string {
  const size = Math.abs(value);
  const decimals = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : size >= 0.1 ? 3 : 4;
  const text = value.toFixed(decimals);
  return text.includes(".") ? text.replace(/0+$/, "").replace(/\.$/, "") : text;
}

function prefixed(value: number, unit: string, fractions: boolean): string {
  const size = Math.abs(value);
  if (size === 0) return unit ? `0 ${unit}` : "0";
  const usable = fractions ? prefixes : prefixes.filter(([factor]) => factor >= 1);
  const [factor, symbol] = usable.find(([f]) => size >= f * 0.9995) ?? usable[usable.length - 1]!;
  return `${threeDigits(value / factor)} ${symbol}${unit}`.trimEnd();
}

/** "12.3 k/s", "4.1 µs", "1.5 MB", "0.25". */
export function figureText(value: number, unit: string): string {
  if (unit === "1/s") return prefixed(value, "/s", false);
  if (unit === "s") return prefixed(value, "s", true);
  if (unit === "bytes") return prefixed(value, "B", false);
  if (unit === "bytes/s") return prefixed(value, "B/s", false);
  if (unit === "×") return `${threeDigits(value)}×`;
  if (unit === "%") return `${threeDigits(value * 100)} %`;
  if (Math.abs(value) >= 10000) return prefixed(value, "", false);
  if (value !== 0 && Math.abs(value) < 0.001) return value.toPrecision(2);
  return threeDigits(value);
}

export function intervalText(figure: Figure, unit: string): string {
  const [mean, lower, upper] = figure;
  if (lower === null || upper === null)
    return `${figureText(mean, unit)} (no interval from ${counted(figure[3], "block")})`;
  const texts = [mean, lower, upper].map((value) => figureText(value, unit));
  const unitOf = (text: string) => (text.includes(" ") ? text.slice(text.indexOf(" ")) : "");
  const meanUnit = unitOf(texts[0]!);
  const [low, high] = texts.slice(1).every((text) => unitOf(text) === meanUnit)
    ? texts.slice(1).map((text) => text.slice(0, text.length - meanUnit.length))
    : texts.slice(1);
  return `${texts[0]} (${low} to ${high})`;
}

/** "3 cores", "1 core". */
export const counted = (count: number, noun: string): string =>
  `${count} ${noun}${count === 1 ? "" : "s"}`;

export const percentText = (share: number): string =>
  `${Math.abs(share) >= 0.1 || share === 0 ? Math.round(share * 100) : (share * 100).toFixed(1)} %`;

/** SI prefix of an axis, chosen for the largest value, so that ticks are plain numbers. */
export function axisScale(largest: number, unit: string): { factor: number; unit: string } {
  if (unit === "×") return { factor: 1, unit: "×" };
  if (unit === "1") {
    const power = largest >= 0.01 || !(largest > 0) ? 0 : largest >= 1e-5 ? 3 : 6;
    return { factor: 10 ** -power, unit: power ? `×10⁻${power === 3 ? "³" : "⁶"}` : "" };
  }
  if (unit === "%") return { factor: 0.01, unit: "%" };
  const [base, fractions] =
    unit === "1/s" ? ["/s", false] : unit === "bytes" ? ["B", false] : ["s", true];
  const usable = prefixes.filter(([factor]) => fractions || factor >= 1);
  const [factor, symbol] = usable.find(([f]) => largest >= f) ?? usable[usable.length - 1]!;
  return { factor, unit: `${symbol}${base}` };
}

/**
 * Tick of an axis divided by `factor`: a plain number. On a logarithmic axis each tick has its own
 * prefix.
 */
export function tickText(
  value: number,
  { factor }: { factor: number },
  unit: string,
  log: boolean,
): string {
  if (!log || unit === "×" || unit === "%" || unit === "1") return String(+value.toPrecision(6));
  return figureText(value * factor, unit)
    .replace(/ ?\/s$/, "")
    .replace(/ (?=[kMGT]$)/, "");
}

/** Name of an axis with its unit, without prefix if the ticks have prefixes. */
export function axisLabel(
  name: string,
  scale: { unit: string },
  unit: string,
  log: boolean,
): string {
  if (!log) return scale.unit ? `${name} (${scale.unit})` : name;
  const shown = unit === "1/s" ? "/s" : unit === "s" || unit === "bytes" ? "" : scale.unit;
  return `${name}${shown ? ` (${shown})` : ""}, log scale`;
}

export const clipped = (text: string, limit: number): string => {
  const characters = [...text.slice(0, limit * 4)];
  return characters.length > limit ? `${characters.slice(0, limit).join("")}…` : text;
};

/** CSV field (RFC 4180). Text that a spreadsheet would run as a formula gets a leading quote. */
export function csvField(value: string | number | null): string {
  if (value === null) return "";
  if (typeof value === "number") return String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export const csv = (columns: string[], rows: (string | number | null)[][]): string =>
  [columns, ...rows].map((row) => row.map(csvField).join(",")).join("\r\n") + "\r\n";
