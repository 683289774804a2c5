// Dialog with the blocks of one cell: its figure over time, the distribution over the blocks,
// percentiles, the command that repeats it, and every metric with its interval.
import * as Plot from "@observablehq/plot";
import { distribution, overTime } from "./block_plots.ts";
import { cellCommand } from "./cell_command.ts";
import type { Context } from "./chart.ts";
import { shareText } from "./charts/latency.ts";
import { curveOf, type Cell } from "./data.ts";
import { byId, element } from "./dom.ts";
import { clipped, figureText, intervalText } from "./format.ts";
import { copyText, fileName } from "./saving.ts";
import { cellTitle } from "./select.ts";

const chosenShares = [0.5, 0.9, 0.99, 0.999];

/** Plots of the headline figure; none without the values of two blocks. */
function plots({ results, palette }: Context, cell: Cell, width: number): HTMLElement[] {
  const metric = results.metric(results.data.foreign ? "time" : "throughput");
  const figure = results.figure(cell, metric.id);
  if (!figure || figure.length < 6) return [];
  const look = palette.look(cell.model);
  return [
    { title: `${metric.label} over time`, plot: overTime },
    { title: "distribution, one dot per block", plot: distribution },
  ].map(({ title, plot }) => {
    const drawing = Plot.plot({ ...plot(figure, metric, look, width), className: "plot" });
    drawing.setAttribute("role", "img");
    drawing.setAttribute("aria-label", `${title}: ${intervalText(figure, metric.unit)}`);
    for (const group of drawing.querySelectorAll("g[aria-label]"))
      group.removeAttribute("aria-label");
    return element("figure", {}, element("figcaption", {}, title), drawing);
  });
}

/** "latency: 50 % within 10 ms · … · maximum 12 ms", a line per kind of time. */
function percentiles({ results }: Context, cell: Cell): HTMLElement[] {
  return (
    [
      [cell.service ? "response time" : "latency", cell.latency],
      ["service time", cell.service],
    ] as [string, number[] | undefined][]
  ).flatMap(([kind, packed]) => {
    if (!packed) return [];
    const curve = curveOf(results.data.shares, packed);
    const maximum = curve.length - 1;
    const texts = curve
      .filter(([share], i) => i === maximum || chosenShares.includes(share))
      .map(([share, seconds], i, all) => {
        const last = i === all.length - 1;
        return `${shareText(share, last)} ${last ? "" : "within "}${figureText(seconds, "s")}`;
      });
    return [element("p", { class: "percentiles" }, `${kind}: ${texts.join(" · ")}`)];
  });
}

function commandLine({ results }: Context, cell: Cell): HTMLElement[] {
  const command = cellCommand(results.data, cell);
  if (command === null) return [];
  const copy = element(
    "button",
    {
      type: "button",
      click: async () => {
        const copied = await copyText(command, fileName("command", "txt"));
        copy.textContent = copied ? "Copied" : "Saved";
      },
    },
    "Copy",
  );
  return [
    element(
      "p",
      { class: "command" },
      "Repeat this cell: ",
      element("code", { dir: "auto" }, clipped(command, 1000)),
      " ",
      copy,
    ),
  ];
}

export function showSamples(context: Context, index: number): void {
  const { results } = context;
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
  const drawings = element("div", { class: "drawings" });
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
    drawings,
    ...percentiles(context, cell),
    ...commandLine(context, cell),
    ...(rows.length
      ? [
          element(
            "div",
            { class: "scroll", tabindex: "0", role: "region", "aria-label": "Figures" },
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
                  element("th", { scope: "col" }, results.data.foreign ? "repetitions" : "blocks"),
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
              ? "This page has values of blocks only for the headline metrics, to limit its size."
              : "This page has no values of blocks, to limit its size.",
            " The results file has them all.",
          ),
        ]),
    element("button", { type: "button", class: "close", click: () => dialog.close() }, "Close"),
  );
  dialog.showModal();
  // The width is known only now.
  const whole = drawings.clientWidth;
  drawings.append(...plots(context, cell, whole < 560 ? whole : Math.floor((whole - 12) / 2)));
}
