import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { comparedCells, launch, open } from "./browser.mjs";

let browser;
before(async () => {
  browser = await launch();
});
after(async () => {
  await browser?.close();
});

test("a typical page opens without requests or errors, at every width and theme", async () => {
  for (const [width, scheme] of [
    [400, "dark"],
    [800, "light"],
    [1600, "dark"],
  ]) {
    const { page, problems } = await open(browser, "usual", { width, scheme });
    assert.deepEqual(problems, []);
    assert.equal(await page.locator("#throughput-by-cores .panel svg").count(), 3);
    assert.equal(
      await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth),
      true,
      `scrolls sideways at ${width}`,
    );
    await page.context().close();
  }
});

test("the content policy blocks the network", async () => {
  const { page } = await open(browser, "usual");
  const refused = await page.evaluate(() =>
    fetch("data:text/plain,hello").then(
      () => false,
      () => true,
    ),
  );
  assert.equal(refused, true);
  await page.context().close();
});

test("points of throughput by core count match the JSON and name their intervals", async () => {
  const { page, data } = await open(browser, "usual");
  const throughput = data.metrics.findIndex((m) => m.id === "throughput");
  const drawn = await page.locator("#throughput-by-cores .panel").evaluateAll((panels) =>
    panels.map((panel) => ({
      key: Number(panel.dataset.panel),
      cells: [...panel.querySelectorAll(".points [data-cell]")].map((mark) => ({
        cell: Number(mark.dataset.cell),
        label: mark.getAttribute("aria-label"),
      })),
    })),
  );
  assert.equal(drawn.length, data.panels.length);
  for (const { key, cells } of drawn) {
    assert.deepEqual(
      cells.map((c) => c.cell).sort((a, b) => a - b),
      comparedCells(data, key),
    );
    for (const { cell, label } of cells) {
      const [, lower, upper] = data.cells[cell].metrics[throughput];
      assert.ok(lower < upper);
      assert.match(
        label,
        /throughput: [\d.]+ [kM]?\/s \([\d.]+( [kM]?\/s)? to [\d.]+( [kM]?\/s)?\)/,
      );
    }
  }
  // The drawing and its table have the same rows.
  await page
    .locator("#throughput-by-cores .panel")
    .first()
    .getByRole("button", { name: "Table" })
    .click();
  const rows = await page
    .locator("#throughput-by-cores .panel")
    .first()
    .locator("tbody tr")
    .allTextContents();
  assert.equal(rows.length, drawn[0].cells.length);
  const first = data.cells[comparedCells(data, 0)[0]];
  assert.ok(rows.some((row) => row.includes(String(first.metrics[throughput][0]))));
  await page.context().close();
});

test("throughput by core count draws points and intervals at the JSON's figures", async () => {
  const { page, data } = await open(browser, "usual");
  const throughput = data.metrics.findIndex((m) => m.id === "throughput");
  const drawn = await page.locator("#throughput-by-cores .panel").evaluateAll((panels) =>
    panels.map((panel) => {
      const svg = panel.querySelector("svg");
      const zero = svg.getBoundingClientRect().top;
      const scale = svg.viewBox.baseVal.height / svg.getBoundingClientRect().height;
      const middle = (box) => ((box.top + box.bottom) / 2 - zero) * scale;
      return {
        base: Number(svg.querySelector("g.base line, line.base").getAttribute("y1")),
        points: [...svg.querySelectorAll(".points [data-cell]")].map((mark) => {
          // The centre of a triangle is its translation, not the middle of its box.
          const at = /translate\([^,]+,\s*([^)]+)\)/.exec(mark.getAttribute("transform") ?? "");
          return {
            cell: Number(mark.dataset.cell),
            y: at
              ? Number(at[1])
              : mark.hasAttribute("cy")
                ? Number(mark.getAttribute("cy"))
                : middle(mark.getBoundingClientRect()),
          };
        }),
        intervals: [...svg.querySelectorAll("g.intervals")].map((group) =>
          [...group.querySelectorAll("line")].map((line) => [
            Number(line.getAttribute("y1")),
            Number(line.getAttribute("y2")),
          ]),
        ),
      };
    }),
  );
  let checked = 0;
  for (const { base, points, intervals } of drawn) {
    const figure = ({ cell }) => data.cells[cell].metrics[throughput];
    const highest = points.reduce((a, b) => (figure(b)[0] > figure(a)[0] ? b : a));
    // The axis is linear from 0: base line and highest point give the place of every figure.
    const place = (value) => base - (value * (base - highest.y)) / figure(highest)[0];
    for (const point of points)
      assert.ok(Math.abs(point.y - place(figure(point)[0])) < 0.5, data.cells[point.cell].name);
    const models = [...new Set(points.map((p) => data.cells[p.cell].model))];
    assert.equal(intervals.length, models.length);
    models.forEach((model, i) => {
      const own = points
        .filter((p) => data.cells[p.cell].model === model)
        .sort((a, b) => data.cells[a.cell].cores - data.cells[b.cell].cores);
      assert.equal(intervals[i].length, own.length);
      own.forEach((point, j) => {
        const [lower, upper] = intervals[i][j];
        assert.ok(
          Math.abs(lower - place(figure(point)[1])) < 0.5 &&
            Math.abs(upper - place(figure(point)[2])) < 0.5,
          data.cells[point.cell].name,
        );
        ++checked;
      });
    });
  }
  assert.equal(
    checked,
    data.panels.reduce((n, _, i) => n + comparedCells(data, i).length, 0),
  );
  await page.context().close();
});

test("skipped and failed cells are on the page with their reasons", async () => {
  const { page, data } = await open(browser, "usual");
  for (const cell of data.cells.filter((c) => c.status !== "ok")) {
    assert.notEqual(cell.reason, "");
    assert.ok(
      (await page.locator("#missing tr", { hasText: cell.name }).textContent()).includes(
        cell.reason,
      ),
    );
  }
  await page.context().close();
});

test("memory per operation in flight has a panel for each in flight, in one order", async () => {
  const { page, data, problems } = await open(browser, "runtimes");
  assert.deepEqual(problems, []);
  const memory = data.metrics.findIndex((m) => m.id === "memory_per_in_flight");
  const panels = await page.locator("#memory-by-in-flight .panel").evaluateAll((found) =>
    found.map((panel) => ({
      key: panel.dataset.panel,
      cells: [...panel.querySelectorAll(".points [data-cell]")].map((m) => Number(m.dataset.cell)),
      figures: [...panel.querySelectorAll(".figures text")].map((text) => text.textContent),
    })),
  );
  assert.deepEqual(
    panels.map(({ key }) => Number(key.split(" ")[1])),
    [1, 1000, 10_000],
  );
  for (const { cells, figures } of panels) assert.equal(figures.length, cells.length);
  const last = panels[2].cells.map((i) => data.cells[i]);
  const bytes = last.map((cell) => cell.metrics[memory][0]);
  assert.deepEqual(
    bytes,
    [...bytes].sort((a, b) => a - b),
  );
  const order = last.map((cell) => cell.model);
  const shared = (panel) =>
    panel.cells.map((i) => data.cells[i].model).filter((model) => order.includes(model));
  for (const panel of panels) assert.deepEqual(shared(panel), order);
  assert.match(await page.locator(".lede").textContent(), /except those of go \(crypto\/sha256/);
  await page.context().close();
});
