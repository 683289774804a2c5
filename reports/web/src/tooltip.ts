// One tooltip for the page, for the pointer and for the keyboard alike.
import type { Point } from "./chart.ts";
import { byId, element } from "./dom.ts";

export function showTooltip(point: Point, at: DOMRect): void {
  const tip = byId("tooltip");
  tip.replaceChildren(
    element("strong", { dir: "auto" }, point.title),
    ...point.lines.map((line) => element("span", { dir: "auto", class: line.startsWith("⚑") ? "finding" : "" }, line)),
  );
  tip.hidden = false;
  const box = tip.getBoundingClientRect();
  const room = document.documentElement.clientWidth;
  const left = Math.max(8, Math.min(at.left + at.width / 2 - box.width / 2, room - box.width - 8));
  const above = at.top - box.height - 10;
  tip.style.left = `${left}px`;
  tip.style.top = `${above > 4 ? above : at.bottom + 10}px`;
}

export function hideTooltip(): void { byId("tooltip").hidden = true; }
