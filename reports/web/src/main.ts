// Entry point: reads the data, keeps the view in the URL hash, and fills the sections again when
// the view changes.
import { CellsTable } from "./cells_table.ts";
import type { Context } from "./chart.ts";
import { charts } from "./charts.ts";
import { fillControls } from "./controls.ts";
import { Results, type PageData } from "./data.ts";
import { byId, element } from "./dom.ts";
import { drawAll, fillSection } from "./figure.ts";
import { fillFirstScreen } from "./first_screen.ts";
import { Palette } from "./palette.ts";
import { download, embeddedResults } from "./saving.ts";
import { showSamples } from "./samples.ts";
import { followScroll, hideTooltip } from "./tooltip.ts";
import { hashOf, viewFromHash, type View } from "./view.ts";

const results = new Results(JSON.parse(byId("page-data").textContent ?? "") as PageData);
const palette = new Palette(results.models);
let view: View = viewFromHash(location.hash);

const context = (): Context => ({ results, view, palette });
const select = (cell: number) => {
  hideTooltip();
  showSamples(context(), cell);
};
const cellsTable = new CellsTable(byId("cells"), select, (sort) => changeTable({ sort }));
const sections = charts.map((chart) => {
  const section = element("section", {
    id: chart.id,
    class: "chart",
    "aria-labelledby": `${chart.id}-title`,
  });
  byId("charts").append(section);
  return { chart, section };
});

function fill(): void {
  if (view.theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = view.theme;
  fillFirstScreen(context(), select);
  fillControls(byId("controls"), context(), change);
  for (const { chart, section } of sections) fillSection(section, chart, context(), select);
  cellsTable.fill(context());
}

function remember(to: Partial<View>): void {
  view = { ...view, ...to };
  history.replaceState(null, "", hashOf(view) || location.pathname + location.search);
}

function change(to: Partial<View>): void {
  remember(to);
  fill();
}

/** Changes what only the table of cells shows. */
function changeTable(to: Partial<View>): void {
  remember(to);
  cellsTable.fill(context());
}

function offerResults(): void {
  const holder = byId("download");
  const contains = document.getElementById("results")?.dataset.contains;
  if (contains === "nothing") {
    holder.append(
      "The results are too large to embed: keep the results file, or use report --complete.",
    );
    return;
  }
  holder.append(
    element(
      "button",
      {
        type: "button",
        click: async () => {
          const blob = await embeddedResults();
          if (blob) download("results.json", blob);
        },
      },
      "Download the results as JSON",
    ),
  );
  if (contains === "no_distributions")
    holder.append(" (without latency distributions, to limit size; --complete keeps them)");
}

const search = byId("search") as HTMLInputElement;
search.value = view.search;
search.addEventListener("input", () => changeTable({ search: search.value }));
addEventListener("hashchange", () => {
  view = viewFromHash(location.hash);
  search.value = view.search;
  fill();
});
let unfolded: HTMLDetailsElement[] = [];
addEventListener("beforeprint", () => {
  drawAll();
  cellsTable.fillAll(context());
  unfolded = [...document.querySelectorAll("details")].filter((folded) => !folded.open);
  for (const folded of unfolded) folded.open = true;
});
addEventListener("afterprint", () => {
  cellsTable.fill(context());
  for (const folded of unfolded) folded.open = false;
});
addEventListener("scroll", followScroll, { passive: true });
offerResults();
fill();
document.documentElement.dataset.ready = "true";
