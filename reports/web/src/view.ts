// View state (filters, scales, theme) and its encoding in the URL hash.

export interface View {
  /** Label of one panel, or empty for all. */
  workload: string;
  hidden: ReadonlySet<string>;
  /** Cores for the table and for charts at a fixed number; null: the cores of each answer. */
  cores: number | null;
  /** null: the number in flight of each answer. */
  inFlight: number | null;
  scale: "linear" | "log";
  measure: "absolute" | "speedup" | "efficiency";
  theme: "system" | "light" | "dark";
  search: string;
  /** Column of the table of cells; null: the order of the file. */
  sort: { by: string; descending: boolean } | null;
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
  sort: null,
};

const oneOf = <T extends string>(text: string | null, all: readonly T[], fallback: T): T =>
  all.find((choice) => choice === text) ?? fallback;

const count = (text: string | null): number | null =>
  text !== null && /^[1-9]\d{0,8}$/.test(text) ? Number(text) : null;

/** "throughput" sorts ascending, "-throughput" descending. */
const sortFrom = (text: string | null): View["sort"] =>
  text ? { by: text.replace(/^-/, ""), descending: text.startsWith("-") } : null;

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
    sort: sortFrom(from.get("sort")),
  };
}

/** Encodes only differences from the initial view, so that a fresh page has no hash. */
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
  if (view.sort) to.set("sort", (view.sort.descending ? "-" : "") + view.sort.by);
  const text = to.toString();
  return text ? `#${text}` : "";
}
