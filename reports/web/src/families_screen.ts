// The first screen of a Google Benchmark file: the plots of the families, and two of their charts.
import type { Context } from "./chart.ts";
import { axisArgument, familyPanel } from "./charts/families.ts";
import { draw, drawWhenVisible, type OnSelect } from "./figure.ts";
import { chartSection, drawScale } from "./screen_parts.ts";
import { shownPanels } from "./select.ts";
import { stripDomain, stripMarks, stripPanel, stripScale, type Mark } from "./strips.ts";

/** Number of families with a chart beside the table. */
const charted = 2;

export function fillFamilies(
  table: HTMLElement,
  featured: HTMLElement,
  context: Context,
  select: OnSelect,
): void {
  const { results, view } = context;
  const shown: { holder: HTMLElement; title: string; marks: Mark[] }[] = [];
  for (const tr of table.querySelectorAll<HTMLElement>("tbody tr")) {
    const panel = Number(tr.dataset.panel);
    const title = results.data.panels[panel]!.label;
    tr.hidden = view.workload !== "" && title !== view.workload;
    if (tr.hidden) continue;
    const holder = tr.querySelector<HTMLElement>(".forest")!;
    shown.push({ holder, title, marks: stripMarks(context, panel) });
  }
  const domain = stripDomain(shown.map(({ marks }) => marks));
  drawScale(table, (width) => stripScale(domain, width));
  for (const { holder, title, marks } of shown)
    drawWhenVisible(holder, () =>
      draw(holder, stripPanel(title, marks, domain), "Time per iteration", select),
    );
  const charts = shownPanels(context)
    .filter((panel) => axisArgument(results.cellsIn(panel).map((i) => results.cell(i))) !== null)
    .slice(0, charted)
    .flatMap((panel) => familyPanel(context, panel));
  featured.replaceChildren(
    ...charts.map((panel, i) =>
      chartSection(`family-${i}`, panel.title, "time per iteration", panel, select),
    ),
  );
  featured.hidden = charts.length === 0;
}
