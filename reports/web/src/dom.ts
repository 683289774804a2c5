// Creation of elements. Text is always set as text; input is never parsed as HTML.

type Child = Node | string;

export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, string | boolean | ((event: Event) => void)> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const created = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") created.addEventListener(name, value);
    else if (value === true) created.setAttribute(name, "");
    else if (value !== false) created.setAttribute(name, value);
  }
  created.append(...children);
  return created;
}

export function byId(id: string): HTMLElement {
  const node = document.getElementById(id);
  if (!node) throw new Error(`the page has no #${id}`);
  return node;
}

/** Text that may break after each slash: benchmarks' names are long and have no spaces. */
export const breakable = (text: string): Child[] =>
  text
    .split(/(?<=\/)/)
    .flatMap((part, i): Child[] => (i > 0 ? [document.createElement("wbr"), part] : [part]));

/** Table of plain text with aligned numbers. */
export function table(
  columns: string[],
  rows: (string | number | null)[][],
  maxRows = 1000,
): HTMLElement {
  const body = element("tbody");
  for (const row of rows.slice(0, maxRows))
    body.append(
      element(
        "tr",
        {},
        ...row.map((value) =>
          element(
            "td",
            { class: typeof value === "number" ? "number" : "", dir: "auto" },
            value === null ? "–" : typeof value === "number" ? String(value) : value,
          ),
        ),
      ),
    );
  return element(
    "table",
    { class: "plain" },
    element(
      "thead",
      {},
      element("tr", {}, ...columns.map((c) => element("th", { scope: "col" }, c))),
    ),
    body,
  );
}
