// Creation of elements. Text is always set as text; input is never parsed as HTML.

type Child = Node | string;

export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, string | boolean | ((event: Event) => void)> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name, value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false) made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

export function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found;
}

/** Table of plain text with aligned numbers. */
export function table(
  columns: string[],
  rows: (string | number | null)[][],
  most = 1000,
): HTMLElement {
  const body = element("tbody");
  for (const row of rows.slice(0, most))
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
