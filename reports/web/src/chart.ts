// What a chart is to the page: where its panels come from. How they are framed, drawn and saved is figure.ts's.
import type { PlotOptions } from "@observablehq/plot";
import type { Results } from "./data.ts";
import type { Palette } from "./palette.ts";
import type { View } from "./view.ts";

/** A mark that can be focused, hovered and clicked. */
export interface Point {
  x: number | string;
  y: number;
  /** The first line of the tooltip. */
  title: string;
  /** Further lines. */
  lines: string[];
  /** The cell whose samples a click shows. */
  cell: number | null;
  flagged: boolean;
}

export interface Panel {
  key: string;
  title: string;
  note?: string;
  /** The options for a width; the mark with class "points" draws `points` in this order. */
  plot: (width: number) => PlotOptions;
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

export interface Chart {
  id: string;
  title: string;
  /** What is drawn, and how to read it. */
  description: (context: Context) => string;
  /** Made one by one as they are needed; none where the results have nothing for this chart: then `absence` says why, or it is not on the page. */
  panels: (context: Context) => Iterable<Panel>;
  absence?: (context: Context) => string | null;
  /** Least width of a panel in pixels. */
  minimum?: number;
}
