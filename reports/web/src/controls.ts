// The bar of filters and switches, and the legend, which hides and shows models.
import type { Context } from "./chart.ts";
import { element } from "./dom.ts";
import { clipped } from "./format.ts";
import { swatch } from "./swatch.ts";
import type { View } from "./view.ts";

type Change = (change: Partial<View>) => void;

function choice(
  label: string,
  value: string,
  options: [string, string][],
  change: (value: string) => void,
): HTMLElement {
  const select = element(
    "select",
    { change: () => change(select.value) },
    ...options.map(([v, text]) => element("option", { value: v }, text)),
  );
  select.value = value;
  return element("label", { class: "choice" }, element("span", {}, label), select);
}

function switches(
  label: string,
  value: string,
  options: [string, string][],
  change: (value: string) => void,
): HTMLElement {
  return element(
    "div",
    { class: "switch", role: "group", "aria-label": label },
    ...options.map(([v, text]) =>
      element(
        "button",
        {
          type: "button",
          "aria-pressed": String(v === value),
          "data-value": v,
          click: () => change(v),
        },
        text,
      ),
    ),
  );
}

function legend({ results, view, palette }: Context, change: Change): HTMLElement {
  return element(
    "div",
    { class: "legend", role: "group", "aria-label": "Show or hide models" },
    ...results.models.map((model) => {
      const shown = !view.hidden.has(model);
      const chip = element("button", {
        type: "button",
        "aria-pressed": String(shown),
        "data-model": model,
        title: shown ? "Hide this model (with Shift: show only this one)" : "Show this model",
        click: (event) => {
          const hidden = new Set(view.hidden);
          if ((event as MouseEvent).shiftKey) {
            hidden.clear();
            for (const other of results.models) if (other !== model) hidden.add(other);
          } else if (shown) hidden.add(model);
          else hidden.delete(model);
          change({ hidden });
        },
      });
      chip.append(
        swatch(palette.look(model)),
        element("bdi", {}, clipped(model.trim() || "(no name)", 40)),
      );
      return chip;
    }),
    ...(view.hidden.size
      ? [
          element(
            "button",
            { type: "button", class: "all", click: () => change({ hidden: new Set() }) },
            "Show all",
          ),
        ]
      : []),
  );
}

export function fillControls(holder: HTMLElement, context: Context, change: Change): void {
  const { results, view } = context;
  const focused =
    document.activeElement instanceof HTMLElement && holder.contains(document.activeElement)
      ? [...holder.querySelectorAll<HTMLElement>("button, select")].indexOf(document.activeElement)
      : -1;
  const number = (text: string) => (text ? Number(text) : null);
  const workloads: [string, string][] = [
    ["", "all"],
    ...results.data.panels.map((p): [string, string] => [p.label, clipped(p.label, 60)]),
  ];
  const filters = element(
    "div",
    { class: "filters" },
    ...(results.data.panels.length > 1
      ? [choice("Workload", view.workload, workloads, (workload) => change({ workload }))]
      : []),
  );
  if (!results.data.foreign) {
    if (results.cores.length > 1)
      filters.append(
        choice(
          "Cores",
          String(view.cores ?? ""),
          [
            ["", "as in each answer"],
            ...results.cores.map((k): [string, string] => [String(k), String(k)]),
          ],
          (text) => change({ cores: number(text) }),
        ),
      );
    if (results.inFlight.length > 1)
      filters.append(
        choice(
          "In flight",
          String(view.inFlight ?? ""),
          [
            ["", "as in each answer"],
            ...results.inFlight.map((c): [string, string] => [String(c), String(c)]),
          ],
          (text) => change({ inFlight: number(text) }),
        ),
      );
    filters.append(
      switches(
        "Measure",
        view.measure,
        [
          ["absolute", "Absolute"],
          ["speedup", "Speed-up"],
          ["efficiency", "Efficiency"],
        ],
        (measure) => change({ measure: measure as View["measure"] }),
      ),
    );
  }
  filters.append(
    switches(
      "Scale",
      view.scale,
      [
        ["linear", "Linear"],
        ["log", "Log"],
      ],
      (scale) => change({ scale: scale as View["scale"] }),
    ),
  );
  filters.append(
    switches(
      "Theme",
      view.theme,
      [
        ["system", "Auto"],
        ["light", "Light"],
        ["dark", "Dark"],
      ],
      (theme) => change({ theme: theme as View["theme"] }),
    ),
  );
  const fold = element(
    "button",
    {
      type: "button",
      class: "fold",
      "aria-expanded": String(holder.classList.contains("open")),
      click: () => fold.setAttribute("aria-expanded", String(holder.classList.toggle("open"))),
    },
    "Filters",
  );
  holder.replaceChildren(
    fold,
    filters,
    ...(results.models.length ? [legend(context, change)] : []),
  );
  // The bar was replaced, so restore the keyboard focus.
  if (focused >= 0) [...holder.querySelectorAll<HTMLElement>("button, select")][focused]?.focus();
}
