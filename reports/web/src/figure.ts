// A chart's section: title, description and one figure per panel, drawn when it comes into view.
import * as Plot from "@observablehq/plot";
import type { Chart, Panel, Point } from "./chart.ts";
import { breakable, element, table } from "./dom.ts";
import { csv } from "./format.ts";
import { copyText, download, fileName, pngBlob, svgText } from "./saving.ts";
import { hideTooltip, showTooltip } from "./tooltip.ts";

/** Number of panels shown initially. */
const initialPanels = 12;
/** Maximum distance of the pointer from a point, in pixels. */
const reach = 28;

export type OnSelect = (cell: number) => void;

/** The elements of the marks with class "points", in the order of the panel's points. */
const pointElements = (drawing: Element): SVGElement[] =>
  [...drawing.querySelectorAll<SVGElement>("g.points")].flatMap((group) => [
    ...group.querySelectorAll<SVGElement>("circle, path, rect"),
  ]);

/** Adds keyboard and pointer control: one tab stop, arrows between points, Enter for samples. */
function makeWalkable(drawing: SVGSVGElement, panel: Panel, select: OnSelect): void {
  const elements = pointElements(drawing);
  const show = (i: number) => showTooltip(panel.points[i] as Point, elements[i]!);
  const choose = (i: number) => {
    const cell = panel.points[i]?.cell;
    if (cell !== null && cell !== undefined) select(cell);
  };
  elements.forEach((mark, i) => {
    const point = panel.points[i];
    if (!point) return;
    mark.setAttribute("tabindex", i === 0 ? "0" : "-1");
    mark.setAttribute("role", "button");
    mark.setAttribute("aria-label", [point.title, ...point.lines].join(". "));
    mark.dataset.cell = String(point.cell ?? "");
    mark.addEventListener("focus", () => show(i));
    mark.addEventListener("blur", hideTooltip);
    mark.addEventListener("keydown", (event) => {
      const to = {
        ArrowRight: i + 1,
        ArrowDown: i + 1,
        ArrowLeft: i - 1,
        ArrowUp: i - 1,
        Home: 0,
        End: elements.length - 1,
      }[event.key];
      if (event.key === "Enter" || event.key === " ") choose(i);
      else if (event.key === "Escape") hideTooltip();
      else if (to !== undefined && elements[to]) {
        mark.setAttribute("tabindex", "-1");
        elements[to].setAttribute("tabindex", "0");
        elements[to].focus();
      } else return;
      event.preventDefault();
    });
  });
  let nearest = -1;
  drawing.addEventListener("pointermove", (event) => {
    let best = reach * reach;
    nearest = -1;
    elements.forEach((mark, i) => {
      const box = mark.getBoundingClientRect();
      const distance =
        (box.left + box.width / 2 - event.clientX) ** 2 +
        (box.top + box.height / 2 - event.clientY) ** 2;
      if (distance < best) [best, nearest] = [distance, i];
    });
    drawing.classList.toggle("over-point", nearest >= 0);
    if (nearest >= 0) show(nearest);
    else hideTooltip();
  });
  drawing.addEventListener("pointerleave", hideTooltip);
  drawing.addEventListener("click", () => {
    if (nearest >= 0) choose(nearest);
  });
}

const marks = ".points [role=button]";

/** Draws a panel into its holder, whose width it takes. */
export function draw(
  holder: HTMLElement,
  panel: Panel,
  title: string,
  select: OnSelect,
  height?: number,
): void {
  const width = Math.max(120, Math.floor(holder.clientWidth));
  const drawing = Plot.plot({
    ...panel.plot(width, height),
    className: "plot",
  }) as unknown as SVGSVGElement;
  drawing.setAttribute("role", "group");
  drawing.setAttribute("aria-label", `${title}: ${panel.title}`);
  // Plot sets aria-label on groups without a role, which is not allowed: use data-mark instead.
  for (const group of drawing.querySelectorAll<SVGElement>("g[aria-label]")) {
    group.dataset.mark = group.getAttribute("aria-label")!;
    group.removeAttribute("aria-label");
  }
  makeWalkable(drawing, panel, select);
  // A drawing that replaces another, as after a change of width, keeps the keyboard's place.
  const focused = [...holder.querySelectorAll(marks)].indexOf(document.activeElement!);
  holder.replaceChildren(drawing);
  if (focused >= 0)
    holder.querySelectorAll<SVGElement>(marks)[focused]?.focus({ preventScroll: true });
  holder.dataset.width = String(width);
}

/** Draws figures when they come near the viewport, and again when their width changes. */
const pending = new WeakMap<Element, () => void>();
const whenVisible = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries)
      if (isIntersecting) {
        // Printing may have drawn it already.
        if (!(target as HTMLElement).dataset.width) pending.get(target)?.();
        whenVisible.unobserve(target);
      }
  },
  { rootMargin: "400px" },
);
const whenResized = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const drawn = (target as HTMLElement).dataset.width;
    if (drawn && Math.abs(Number(drawn) - Math.max(120, Math.floor(target.clientWidth))) > 1)
      pending.get(target)?.();
  }
});

/** Draws now, and again when the holder's width changes. */
export function drawNow(holder: HTMLElement, drawing: () => void): void {
  pending.set(holder, drawing);
  drawing();
  whenResized.observe(holder);
}

/** Draws when the holder comes near the viewport, and again when its width changes. */
export function drawWhenVisible(holder: HTMLElement, drawing: () => void): void {
  delete holder.dataset.width;
  pending.set(holder, drawing);
  whenVisible.observe(holder);
  whenResized.observe(holder);
}

/** Draws all figures that were not in view yet, for printing. */
export function drawAll(): void {
  for (const holder of document.querySelectorAll<HTMLElement>(
    ":is(.drawing, .forest):not([data-width])",
  ))
    pending.get(holder)?.();
}

function figure(chart: { id: string; title: string }, panel: Panel, select: OnSelect): HTMLElement {
  const holder = element("div", { class: "drawing" });
  const name = `${chart.id} ${panel.title}`;
  const drawing = () => {
    if (!holder.firstElementChild) pending.get(holder)?.();
    return holder.querySelector("svg") as SVGSVGElement;
  };
  const data = element("div", {
    class: "scroll",
    hidden: true,
    tabindex: "0",
    role: "region",
    "aria-label": `Data of ${chart.title}: ${panel.title}`,
  });
  const toggle = element(
    "button",
    { type: "button", "aria-expanded": "false", click: () => showData(Boolean(data.hidden)) },
    "Table",
  );
  const showData = (shown: boolean) => {
    if (shown && !data.firstChild) data.append(table(panel.columns, panel.rows));
    data.hidden = !shown;
    toggle.setAttribute("aria-expanded", String(shown));
  };
  if (panel.open) showData(true);
  const copy = element(
    "button",
    {
      type: "button",
      click: async () => {
        copy.textContent = (await copyText(csv(panel.columns, panel.rows), fileName(name, "csv")))
          ? "Copied"
          : "Saved";
        setTimeout(() => {
          copy.textContent = "CSV";
        }, 1500);
      },
      title: "Copy the data as CSV",
    },
    "CSV",
  );
  const tools = element(
    "div",
    { class: "tools" },
    toggle,
    copy,
    element(
      "button",
      {
        type: "button",
        title: "Save the drawing as SVG",
        click: () =>
          download(
            fileName(name, "svg"),
            new Blob([svgText(drawing())], { type: "image/svg+xml" }),
          ),
      },
      "SVG",
    ),
    element(
      "button",
      {
        type: "button",
        title: "Save the drawing as PNG",
        click: async () => download(fileName(name, "png"), await pngBlob(drawing())),
      },
      "PNG",
    ),
  );
  const panelElement = element(
    "figure",
    { class: "panel", "data-panel": panel.key },
    element(
      "figcaption",
      {},
      element("h3", { dir: "auto" }, ...breakable(panel.title)),
      ...(panel.note ? [element("p", { class: "note" }, panel.note)] : []),
    ),
    holder,
    tools,
    data,
  );
  drawWhenVisible(holder, () => draw(holder, panel, chart.title, select));
  return panelElement;
}

/** Fills the chart's section for a view, and hides it if there is nothing to show. */
export function fillSection<C>(
  section: HTMLElement,
  chart: Chart<C>,
  context: C,
  select: OnSelect,
): void {
  const panels = chart.panels(context)[Symbol.iterator]();
  const grid = element("div", { class: "panels" });
  if (chart.minWidth) grid.style.setProperty("--min-width", `${chart.minWidth}px`);
  const more = element(
    "button",
    { type: "button", class: "more", click: () => add() },
    "Show more panels",
  );
  let next = panels.next();
  const add = () => {
    for (let i = 0; i < initialPanels && !next.done; ++i, next = panels.next())
      grid.append(figure(chart, next.value, select));
    more.hidden = Boolean(next.done);
  };
  const absence = next.done ? (chart.absence?.(context) ?? null) : null;
  section.hidden = Boolean(next.done) && absence === null;
  section.classList.toggle("absent", absence !== null);
  add();
  section.replaceChildren(
    element("h2", { id: `${chart.id}-title` }, chart.title),
    element("p", { class: "description" }, absence ?? chart.description(context)),
    grid,
    more,
  );
}
