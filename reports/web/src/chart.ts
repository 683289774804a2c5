// The interface of a chart: its texts and its panels. figure.ts frames, draws and saves them.
import type { PlotOptions } from "@observablehq/plot";
import type { Results } from "./data.ts";
import type { Palette } from "./palette.ts";
import type { View } from "./view.ts";

/** A mark that can be focused, hovered and clicked. */
export interface Point {
  x: number | string;
  y: number;
  /** First line of the tooltip. */
  title: string;
  /** Further lines of the tooltip. */
  lines: string[];
  /** Cell whose blocks a click opens. */
  cell: number | null;
  flagged: boolean;
}

export interface Panel {
  key: string;
  title: string;
  note?: string;
  /**
   * Plot options for a width, and for a height if the chart can have any. Marks with class "points"
   * draw `points` in the same order.
   */
  plot: (width: number, height?: number) => PlotOptions;
  points: Point[];
  /** Whether the data table is shown from the start. */
  open?: boolean;
  columns: string[];
  rows: (string | number | null)[][];
}

export interface Context {
  results: Results;
  view: View;
  palette: Palette;
}

/** `C` is what the chart draws: the view of the results, or the data of a check. */
export interface Chart<C = Context> {
  id: string;
  title: string;
  /** Content of the chart, and how to read it. */
  description: (context: C) => string;
  /**
   * Panels, created lazily. If there are none, `absence` gives the reason to show; without a reason
   * the chart is left out.
   */
  panels: (context: C) => Iterable<Panel>;
  absence?: (context: C) => string | null;
  /** Minimum width of a panel in pixels. */
  minWidth?: number;
}
