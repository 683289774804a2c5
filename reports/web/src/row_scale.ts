// The margins of the small plots in the rows of a table, and the scale above them.
import * as Plot from "@observablehq/plot";

export const rowMargins = { marginLeft: 10, marginRight: 16, marginTop: 4, marginBottom: 4 };

/** The logarithmic scale above the plots of a column. A tick has a place and a text. */
export const columnScale = (
  domain: [number, number],
  width: number,
  ticks: (readonly [number, string])[],
): Plot.PlotOptions => ({
  ...rowMargins,
  width,
  height: 16,
  marginTop: 15,
  marginBottom: 0,
  x: { type: "log", domain, axis: null },
  marks: [
    Plot.axisX(
      ticks.map(([at]) => at),
      {
        anchor: "top",
        tickSize: 0,
        tickPadding: 2,
        label: null,
        text: (_: number, i: number) => ticks[i]![1],
      },
    ),
  ],
});
