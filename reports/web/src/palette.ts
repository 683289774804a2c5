// A model's look: colour, marker and dash, so that models differ in more than colour.
import { referenceModel } from "./data.ts";

export interface Look {
  color: string;
  symbol: string;
  dash: string;
}

const hues = 8;
const symbols = ["circle", "square", "triangle", "diamond", "star", "cross", "wye"];
export const dashes = ["", "6 3", "2 2", "8 3 2 3", "10 4"];

/**
 * Each model's place, so that it looks the same on every page. Places eight apart have the same
 * colour: CPython models share that of their C++ counterpart.
 */
const places: Readonly<Record<string, number>> = {
  event_loop: 0,
  thread_pool: 1,
  processes: 2,
  shared_loop: 3,
  offload: 4,
  process_loops: 5,
  serial: 6,
  fibers: 7,
  python_asyncio: 8,
  python_threads: 9,
  python_processes: 10,
  thread_per_operation: 11,
  async_future: 12,
  openmp: 13,
  gil_threads: 14,
  "reference:backend=epoll": 16,
  "reference:backend=blocking": 17,
  "reference:backend=poll": 19,
  "reference:backend=io_uring": 21,
  python_uvloop: 24,
  java_threads: 25,
  node_loop: 28,
  python_trio: 29,
  c_libuv: 30,
  python_gevent: 31,
  rust_tokio: 34,
  go_goroutines: 35,
  node_workers: 36,
  node_cluster: 44,
};

/** First place of names that are not in the table. */
const firstOfOthers = 48;

/** With 7 symbols, 5 dashes and 8 hues, the combination repeats after 280 places. */
const lookAt = (place: number): Look => ({
  color: `var(--series-${place % hues})`,
  symbol: symbols[place % symbols.length]!,
  dash: dashes[place % dashes.length]!,
});

export class Palette {
  private readonly looks = new Map<string, Look>();

  /** Looks of a page's models. Those not in the table take further places, sorted by name. */
  constructor(models: string[], first = firstOfOthers) {
    const others = new Set(
      models.filter((model) => model !== referenceModel && !Object.hasOwn(places, model)),
    );
    [...others].sort().forEach((model, i) => this.looks.set(model, lookAt(first + i)));
  }

  /** The models in the order of their places; those without a place last. */
  sorted(models: string[]): string[] {
    const place = (model: string) =>
      Object.hasOwn(places, model) ? places[model]! : firstOfOthers;
    return models.sort((a, b) => place(a) - place(b));
  }

  look(model: string): Look {
    if (model === referenceModel) return { color: "var(--limit)", symbol: "times", dash: "1 3" };
    return Object.hasOwn(places, model)
      ? lookAt(places[model]!)
      : (this.looks.get(model) ?? lookAt(0));
  }
}
