// The first screen: the plots of the answers, one chart over cores and one over in flight.
import * as Plot from "@observablehq/plot";
import type { Context, Panel } from "./chart.ts";
import { coresPanel } from "./charts/throughput_by_cores.ts";
import { inFlightPanel } from "./charts/throughput_by_in_flight.ts";
import { element } from "./dom.ts";
import { panelOverCores, panelOverInFlight } from "./featured.ts";
import { draw, drawNow, drawWhenVisible, type OnSelect } from "./figure.ts";
import { forestDomain, forestPanel, forestRows, forestScale, type Row } from "./forest.ts";
import { clipped } from "./format.ts";
import { swatch } from "./swatch.ts";

/** Height of a chart if two of them are side by side with the answers. */
const chartHeight = 250;

function chartSection(id: string, title: string, panel: Panel, select: OnSelect): HTMLElement {
  const holder = element("div", { class: "drawing" });
  drawWhenVisible(holder, () => draw(holder, panel, title, select, chartHeight));
  return element(
    "section",
    { id, "aria-labelledby": `${id}-title` },
    element(
      "h2",
      { id: `${id}-title` },
      title,
      " ",
      element("small", { dir: "auto" }, panel.title),
    ),
    holder,
  );
}

/** The models of the answers, with their markers. */
function key({ results, palette, view }: Context): HTMLElement {
  const models = new Set<string>();
  for (const contest of results.data.contests)
    for (const { model } of contest.ratios) if (!view.hidden.has(model)) models.add(model);
  return element(
    "p",
    { class: "key" },
    ...palette
      .sorted([...models])
      .slice(0, 12)
      .map((model) =>
        element(
          "span",
          {},
          swatch(palette.look(model), false),
          element("bdi", {}, clipped(model.trim() || "(no name)", 40)),
        ),
      ),
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
  const head = table.querySelector<HTMLElement>("thead .scale div")!;
  drawNow(head, () => {
    const width = Math.max(120, Math.floor(head.clientWidth));
    const scale = Plot.plot({ ...forestScale(domain, width), className: "plot" });
    scale.setAttribute("aria-hidden", "true");
    head.replaceChildren(scale);
    head.dataset.width = String(width);
  });
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
  const answers = document.querySelector<HTMLElement>("table.questions");
  if (answers) {
    document.querySelector("#answers .key")?.remove();
    answers.before(key(context));
    fillAnswers(answers, context, select);
  }
  const featured = document.getElementById("featured")!;
  const overCores = panelOverCores(context);
  const overInFlight = panelOverInFlight(context);
  const [byCores] = overCores === null ? [] : coresPanel(context, overCores);
  const [byInFlight] = overInFlight === null ? [] : inFlightPanel(context, overInFlight);
  featured.replaceChildren(
    ...(byCores ? [chartSection("over-cores", "Throughput by core count", byCores, select)] : []),
    ...(byInFlight
      ? [chartSection("over-in-flight", "Throughput by operations in flight", byInFlight, select)]
      : []),
  );
  featured.hidden = !byCores && !byInFlight;
}
