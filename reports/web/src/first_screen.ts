// The first screen: the plots of the answers, one chart over cores and one over in flight.
import type { Context } from "./chart.ts";
import { memoryByInFlight, memoryPanels } from "./charts/memory_by_in_flight.ts";
import { coresPanel, machinesPanel } from "./charts/throughput_by_cores.ts";
import { inFlightPanel } from "./charts/throughput_by_in_flight.ts";
import { element } from "./dom.ts";
import { panelOfMemory, panelOverCores, panelOverInFlight } from "./featured.ts";
import { fillFamilies } from "./families_screen.ts";
import { draw, drawWhenVisible, type OnSelect } from "./figure.ts";
import { forestDomain, forestPanel, forestRows, forestScale, type Row } from "./forest.ts";
import { clipped } from "./format.ts";
import { chartSection, drawScale } from "./screen_parts.ts";
import { swatch } from "./swatch.ts";

const mostKeys = 24;

/** The models of the answers, with their markers. */
function key({ results, palette, view }: Context): HTMLElement {
  const models = new Set<string>();
  for (const contest of results.data.contests)
    for (const { model } of contest.ratios) if (!view.hidden.has(model)) models.add(model);
  const left = models.size - mostKeys;
  return element(
    "p",
    { class: "key" },
    ...palette
      .sorted([...models])
      .slice(0, mostKeys)
      .map((model) =>
        element(
          "span",
          {},
          swatch(palette.look(model), false),
          element("bdi", {}, clipped(model.trim() || "(no name)", 40)),
        ),
      ),
    left > 0 ? `and ${left} more` : "",
  );
}

/** Draws the plots of the answers, and colours the answers. */
function fillAnswers(table: HTMLElement, context: Context, select: OnSelect): void {
  const { results, view, palette } = context;
  for (const strong of table.querySelectorAll<HTMLElement>("[data-leader]")) {
    const { color } = palette.look(strong.dataset.leader!);
    if (strong.dataset.leader) strong.style.color = `color-mix(in srgb, ${color} 70%, var(--ink))`;
  }
  const shown: { holder: HTMLElement; title: string; rows: Row[] }[] = [];
  for (const tr of table.querySelectorAll<HTMLElement>("tbody tr")) {
    const panels = tr.dataset.panels!.split(" ").map(Number);
    tr.hidden =
      view.workload !== "" &&
      !panels.some((panel) => results.data.panels[panel]?.label === view.workload);
    if (tr.hidden) continue;
    const holder = tr.querySelector<HTMLElement>(".forest")!;
    const contest = results.data.contests[Number(holder.dataset.contest)]!;
    shown.push({
      holder,
      title: results.data.panels[contest.panel]!.label,
      rows: forestRows(context, contest),
    });
  }
  const domain = forestDomain(shown.map(({ rows }) => rows));
  drawScale(table, (width) => forestScale(domain, width));
  for (const { holder, title, rows } of shown)
    drawWhenVisible(holder, () =>
      draw(
        holder,
        forestPanel(context, title, rows, domain),
        "Throughput relative to the best",
        select,
      ),
    );
}

export function fillFirstScreen(context: Context, select: OnSelect): void {
  const featured = document.getElementById("featured")!;
  const families = document.querySelector<HTMLElement>("table.families");
  if (families) return fillFamilies(families, featured, context, select);
  const answers = document.querySelector<HTMLElement>("table.questions");
  if (answers) {
    document.querySelector("#answers .key")?.remove();
    answers.before(key(context));
    fillAnswers(answers, context, select);
  }
  const overCores = panelOverCores(context);
  const overInFlight = panelOverInFlight(context);
  const ofMachines =
    overCores === null || context.view.workload ? [] : machinesPanel(context, overCores, true);
  const [byCores] = overCores === null ? [] : [...ofMachines, ...coresPanel(context, overCores)];
  const [byInFlight] = overInFlight === null ? [] : inFlightPanel(context, overInFlight);
  // The memory at the highest concurrency takes the place of a missing chart over cores.
  const ofMemory = byCores ? null : panelOfMemory(context);
  const memory = ofMemory === null ? undefined : memoryPanels(context, ofMemory).pop();
  featured.replaceChildren(
    ...(memory
      ? [chartSection("of-memory", memoryByInFlight.title, memory.title, memory, select)]
      : []),
    ...(byCores
      ? [chartSection("over-cores", "Throughput by core count", byCores.title, byCores, select)]
      : []),
    ...(byInFlight
      ? [
          chartSection(
            "over-in-flight",
            "Throughput by operations in flight",
            byInFlight.title,
            byInFlight,
            select,
          ),
        ]
      : []),
  );
  featured.hidden = !memory && !byCores && !byInFlight;
}
