// Parts of the first screen: a chart beside the table, and the scale of the plots in its rows.
import * as Plot from "@observablehq/plot";
import type { Panel } from "./chart.ts";
import { element } from "./dom.ts";
import { draw, drawNow, drawWhenVisible, type OnSelect } from "./figure.ts";

/** Height of a chart if two of them are side by side with the answers. */
const chartHeight = 250;

export function chartSection(
  id: string,
  title: string,
  detail: string,
  panel: Panel,
  select: OnSelect,
): HTMLElement {
  const holder = element("div", { class: "drawing" });
  drawWhenVisible(holder, () => draw(holder, panel, title, select, chartHeight));
  return element(
    "section",
    { id, "aria-labelledby": `${id}-title` },
    element("h2", { id: `${id}-title` }, title, " ", element("small", { dir: "auto" }, detail)),
    holder,
  );
}

/** Draws the scale of the plots into the head of their column. */
export function drawScale(table: HTMLElement, options: (width: number) => Plot.PlotOptions): void {
  const head = table.querySelector<HTMLElement>("thead .scale div")!;
  drawNow(head, () => {
    const width = Math.max(120, Math.floor(head.clientWidth));
    const scale = Plot.plot({ ...options(width), className: "plot" });
    scale.setAttribute("aria-hidden", "true");
    head.replaceChildren(scale);
    head.dataset.width = String(width);
  });
}
