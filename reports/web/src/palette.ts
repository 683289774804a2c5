// A model's look: colour, marker and dash together, so that no two need to be told apart by colour alone.
import { referenceModel } from "./data.ts";

export interface Look { color: string; symbol: string; dash: string }

const hues = 8;
const symbols = ["circle", "square", "triangle", "diamond", "star", "cross", "wye"];
const dashes = ["", "6 3", "2 2", "8 3 2 3", "10 4"];

export class Palette {
  private readonly looks = new Map<string, Look>();

  constructor(models: string[]) {
    let next = 0;
    for (const model of models) {
      if (model === referenceModel) {
        this.looks.set(model, { color: "var(--limit)", symbol: "times", dash: "1 3" });
        continue;
      }
      // Seven symbols and five dashes against eight hues: the combination repeats after 280 models.
      this.looks.set(model, {
        color: `var(--series-${next % hues})`,
        symbol: symbols[next % symbols.length]!,
        dash: dashes[next % dashes.length]!,
      });
      ++next;
    }
  }

  look(model: string): Look { return this.looks.get(model) ?? { color: "var(--series-0)", symbol: "circle", dash: "" }; }
}
