// A model's marker for legends, on its line if wanted.
import * as Plot from "@observablehq/plot";
import type { Look } from "./palette.ts";

const drawn = new Map<string, Element>();

/** A model's marker, as the charts draw it. */
export function swatch(look: Look, line = true): Node {
  const key = [look.color, look.symbol, look.dash, line].join();
  const plot = drawn.get(key) ?? draw(look, line);
  drawn.set(key, plot);
  return plot.cloneNode(true);
}

function draw(look: Look, line: boolean): Element {
  const plot = Plot.plot({
    className: "plot",
    width: line ? 30 : 12,
    height: 14,
    margin: 0,
    x: { axis: null, domain: [0, 1] },
    y: { axis: null, domain: [0, 1] },
    color: { type: "identity" },
    symbol: { type: "identity" } as never,
    marks: [
      line
        ? Plot.line(
            [
              [0, 0.5],
              [1, 0.5],
            ],
            { stroke: look.color, strokeWidth: 1.75, strokeDasharray: look.dash },
          )
        : null,
      Plot.dot([[0.5, 0.5]], {
        r: 3.6,
        symbol: look.symbol as Plot.SymbolType,
        stroke: look.color,
        fill: look.color,
      }),
    ],
  });
  plot.setAttribute("aria-hidden", "true");
  return plot;
}
