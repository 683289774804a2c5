// The history of each cell: its value in every run, the marked changes and the levels between them.
import * as Plot from "@observablehq/plot";
import type { Chart, Panel, Point } from "../chart.ts";
import { largest, roomyTicks, smallest, valueTicks } from "../charts/axes.ts";
import { axisLabel, axisScale, clipped, figureText } from "../format.ts";
import { changeText, type CheckData, type Timeline } from "./data.ts";

interface Run extends Point {
  x: number;
}

/** Minimum height of a plot, as a share of the value, so that noise is not enlarged. */
const leastRange = 0.02;
/** Pixels between labelled runs and between the labels of changes. */
const runGap = 72;
const changeGap = 52;
const character = 6.3;

/** Domain around the values with a margin, at least `leastRange` high. */
function domainOf(values: number[]): [number, number] {
  const low = smallest(values);
  const high = largest(values);
  const middle = (low + high) / 2;
  const half = Math.max((high - low) * 0.6, (middle * leastRange) / 2);
  return [Math.max(0, middle - half), middle + half];
}

const changeColor = (ratio: number) => (ratio > 1 ? "var(--bad)" : "var(--good)");

function panelOf(data: CheckData, line: Timeline, key: number): Panel {
  const runs = line.runs.map((i) => data.runs[i]!);
  const last = runs.length - 1;
  const scale = axisScale(largest(line.values), data.unit);
  const y = (value: number) => value / scale.factor;
  const domain = domainOf(line.values.map(y));
  const points = line.values.map((value, i): Run => {
    const change = line.changes.find(([at]) => at === i);
    return {
      x: i,
      y: y(value),
      title: `${runs[i]![0]}${i === last ? " (latest)" : ""}`,
      lines: [
        `${data.metric}: ${figureText(value, data.unit)}`,
        ...(runs[i]![1] ? [runs[i]![1]] : []),
        ...(change ? [`new level: ${changeText(change[1])}`] : []),
      ],
      cell: null,
      flagged: false,
    };
  });
  const plot = (width: number): Plot.PlotOptions => {
    const marginLeft = 52;
    const marginRight = 24;
    const pixels = width - marginLeft - marginRight;
    const ticks = roomyTicks(
      runs.map((_, i) => i),
      false,
      pixels,
      runGap,
    );
    let free = -Infinity;
    const labelled = line.changes.filter(([at]) => {
      const place = (at / Math.max(1, last)) * pixels;
      if (place < free) return false;
      free = place + changeGap;
      return true;
    });
    return {
      width,
      height: 190,
      marginLeft,
      marginRight,
      marginTop: 34,
      marginBottom: 40,
      x: { domain: [-0.5, Math.max(1, last) + 0.5], label: "run" },
      y: { domain, label: axisLabel(data.metric, scale, data.unit, false) },
      color: { type: "identity" },
      marks: [
        Plot.gridY({
          className: "grid",
          ticks: valueTicks(domain, scale, data.unit, false, 4).ticks,
        }),
        Plot.ruleY([domain[0]], { className: "base" }),
        Plot.ruleX(line.changes, {
          className: "change",
          x: ([at]: [number, number]) => at - 0.5,
          stroke: ([, ratio]: [number, number]) => changeColor(ratio),
          strokeDasharray: "4 3",
        }),
        Plot.text(labelled, {
          className: "limit-label",
          x: ([at]: [number, number]) => at - 0.5,
          frameAnchor: "top",
          dy: -10,
          text: ([, ratio]: [number, number]) => changeText(ratio),
          fill: ([, ratio]: [number, number]) => changeColor(ratio),
        }),
        Plot.link(line.levels, {
          className: "level",
          x1: "0",
          x2: "1",
          y1: ([, , mean]: [number, number, number]) => y(mean),
          y2: ([, , mean]: [number, number, number]) => y(mean),
          stroke: "var(--accent)",
          strokeOpacity: 0.55,
          strokeWidth: 4,
          strokeLinecap: "round",
        }),
        Plot.line(points, { className: "line", x: "x", y: "y", stroke: "var(--line)" }),
        Plot.dot(points, {
          className: "points",
          x: "x",
          y: "y",
          r: (p: Run) => (p.x === last ? 4 : 2.4),
          fill: (p: Run) => (p.x === last ? "var(--ink)" : "var(--quiet)"),
        }),
        Plot.axisX(ticks, {
          tickSize: 4,
          labelAnchor: "center",
          labelArrow: "none",
          text: (i: number) => clipped(runs[i]![0], Math.floor((runGap - 8) / character)),
        }),
        Plot.axisY({
          ...valueTicks(domain, scale, data.unit, false, 4),
          labelAnchor: "top",
          dy: 0,
          labelOffset: 30,
        }),
      ],
      r: { type: "identity" } as never,
    };
  };
  const texts = line.changes.map(
    ([at, ratio]) =>
      `${changeText(ratio)} (${ratio > 1 ? "worse" : "better"}) ` +
      `from ${clipped(runs[at]![0], 40)} on`,
  );
  if (line.left_out) texts.push(`${line.left_out} earlier runs are left out`);
  return {
    key: String(key),
    title: clipped(line.cell, 120),
    ...(texts.length ? { note: texts.join("; ") } : {}),
    plot,
    points,
    columns: ["commit", "date", `${data.metric} (${data.unit})`, "change"],
    rows: runs.map(([commit, date], i) => {
      const change = line.changes.find(([at]) => at === i);
      return [commit, date, line.values[i]!, change ? changeText(change[1]) : null];
    }),
  };
}

export const history: Chart<CheckData> = {
  id: "history",
  title: "History",
  description: (data) =>
    "Each run of the history, oldest left; the last point is this run. Dashed lines are marked " +
    "changes of level, with a false discovery rate of 5 % over all cells; pale bars are the " +
    "levels between them. Each plot has its own scale. Advisory: a lasting change of the machine " +
    "looks like a change of the program." +
    (data.timelines.length < data.timeline_count
      ? ` Shown are ${data.timelines.length} of ${data.timeline_count} cells, those with a ` +
        "marked change first."
      : ""),
  *panels(data) {
    for (const [i, line] of data.timelines.entries()) yield panelOf(data, line, i);
  },
};
