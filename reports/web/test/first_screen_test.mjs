// The first screen and the labels of all charts: content, overlap, clipping, tooltips, controls.
import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { launch, open } from "./browser.mjs";

let browser;
before(async () => {
  browser = await launch();
});
after(async () => {
  await browser?.close();
});

const large = { width: 1400, height: 900 };
const phone = { width: 400, height: 800 };

/** Opens a page at every size and theme, and closes it afterwards. */
async function everywhere(names, use) {
  for (const name of names)
    for (const size of [large, phone])
      for (const scheme of ["light", "dark"]) {
        const opened = await open(browser, name, { ...size, scheme });
        await use(opened, `${name} ${size.width} ${scheme}`);
        await opened.page.context().close();
      }
}

/** Faults of the texts of charts and answers: overlaps, cut texts, words over two lines. */
const faultsOfTexts = (page) =>
  page.evaluate(() => {
    const faults = [];
    const name = (node) => node.textContent.trim().slice(0, 40);
    const meet = (a, b) =>
      Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1.5 &&
      Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 2.5;
    const compare = (texts) => {
      texts.forEach((a, i) => {
        for (const b of texts.slice(i + 1))
          if (a.boxes.some((x) => b.boxes.some((y) => meet(x, y))))
            faults.push(`"${a.name}" overlaps "${b.name}"`);
      });
    };
    for (const drawing of document.querySelectorAll("svg.plot")) {
      const frame = drawing.closest("section, figure, td, th, p, button").getBoundingClientRect();
      const texts = [...drawing.querySelectorAll("text")].filter((t) => t.textContent.trim());
      for (const text of texts) {
        const box = text.getBoundingClientRect();
        if (box.left < frame.left - 0.5 || box.right > frame.right + 0.5)
          faults.push(`"${name(text)}" is cut off`);
      }
      compare(texts.map((t) => ({ name: name(t), boxes: [t.getBoundingClientRect()] })));
    }
    const texts = [];
    for (const part of document.querySelectorAll(
      "header, #answers, #featured, .run, #controls .legend",
    )) {
      const walker = document.createTreeWalker(part, NodeFilter.SHOW_TEXT);
      for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        if (!node.textContent.trim() || node.parentElement.closest("svg, .scale > span")) continue;
        const range = document.createRange();
        range.selectNodeContents(node);
        texts.push({ name: name(node), boxes: [...range.getClientRects()] });
        if (node.parentElement.closest("code")) continue;
        for (const { 0: word, index } of node.textContent.matchAll(/[^\s-]+/g)) {
          range.setStart(node, index);
          range.setEnd(node, index + word.length);
          const lines = new Set([...range.getClientRects()].map((box) => Math.round(box.top)));
          if (lines.size > 1) faults.push(`"${word}" is on ${lines.size} lines`);
        }
      }
    }
    compare(texts);
    return faults;
  });

test("no label overlaps another, is cut off or broken inside a word", async () => {
  await everywhere(["usual", "many_cores"], async ({ page, problems }, where) => {
    assert.deepEqual(problems, [], where);
    assert.deepEqual(await faultsOfTexts(page), [], where);
  });
  for (const [name, size] of [
    ["mixed", large],
    ["open_loop", phone],
    ["single", large],
    ["baseline", phone],
    ["runtimes", large],
    ["runtimes", phone],
  ]) {
    const { page } = await open(browser, name, size);
    assert.deepEqual(await faultsOfTexts(page), [], `${name} ${size.width}`);
    await page.context().close();
  }
});

test("the first screen answers without scrolling", async () => {
  for (const name of ["usual", "many_cores"]) {
    const { page, data } = await open(browser, name, large);
    const visible = await page.evaluate(() =>
      [...document.querySelectorAll("h1, .lede, .questions tbody tr, .run, #featured svg")].map(
        (part) => ({
          part: part.className.baseVal ?? (part.className || part.tagName),
          bottom: part.getBoundingClientRect().bottom,
          text: part.textContent,
        }),
      ),
    );
    for (const { part, bottom, text } of visible)
      assert.ok(bottom <= large.height, `${name}: ${part} ends at ${bottom}: ${text}`);
    const rows = page.locator(".questions tbody tr");
    assert.ok((await rows.count()) >= 3);
    // One plot per row, with the models of its contest.
    for (let i = 0; i < (await rows.count()); ++i) {
      const forest = rows.nth(i).locator(".forest");
      const contest = data.contests[Number(await forest.getAttribute("data-contest"))];
      assert.equal(await forest.locator(".points [role=button]").count(), contest.ratios.length);
      assert.match(await rows.nth(i).locator(".cost").textContent(), /[mµn]s · .*MB/);
    }
    assert.equal(await page.locator("#over-cores svg").count(), 1);
    assert.match(await page.locator(".run").textContent(), /steal [\d.]+ %.*Repeat: crossover run/);
    await page.context().close();
  }
});

test("a crossing is marked in the chart and named in the answers", async () => {
  await everywhere(["crossing"], async ({ page }, where) => {
    assert.deepEqual(await faultsOfTexts(page), [], where);
    const chart = page.locator("#over-in-flight svg");
    assert.equal(await chart.locator(".crossing circle").count(), 1);
    assert.equal(
      await chart.locator(".crossing-label").textContent(),
      "event_loop leads from 8 on",
    );
    // The circle is around the place where the lines meet, between 1 and 8 in flight.
    const place = await chart.evaluate((svg) => {
      const middle = (mark) => {
        const box = mark.getBoundingClientRect();
        return (box.left + box.right) / 2;
      };
      const points = [...svg.querySelectorAll(".points [aria-label^='event_loop,']")].map(middle);
      return { circle: middle(svg.querySelector(".crossing circle")), points };
    });
    assert.ok(place.circle > place.points[0] && place.circle < place.points[1], where);
    const answers = await page.locator(".questions tbody tr").allInnerTexts();
    assert.ok(answers.some((text) => /thread_pool, 1\.\d+.×.processes/.test(text)));
    assert.ok(answers.some((text) => /event_loop, .*thread_pool collapses at.512/s.test(text)));
  });
});

test("the key names the models of the answers, up to 24", async () => {
  for (const name of ["usual", "runtimes"]) {
    const { page, data } = await open(browser, name, large);
    const models = new Set(data.contests.flatMap(({ ratios }) => ratios.map((r) => r.model)));
    const named = await page.locator("#answers .key bdi").allTextContents();
    assert.equal(new Set(named).size, Math.min(24, models.size));
    for (const model of named) assert.ok(models.has(model), model);
    await page.context().close();
  }
});

test("every workload has an answer of at most six words", async () => {
  const { page, data } = await open(browser, "usual", large);
  const panels = await page
    .locator(".questions tbody tr")
    .evaluateAll((rows) => rows.flatMap((row) => row.dataset.panels.split(" ").map(Number)));
  assert.deepEqual([...new Set(panels)].sort(), [...data.panels.keys()]);
  for (const answer of await page.locator(".questions strong").allTextContents())
    assert.ok(answer.split(/\s+/).length <= 6, answer);
  assert.doesNotMatch(await page.locator("body").innerText(), /repetition/i);
  await page.context().close();
});

test("the plots of the answers are at the ratios of the JSON", async () => {
  const { page, data } = await open(browser, "many_cores", large);
  const drawn = await page.locator(".forest").evaluateAll((forests) =>
    forests.map((forest) => ({
      contest: Number(forest.dataset.contest),
      marks: [...forest.querySelectorAll(".points [data-cell]")].map((mark) => {
        const box = mark.getBoundingClientRect();
        return { cell: Number(mark.dataset.cell), x: (box.left + box.right) / 2 };
      }),
    })),
  );
  // A logarithmic scale: the distance between two ratios is the same in all rows.
  const steps = drawn.flatMap(({ contest, marks }) => {
    const leader = marks[0];
    return marks.slice(1).map(({ cell, x }) => {
      const { ratio } = data.contests[contest].ratios.find((r) => r.cell === cell);
      return { ratio, pixels: leader.x - x };
    });
  });
  const widest = steps.reduce((a, b) => (b.ratio < a.ratio ? b : a));
  for (const { ratio, pixels } of steps)
    assert.ok(Math.abs(pixels - (widest.pixels * Math.log(ratio)) / Math.log(widest.ratio)) < 1);
  await page.context().close();
});

test("no interval is drawn from fewer than three blocks", async () => {
  const { page, data } = await open(browser, "single", large);
  assert.ok(data.cells.every((cell) => (cell.metrics ?? []).every((f) => !f || f[1] === null)));
  assert.equal(await page.locator(".intervals :is(line, path, rect)").count(), 0);
  assert.equal(await page.locator(".band path").count(), 0);
  await page.context().close();
});

test("the tooltip never covers its point", async () => {
  for (const size of [large, phone]) {
    const { page } = await open(browser, "usual", size);
    const covered = await page.evaluate(() => {
      const marks = [...document.querySelectorAll(".first .points [role=button]")];
      const tip = document.getElementById("tooltip");
      const names = [];
      for (const mark of marks) {
        mark.focus();
        const at = mark.getBoundingClientRect();
        const box = tip.getBoundingClientRect();
        const across = Math.max(box.left - at.right, at.left - box.right);
        const along = Math.max(box.top - at.bottom, at.top - box.bottom);
        if (tip.hidden || Math.max(across, along) < 4) names.push(mark.getAttribute("aria-label"));
        else if (box.left < 0 || box.right > innerWidth || box.top < 0 || box.bottom > innerHeight)
          names.push(`${mark.getAttribute("aria-label")} leaves the window`);
      }
      return { count: marks.length, names };
    });
    assert.ok(covered.count > 20);
    assert.deepEqual(covered.names, [], String(size.width));
    await page.context().close();
  }
});

test("the controls that stay in view use at most 15 % of a phone's screen", async () => {
  const { page } = await open(browser, "usual", phone);
  const bar = () =>
    page.evaluate(() => {
      scrollTo(0, document.getElementById("charts").offsetTop + 200);
      const box = document.getElementById("controls").getBoundingClientRect();
      return { top: box.top, bottom: box.bottom };
    });
  const folded = await bar();
  assert.ok(folded.top <= 0.5 && folded.bottom > 0 && folded.bottom <= 0.15 * phone.height);
  await page.locator("#controls").getByRole("button", { name: "Filters" }).click();
  assert.ok(await page.locator("#controls .filters").isVisible());
  // Unfolded, they scroll away with the page.
  assert.ok((await bar()).bottom <= 0.15 * phone.height);
  await page.context().close();
});

test("a click on an answer's plot shows time, distribution, percentiles and command", async () => {
  const { page, data } = await open(browser, "usual", large);
  const point = page.locator(".questions .forest .points [role=button]").first();
  const cell = data.cells[Number(await point.getAttribute("data-cell"))];
  await point.focus();
  await page.keyboard.press("Enter");
  const dialog = page.locator("#samples[open]");
  await dialog.waitFor();
  assert.equal(await dialog.locator("figure svg").count(), 2);
  for (const i of [0, 1])
    assert.equal(
      await dialog.locator("figure").nth(i).locator(".blocks circle").count(),
      cell.metrics[0].length - 4,
    );
  assert.match(await dialog.locator(".percentiles").first().textContent(), /99 % within .*maximum/);
  assert.match(
    await dialog.locator(".command code").textContent(),
    new RegExp(`--model ${cell.model} --cores ${cell.cores} --in-flight ${cell.in_flight} `),
  );
  assert.deepEqual(await faultsOfTexts(page), []);
  await page.context().close();
});

test("a workload filter shows that workload's answers and charts", async () => {
  const { page, data } = await open(browser, "usual", large);
  const label = data.panels[2].label;
  await page
    .locator("#controls label", { hasText: "Workload" })
    .locator("select")
    .selectOption(label);
  for (const title of await page.locator("#featured h2 small").allTextContents())
    assert.ok(title.startsWith(label), title);
  await page.context().close();
});

test("the page of a usual run is at most 500 KB", () => {
  assert.ok(statSync(join(process.env.PAGES, "usual.html")).size <= 500_000);
});
