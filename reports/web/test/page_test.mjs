import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, open } from "./browser.mjs";

let browser;
before(async () => { browser = await launch(); });
after(async () => { await browser?.close(); });

test("a usual page opens without a request or an error, at every width and in both themes", async () => {
  for (const [width, scheme] of [[400, "dark"], [800, "light"], [1600, "dark"]]) {
    const { page, troubles } = await open(browser, "usual", { width, scheme });
    assert.deepEqual(troubles, []);
    assert.equal(await page.locator("#throughput-by-cores .panel svg").count(), 3);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, `scrolls sideways at ${width}`);
    await page.context().close();
  }
});

test("the browser itself refuses the network", async () => {
  const { page } = await open(browser, "usual");
  const refused = await page.evaluate(() => fetch("data:text/plain,hello").then(() => false, () => true));
  assert.equal(refused, true);
  await page.context().close();
});

test("every point of throughput by core count is the JSON's mean, and its words hold the interval", async () => {
  const { page, data } = await open(browser, "usual");
  const throughput = data.metrics.findIndex((m) => m.id === "throughput");
  const drawn = await page.locator("#throughput-by-cores .panel").evaluateAll((panels) => panels.map((panel) => ({
    key: Number(panel.dataset.panel),
    cells: [...panel.querySelectorAll(".points [data-cell]")].map((mark) => ({ cell: Number(mark.dataset.cell), words: mark.getAttribute("aria-label") })),
  })));
  assert.equal(drawn.length, data.panels.length);
  for (const { key, cells } of drawn) {
    assert.deepEqual(cells.map((c) => c.cell).sort((a, b) => a - b), data.panels[key].best.map(([cell]) => cell).sort((a, b) => a - b));
    for (const { cell, words } of cells) {
      const [, lower, upper] = data.cells[cell].metrics[throughput];
      assert.ok(lower < upper);
      assert.match(words, /throughput: [\d.]+ [kM]?\/s \([\d.]+( [kM]?\/s)? to [\d.]+( [kM]?\/s)?\)/);
    }
  }
  // The drawing and the table behind it hold the same rows.
  await page.locator("#throughput-by-cores .panel").first().getByRole("button", { name: "Table" }).click();
  const rows = await page.locator("#throughput-by-cores .panel").first().locator("tbody tr").allTextContents();
  assert.equal(rows.length, drawn[0].cells.length);
  const first = data.cells[data.panels[0].best[0][0]];
  assert.ok(rows.some((row) => row.includes(String(first.metrics[throughput][0]))));
  await page.context().close();
});

test("skipped and failed cells stand on the page with their reasons", async () => {
  const { page, data } = await open(browser, "usual");
  for (const cell of data.cells.filter((c) => c.status !== "ok")) {
    assert.notEqual(cell.reason, "");
    assert.ok((await page.locator("#missing tr", { hasText: cell.name }).textContent()).includes(cell.reason));
  }
  await page.context().close();
});
