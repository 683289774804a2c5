// The command that repeats one cell of a run.
import type { Cell, PageData } from "./data.ts";

const plain = /^[\w./:=,@%+-]+$/;

/** A word of a command line, quoted for a POSIX shell if necessary. */
export const shellWord = (word: string): string =>
  plain.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

/** Options of the run that also apply to a single cell; all take a value. */
const kept = ["--cell", "--endpoint", "--launcher", "--equal", "--seconds", "--repetitions"];

function keptOptions(command: string[], model: string): string[] {
  const words: string[] = [];
  command.forEach((word, i) => {
    const option = kept.find((name) => word === name || word.startsWith(`${name}=`));
    if (!option) return;
    const given = word === option ? [word, ...command.slice(i + 1, i + 2)] : [word];
    // Every program that --cell names takes part, so only that of this cell is kept.
    const program = given.at(-1)!.replace(/^--cell=/, "");
    if (option === "--cell" && !program.startsWith(`${model}=`)) return;
    words.push(...given);
  });
  return words;
}

/** null for a foreign file, whose program is unknown. */
export function cellCommand(data: PageData, cell: Cell): string | null {
  if (data.foreign || cell.cores === null || cell.in_flight === null) return null;
  const panel = data.panels[cell.panel]!;
  const { rate, endpoint: _kept, ...parameters } = panel.parameters; // --endpoint is kept as given
  if (data.machines) delete parameters.machine; // the type is not a parameter of the workload
  const pairs = Object.entries(parameters)
    .filter(([, setting]) => setting !== "")
    .map(([key, setting]) => `${key}=${setting}`);
  // The commands of a contest have the place of the models.
  const isOfCommands = panel.workload === "command" && parameters.run === undefined;
  return [
    data.command[0] ?? "crossover",
    "run",
    ...(isOfCommands
      ? ["--command", cell.model]
      : [
          "--workload",
          [panel.workload, pairs.join(",")].filter(Boolean).join(":"),
          "--model",
          cell.model,
        ]),
    "--cores",
    String(cell.cores),
    "--in-flight",
    String(cell.in_flight),
    ...(rate ? ["--rate", rate] : []),
    ...keptOptions(data.command, cell.model),
    "--seed",
    String(data.seed),
  ]
    .map(shellWord)
    .join(" ");
}
