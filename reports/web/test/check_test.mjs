// The page of a check, with its history.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { cutTexts, launch, open, overlappingTexts, violations } from "./browser.mjs";

let browser;
before(async () => {
  browser = await launch();
});
after(async () => {
  await browser?.close();
});

test("a check's page opens without requests, errors or findings of axe", async () => {
  for (const [name, width, scheme] of [
    ["usual", 400, "light"],
    ["usual", 1400, "dark"],
    ["everything", 400, "dark"],
    ["everything", 1400, "light"],
    ["pass", 800, "light"],
    ["nothing", 800, "dark"],
  ]) {
    const { page, problems } = await open(browser, `check/${name}`, { width, scheme });
    const place = `${name} ${width} ${scheme}`;
    assert.deepEqual(problems, [], place);
    assert.deepEqual(await violations(page), [], place);
    assert.equal(
      await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth),
      true,
      `${place} scrolls sideways`,
    );
    await page.context().close();
  }
});

test("no text of a check's charts is cut off or overlaps another", async () => {
  for (const width of [400, 800, 1400]) {
    const { page } = await open(browser, "check/usual", { width });
    assert.deepEqual(await cutTexts(page), [], String(width));
    assert.deepEqual(await overlappingTexts(page), [], String(width));
    await page.context().close();
  }
});

test("each cell's change is drawn at its ratio, the most urgent first", async () => {
  const { page, data } = await open(browser, "check/usual", { width: 1400 });
  const drawn = await page.locator("#changes .points :is(circle, path)").evaluateAll((marks) =>
    marks.map((mark) => {
      const box = mark.getBoundingClientRect();
      return {
        x: box.left + box.width / 2,
        y: box.top + box.height / 2,
        label: mark.getAttribute("aria-label"),
      };
    }),
  );
  assert.equal(drawn.length, data.cells.length);
  assert.match(drawn[0].label, /event_loop.*regression: \+8\.1 % \(\+6\.9 % to \+9\.4 %\)/);
  for (const [i, cell] of data.cells.entries()) {
    assert.ok(drawn[i].label.startsWith(cell.name.slice(0, 100)));
    if (i > 0) assert.ok(drawn[i].y > drawn[i - 1].y);
  }
  // The axis is linear: two cells give the place of all others.
  const [a, b] = [0, data.cells.findIndex((c) => c.outcome === "improved")];
  const slope = (drawn[a].x - drawn[b].x) / (data.cells[a].ratio - data.cells[b].ratio);
  assert.ok(slope > 0, "worse is right");
  for (const [i, cell] of data.cells.entries())
    assert.ok(Math.abs(drawn[b].x + slope * (cell.ratio - data.cells[b].ratio) - drawn[i].x) < 1.5);
  await page.context().close();
});

test("the history has one point per run, and each marked change", async () => {
  const { page, data } = await open(browser, "check/usual", { width: 1400 });
  const panels = page.locator("#history .panel");
  assert.equal(await panels.count(), data.timelines.length);
  const first = panels.first();
  assert.equal(await first.locator(".points circle").count(), data.timelines[0].runs.length);
  assert.equal(await first.locator("g.change line").count(), 2);
  assert.equal(await first.locator("g.level path").count(), 3);
  assert.match(
    await first.locator("figcaption").textContent(),
    /−5\.8 % \(better\) from \d+ on; \+8\.1 % \(worse\) from \d+ on/,
  );
  await first.getByRole("button", { name: "Table" }).click();
  const rows = await first.locator("tbody tr").allTextContents();
  assert.equal(rows.length, 40);
  assert.match(rows[39], /this run/);
  // The keyboard reaches every run.
  await first.locator(".points circle").first().focus();
  await page.keyboard.press("End");
  assert.match(await page.locator("#tooltip").textContent(), /this run \(latest\)/);
  await page.context().close();
});

test("hostile names in a check's page are shown as text", async () => {
  const { page } = await open(browser, "check/everything");
  assert.equal(await page.locator("b, i, main a, img").count(), 0);
  assert.match(await page.locator("#cells").textContent(), /<b>bold<\/b>/);
  assert.match(await page.locator("#history").textContent(), /a <cell> & "quotes"/);
  await page.context().close();
});

test("verdicts and tables of a check are readable without JavaScript", async () => {
  const { page } = await open(browser, "check/usual", { javaScriptEnabled: false });
  assert.match(await page.locator("h1").textContent(), /^regression: 12 cells compared/);
  assert.equal(await page.locator("#cells tbody tr").count(), 12);
  await page.context().close();
});

test("the names of cells stay in view on a phone while the table scrolls", async () => {
  const { page } = await open(browser, "check/usual", { width: 400 });
  const name = page.locator("#cells tbody th").first();
  const before = await name.boundingBox();
  const scrolled = await page.locator("#cells .scroll").evaluate((box) => {
    box.scrollLeft = 400;
    return box.scrollLeft;
  });
  assert.ok(scrolled > 50, "the table is wider than the screen");
  assert.equal((await name.boundingBox()).x, before.x);
  assert.ok(before.width < 200, "names leave room for figures");
  await page.context().close();
});
