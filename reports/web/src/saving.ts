// Saving: CSV, SVG, PNG and the results document.
import { byId, element } from "./dom.ts";
import { unpacked } from "./unpacked.ts";

export function download(name: string, content: Blob): void {
  const url = URL.createObjectURL(content);
  const link = element("a", { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

export const fileName = (text: string, ending: string): string =>
  `${text.replace(/[^\w.=-]+/g, "_").slice(0, 80)}.${ending}`;

/** The drawing as a standalone document: CSS variables resolved, with background and fonts. */
export function svgText(drawing: SVGSVGElement): string {
  const copy = drawing.cloneNode(true) as SVGSVGElement;
  const style = getComputedStyle(drawing);
  const width = drawing.getAttribute("width") ?? "600";
  const height = drawing.getAttribute("height") ?? "300";
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  for (const marked of copy.querySelectorAll("[tabindex], [role=button]")) {
    marked.removeAttribute("tabindex");
    marked.removeAttribute("role");
  }
  const background = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  background.setAttribute("width", width);
  background.setAttribute("height", height);
  background.setAttribute("fill", "var(--panel)");
  copy.prepend(background);
  copy.setAttribute("color", style.color);
  copy.setAttribute("fill", "currentColor");
  copy.setAttribute("font-family", "system-ui, sans-serif");
  copy.setAttribute("font-size", "11");
  const title = document.createElementNS("http://www.w3.org/2000/svg", "title");
  title.textContent = drawing.getAttribute("aria-label") ?? "";
  copy.prepend(title);
  return new XMLSerializer()
    .serializeToString(copy)
    .replace(
      /var\((--[\w-]+)\)/g,
      (_, name: string) => style.getPropertyValue(name).trim() || "#888",
    );
}

export async function pngBlob(drawing: SVGSVGElement, scale = 2): Promise<Blob> {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svgText(drawing))}`;
  await image.decode();
  const canvas = element("canvas");
  canvas.width = Number(drawing.getAttribute("width")) * scale;
  canvas.height = Number(drawing.getAttribute("height")) * scale;
  canvas.getContext("2d")!.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) =>
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no image"))), "image/png"),
  );
}

/** The embedded results document, or null if the page does not contain it. */
export async function embeddedResults(): Promise<Blob | null> {
  const text = byId("results").textContent?.trim();
  return text ? new Blob([await unpacked(text)], { type: "application/json" }) : null;
}

/** Copies text to the clipboard; saves it as a file if that fails. True if it was copied. */
export async function copyText(text: string, name: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    download(name, new Blob([text], { type: "text/csv" }));
    return false;
  }
}
