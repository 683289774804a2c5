// Dialog with the samples of one cell: every metric with its interval and single repetitions.
import type { Context } from "./chart.ts";
import { byId, element } from "./dom.ts";
import { clipped, figureText, intervalText } from "./format.ts";
import { cellTitle } from "./select.ts";

export function showSamples({ results }: Context, index: number): void {
  const cell = results.cell(index);
  const panel = results.data.panels[cell.panel]!;
  const rows = results.data.metrics.flatMap((metric, i) => {
    const figure = cell.metrics?.[i];
    if (!figure) return [];
    const values = figure.slice(4) as number[];
    return [
      element(
        "tr",
        {},
        element("th", { scope: "row" }, metric.label),
        element("td", {}, intervalText(figure, metric.unit)),
        element(
          "td",
          { class: "values" },
          values.map((v) => figureText(v, metric.unit)).join("  ·  "),
        ),
      ),
    ];
  });
  const dialog = byId("samples") as HTMLDialogElement;
  const remarks = (cell.findings ?? []).map((f) =>
    element("li", { dir: "auto" }, `⚑ ${f.code}: ${clipped(f.detail, 1000)}`),
  );
  dialog.replaceChildren(
    element(
      "h2",
      { id: "samples-title", dir: "auto" },
      `${clipped(panel.label, 120)}: ${cellTitle(cell)}`,
    ),
    element("p", { class: "name", dir: "auto" }, clipped(cell.name, 400)),
    ...(cell.reason
      ? [element("p", { dir: "auto" }, `${cell.status}: ${clipped(cell.reason, 1000)}`)]
      : []),
    ...(remarks.length ? [element("ul", { class: "caveats" }, ...remarks)] : []),
    ...(rows.length
      ? [
          element(
            "div",
            { class: "scroll", tabindex: "0", role: "region", "aria-label": "Samples" },
            element(
              "table",
              { class: "plain" },
              element(
                "thead",
                {},
                element(
                  "tr",
                  {},
                  element("th", { scope: "col" }, "metric"),
                  element("th", { scope: "col" }, "mean (95 % interval)"),
                  element("th", { scope: "col" }, "single repetitions"),
                ),
              ),
              element("tbody", {}, ...rows),
            ),
          ),
        ]
      : []),
    ...(results.data.values === "all"
      ? []
      : [
          element(
            "p",
            { class: "note" },
            results.data.values === "headline"
              ? "This page has single repetitions only for the headline metrics, to limit its size."
              : "This page has no single repetitions, to limit its size.",
            " The results file has them all.",
          ),
        ]),
    element("button", { type: "button", class: "close", click: () => dialog.close() }, "Close"),
  );
  dialog.showModal();
}
