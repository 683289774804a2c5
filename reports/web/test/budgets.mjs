// budgets.mjs PROGRAM [RESULTS [BASELINE]]: prints sizes and times of the page and their budgets.
// It is a benchmark and asserts nothing. PROGRAM is `crossover` of a release build. RESULTS are of
// the default suite; without them, synthetic results with four times as many cells are used.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { inflateRawSync } from "node:zlib";
import { launch } from "./browser.mjs";

const [program, results, baseline] = process.argv.slice(2);
if (!program) throw new Error("usage: budgets.mjs PROGRAM [RESULTS [BASELINE]]");
const make = join(dirname(fileURLToPath(import.meta.url)), "../../testdata/make.mjs");
const scratch = mkdtempSync(join(tmpdir(), "page-budgets-"));
const at = (name) => join(scratch, name);

const rows = [];
const budget = (name, figure, limit, unit) =>
  rows.push([
    name,
    `${figure.toFixed(unit === "s" ? 2 : 0)} ${unit}`,
    limit === null ? "" : `${limit} ${unit}`,
    limit === null ? "" : `${Math.round((100 * figure) / limit)} %`,
  ]);
const remark = (name, text) => rows.push([name, text, "", ""]);
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** Runs a program and returns its seconds. */
function seconds(command, ...args) {
  const from = performance.now();
  const { status, stderr } = spawnSync(command, args, {
    maxBuffer: 1 << 30,
    stdio: ["ignore", "ignore", "pipe"],
  });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${stderr}`);
  return (performance.now() - from) / 1000;
}
const timesOver = (count, measure) => Array.from({ length: count }, measure);

/** Opens the page in a fresh context and measures the seconds to the first drawn chart. */
async function opened(browser, file) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  await page.addInitScript(() => {
    new MutationObserver((_, observer) => {
      if (!document.querySelector(".drawing svg")) return;
      observer.disconnect();
      requestAnimationFrame(() =>
        requestAnimationFrame((now) => {
          globalThis.firstChart = now;
        }),
      );
    }).observe(document, { childList: true, subtree: true });
  });
  await page.goto(pathToFileURL(file).href);
  await page.waitForFunction(() => globalThis.firstChart, null, { timeout: 120_000 });
  return { page, context, firstChart_s: (await page.evaluate(() => globalThis.firstChart)) / 1000 };
}

async function firstChart(browser, file) {
  const times = [];
  for (let i = 0; i < 5; ++i) {
    const { context, firstChart_s } = await opened(browser, file);
    times.push(firstChart_s);
    await context.close();
  }
  return median(times);
}

/** The slowest filter: milliseconds from the action to the next painted frame, as a median. */
async function slowestFilter(page) {
  return page.evaluate(async () => {
    const frame = () =>
      new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    const select = (label, index) => {
      const menu = [...document.querySelectorAll("#controls label")]
        .find((l) => l.textContent.startsWith(label))
        .querySelector("select");
      menu.selectedIndex = index;
      menu.dispatchEvent(new Event("change"));
    };
    const search = (text) => {
      const box = document.getElementById("search");
      box.value = text;
      box.dispatchEvent(new Event("input"));
    };
    const acts = {
      workload: (on) => select("Workload", on ? 3 : 0),
      cores: (on) => select("Cores", on ? 2 : 0),
      "in flight": (on) => select("In flight", on ? 2 : 0),
      model: () => document.querySelector(".legend button").click(),
      search: (on) => search(on ? "pool 1024" : ""),
    };
    let worst = { name: "", ms: 0 };
    for (const [name, act] of Object.entries(acts)) {
      const times = [];
      for (let i = 0; i < 10; ++i) {
        const from = performance.now();
        act(i % 2 === 0);
        await frame();
        times.push(performance.now() - from);
      }
      times.sort((a, b) => a - b);
      const ms = times[5];
      if (ms > worst.ms) worst = { name, ms };
    }
    return worst;
  });
}

/** Number of repetitions in the embedded results document. */
function embeddedRepetitions(file) {
  const packed = readFileSync(file, "utf8").match(
    /id="results" data-contains="everything">([^<]*)</,
  )?.[1];
  return packed
    ? JSON.parse(inflateRawSync(Buffer.from(packed, "base64"))).crossover.cells.reduce(
        (n, c) => n + c.samples.length,
        0,
      )
    : 0;
}

const browser = await launch();
try {
  for (const name of ["usual", "slower", "large", "huge"])
    seconds(process.execPath, make, scratch, name);
  const now = results ?? at("usual.json");
  seconds(program, "report", now, "--out", at("now.html"));
  seconds(
    program,
    "report",
    now,
    "--baseline",
    results ? (baseline ?? results) : at("slower.json"),
    "--out",
    at("both.html"),
  );
  budget("page", statSync(at("now.html")).size / 1000, 500, "KB");
  budget("page with a baseline", statSync(at("both.html")).size / 1000, 500, "KB");
  budget("first chart", await firstChart(browser, at("now.html")), 1, "s");

  budget(
    "report of 10 000 cells × 5",
    median(
      timesOver(3, () => seconds(program, "report", at("large.json"), "--out", at("large.html"))),
    ),
    2,
    "s",
  );
  const large = await opened(browser, at("large.html"));
  budget("  its first chart", large.firstChart_s, null, "s");
  const { name, ms } = await slowestFilter(large.page);
  budget(`  its slowest filter (${name})`, ms, 300, "ms");
  await large.context.close();

  budget(
    "report of 100 000 rows",
    seconds(program, "report", at("huge.json"), "--out", at("huge.html")),
    null,
    "s",
  );
  budget("  its page", statSync(at("huge.html")).size / 1000, null, "KB");
  const huge = await opened(browser, at("huge.html"));
  budget("  its first chart", huge.firstChart_s, null, "s");
  const slow = await slowestFilter(huge.page);
  budget(`  its slowest filter (${slow.name})`, slow.ms, null, "ms");
  remark("  its note", (await huge.page.locator("#thinned").textContent()).slice(0, 70) + "…");
  await huge.context.close();
  seconds(program, "report", at("huge.json"), "--complete", "--out", at("complete.html"));
  budget("  its page with --complete", statSync(at("complete.html")).size / 1000, null, "KB");
  budget("    repetitions in that", embeddedRepetitions(at("complete.html")), null, "");
  const complete = await opened(browser, at("complete.html"));
  budget("    its first chart", complete.firstChart_s, null, "s");
  await complete.context.close();
} finally {
  await browser.close();
  rmSync(scratch, { recursive: true });
}
const widths = [0, 1, 2, 3].map((i) => Math.max(...rows.map((row) => row[i].length)));
console.log(
  ["", "measured", "budget", "share"]
    .map((text, i) => (i ? text.padStart(widths[i]) : text.padEnd(widths[0])))
    .join("  "),
);
for (const row of rows)
  console.log(
    row.map((text, i) => (i ? text.padStart(widths[i]) : text.padEnd(widths[0]))).join("  "),
  );
