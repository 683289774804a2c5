// What the reader has chosen, and its place in the URL's hash.

export interface View {
  /** The label of one panel's workload, or empty for all. */
  workload: string;
  hidden: ReadonlySet<string>;
  /** For the charts at fixed cores and the table; null: the cores of each answer. */
  cores: number | null;
  /** null: the best of each model. */
  inFlight: number | null;
  scale: "linear" | "log";
  measure: "absolute" | "speedup" | "efficiency";
  theme: "system" | "light" | "dark";
  search: string;
}

export const initialView: View = {
  workload: "",
  hidden: new Set(),
  cores: null,
  inFlight: null,
  scale: "linear",
  measure: "absolute",
  theme: "system",
  search: "",
};

const oneOf = <T extends string>(text: string | null, all: readonly T[], otherwise: T): T =>
  all.find((word) => word === text) ?? otherwise;

const count = (text: string | null): number | null =>
  text !== null && /^[1-9]\d{0,8}$/.test(text) ? Number(text) : null;

export function viewFromHash(hash: string): View {
  const from = new URLSearchParams(hash.replace(/^#/, ""));
  return {
    workload: from.get("workload") ?? "",
    hidden: new Set(from.getAll("hide")),
    cores: count(from.get("cores")),
    inFlight: count(from.get("in_flight")),
    scale: oneOf(from.get("scale"), ["linear", "log"], "linear"),
    measure: oneOf(from.get("measure"), ["absolute", "speedup", "efficiency"], "absolute"),
    theme: oneOf(from.get("theme"), ["system", "light", "dark"], "system"),
    search: from.get("search") ?? "",
  };
}

/** Only what differs from the initial view, so that a fresh page has no hash. */
export function hashOf(view: View): string {
  const to = new URLSearchParams();
  if (view.workload) to.set("workload", view.workload);
  for (const model of [...view.hidden].sort()) to.append("hide", model);
  if (view.cores !== null) to.set("cores", String(view.cores));
  if (view.inFlight !== null) to.set("in_flight", String(view.inFlight));
  if (view.scale !== initialView.scale) to.set("scale", view.scale);
  if (view.measure !== initialView.measure) to.set("measure", view.measure);
  if (view.theme !== initialView.theme) to.set("theme", view.theme);
  if (view.search) to.set("search", view.search);
  const text = to.toString();
  return text ? `#${text}` : "";
}
