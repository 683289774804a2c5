// The page's single tooltip, for pointer and keyboard.
import type { Point } from "./chart.ts";
import { byId, element } from "./dom.ts";

let anchor: Element | null = null;

export function showTooltip(point: Point, mark: Element): void {
  const tip = byId("tooltip");
  tip.replaceChildren(
    element("strong", { dir: "auto" }, point.title),
    ...point.lines.map((line) =>
      element("span", { dir: "auto", class: line.startsWith("⚑") ? "finding" : "" }, line),
    ),
  );
  tip.hidden = false;
  anchor = mark;
  place();
}

function place(): void {
  const tip = byId("tooltip");
  const at = anchor!.getBoundingClientRect();
  const box = tip.getBoundingClientRect();
  const room = document.documentElement.clientWidth;
  const left = Math.max(8, Math.min(at.left + at.width / 2 - box.width / 2, room - box.width - 8));
  const above = at.top - box.height - 10;
  tip.style.left = `${left}px`;
  tip.style.top = `${above > 4 ? above : at.bottom + 10}px`;
}

export function hideTooltip(): void {
  byId("tooltip").hidden = true;
  anchor = null;
}

/** On scroll, moves the tooltip of a focused point, and hides that of the pointer. */
export function followScroll(): void {
  if (anchor && anchor === document.activeElement) place();
  else hideTooltip();
}
