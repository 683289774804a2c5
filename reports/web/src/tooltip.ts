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
  const { clientWidth: width, clientHeight: height } = document.documentElement;
  const gap = 10;
  const within = (at: number, size: number, room: number) =>
    Math.max(8, Math.min(at - size / 2, room - size - 8));
  const above = at.top - box.height - gap;
  const below = at.bottom + gap;
  let left = within(at.left + at.width / 2, box.width, width);
  let top = above > 4 ? above : below;
  if (above <= 4 && below + box.height > height) {
    // Neither above nor below: beside the point.
    left = at.left > width / 2 ? at.left - box.width - gap : at.right + gap;
    top = within(at.top + at.height / 2, box.height, height);
  }
  tip.style.left = `${left}px`;
  tip.style.top = `${top}px`;
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
