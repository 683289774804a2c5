// Use of the page: filters, keyboard, saving, printing, and hostile results files.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { comparedCells, cutTexts, launch, open, violations } from "./browser.mjs";

let browser;
before(async () => {
  browser = await launch();
});
after(async () => {
  await browser?.close();
});

const control = (page, label) =>
  page.locator("#controls label", { hasText: label }).locator("select");

test("axe finds no violations on any page, at any width or theme", async () => {
  for (const [name, width, scheme] of [
    ...[400, 800, 1600].flatMap((width) =>
      ["light", "dark"].map((scheme) => ["baseline", width, scheme]),
    ),
    ["mixed", 800, "dark"],
    ["foreign", 800, "light"],
    ["many_cores", 1600, "dark"],
    ["fleet", 1400, "light"],
    ["hostile", 800, "light"],
    ["empty", 400, "light"],
  ]) {
    const { page } = await open(browser, name, { width, scheme });
    assert.deepEqual(await violations(page), [], `${name} ${width} ${scheme}`);
    await page.context().close();
  }
});

test("unusual results cause no error, request or script", async () => {
  for (const name of [
    "hostile",
    "foreign",
    "single",
    "empty",
    "failed",
    "mixed",
    "many_cores",
    "fleet",
    "baseline",
  ]) {
    const { page, problems } = await open(browser, name);
    assert.deepEqual(problems, [], name);
    assert.equal(await page.evaluate(() => globalThis.hacked), undefined);
    assert.equal(await page.locator("img").count(), 0);
    assert.equal(
      await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth),
      true,
      `${name} scrolls sideways`,
    );
    await page.context().close();
  }
});

test("hostile names are shown verbatim", async () => {
  const { page, data } = await open(browser, "hostile");
  const first = data.cells[0].name;
  assert.ok(first.includes("</script>"));
  await page.locator("#cells .link").first().click();
  assert.ok(
    (await page.locator("#samples .name").textContent()).startsWith(
      "</script><script>window.hacked=1</script>",
    ),
  );
  await page.context().close();
});

test("answers, missing cells and environment are readable without JavaScript", async () => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(`file://${process.env.PAGES}/usual.html`);
  const text = await page.locator("main").innerText();
  assert.match(text, /8.cores, 1024.in.flight/);
  assert.match(text, /36 contests: verdicts and intervals/);
  assert.match(text, /EAGAIN/);
  assert.match(text, /Example CPU 9000/);
  assert.match(text, /need JavaScript/);
  await context.close();
});

test("settings are stored in the hash and restored from it", async () => {
  const { page, data } = await open(browser, "usual");
  const label = data.panels[1].label;
  await control(page, "Workload").selectOption(label);
  await control(page, "In flight").selectOption("64");
  await control(page, "Cores").selectOption("4");
  await page.getByRole("button", { name: "Log", exact: true }).click();
  await page.getByRole("button", { name: "Efficiency", exact: true }).click();
  await page.locator(".legend [data-model=thread_pool]").click();
  await page.locator("#search").fill("loop");
  const hash = await page.evaluate(() => location.hash);
  const stateOf = (p) =>
    p.evaluate(() => ({
      points: [...document.querySelectorAll("#throughput-by-cores .points [data-cell]")].map(
        (m) => m.dataset.cell,
      ),
      count: document.querySelector("#cells .count").firstChild.textContent,
      pressed: [...document.querySelectorAll("[aria-pressed=false]")].map((b) => b.textContent),
      answers: [...document.querySelectorAll(".questions tbody tr")]
        .filter((row) => !row.hidden)
        .map((row) => row.dataset.panels),
    }));
  await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
  const state = await stateOf(page);
  assert.ok(state.answers.length > 0 && state.answers.every((panels) => panels === "1"));
  assert.ok(state.points.length > 0);
  assert.ok(
    state.points.every(
      (i) =>
        data.cells[i].panel === 1 &&
        data.cells[i].in_flight === 64 &&
        data.cells[i].model !== "thread_pool",
    ),
  );
  const reopened = await open(browser, "usual", { hash });
  assert.deepEqual(await stateOf(reopened.page), state);
  await reopened.page.context().close();
  await page.context().close();
});

test("the keyboard moves between points, shows tooltips, opens and closes samples", async () => {
  const { page, data } = await open(browser, "usual");
  const points = page
    .locator("#throughput-by-cores .panel")
    .first()
    .locator(".points [role=button]");
  await points.first().focus();
  await assert.doesNotReject(page.locator("#tooltip").waitFor({ state: "visible" }));
  await page.keyboard.press("ArrowRight");
  const focused = Number(await page.evaluate(() => document.activeElement.dataset.cell));
  assert.equal(await points.nth(1).getAttribute("data-cell"), String(focused));
  const cell = data.cells[focused];
  assert.ok((await page.locator("#tooltip strong").textContent()).startsWith(cell.model));
  await page.keyboard.press("Enter");
  await page.locator("#samples[open]").waitFor();
  const throughput = cell.metrics[0];
  assert.ok((await page.locator("#samples tbody tr").first().textContent()).includes("throughput"));
  assert.equal(
    (await page.locator("#samples tbody tr").first().locator(".values").textContent()).split("·")
      .length,
    throughput.length - 4,
  );
  await page.keyboard.press("Escape");
  await page.locator("#samples[open]").waitFor({ state: "detached" });
  assert.equal(
    await page
      .locator("#throughput-by-cores .panel")
      .first()
      .locator(".points [tabindex='0']")
      .count(),
    1,
  );
  await page.context().close();
});

test("the pointer finds the nearest point, and a click opens its samples", async () => {
  const { page } = await open(browser, "usual");
  const mark = page
    .locator("#throughput-by-cores .panel")
    .first()
    .locator(".points [role=button]")
    .last();
  await mark.scrollIntoViewIfNeeded();
  // Scrolling hides the tooltip, possibly after the first move: then the next move shows it.
  const tooltip = page.locator("#tooltip");
  for (let i = 0; i < 50 && !(await tooltip.isVisible()); ++i) {
    const box = await mark.boundingBox();
    await page.mouse.move(box.x + box.width / 2 + (i % 2), box.y + box.height / 2 + 1);
    await page.waitForTimeout(100);
  }
  assert.ok(await tooltip.isVisible());
  assert.match(await page.locator("#tooltip").textContent(), /throughput: .* to /);
  await page.mouse.down();
  await page.mouse.up();
  await page.locator("#samples[open]").waitFor();
  await page.getByRole("button", { name: "Close", exact: true }).click();
  await page.context().close();
});

test("the legend hides a model from every chart, and shows it again", async () => {
  const { page } = await open(browser, "usual");
  const count = () =>
    page.evaluate(
      () => [...document.querySelectorAll(".points [aria-label^='event_loop,']")].length,
    );
  const drawn = async () => {
    await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
    return count();
  };
  const first = await drawn();
  assert.ok(first > 0);
  await page.locator(".legend [data-model=event_loop]").click();
  assert.equal(await drawn(), 0);
  assert.equal(await page.evaluate(() => document.activeElement.dataset.model), "event_loop");
  await page.getByRole("button", { name: "Show all", exact: true }).click();
  assert.equal(await drawn(), first);
  await page.context().close();
});

test("the table is sorted by its headings and filtered by the search", async () => {
  const { page, data } = await open(browser, "usual");
  const heading = page.locator("#cells").getByRole("button", { name: /^throughput/ });
  await heading.click();
  const shown = await page
    .locator("#cells tbody tr")
    .evaluateAll((rows) => rows.map((row) => Number(row.dataset.cell)));
  const means = shown.map((i) => data.cells[i].metrics[0][0]);
  assert.deepEqual(
    means,
    [...means].sort((a, b) => b - a),
  );
  assert.equal(await page.locator("#cells th[aria-sort=descending]").count(), 1);
  // The sorting is part of the permalink.
  const hash = await page.evaluate(() => location.hash);
  assert.equal(hash, "#sort=-throughput");
  const reopened = await open(browser, "usual", { hash });
  assert.deepEqual(
    await reopened.page
      .locator("#cells tbody tr")
      .evaluateAll((rows) => rows.map((row) => Number(row.dataset.cell))),
    shown,
  );
  await reopened.page.context().close();
  await page.locator("#search").fill("failed EAGAIN");
  assert.equal(
    await page.locator("#cells tbody tr").count(),
    data.cells.filter((c) => c.status === "failed").length,
  );
  await page.context().close();
});

async function saved(page, click) {
  const [download] = await Promise.all([page.waitForEvent("download"), click()]);
  return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
}

test("a chart is saved as SVG and PNG, its data as CSV, the results as JSON", async () => {
  const { page, data } = await open(browser, "many_cores");
  const panel = page.locator("#throughput-by-cores .panel").first();
  const svg = await saved(page, () => panel.getByRole("button", { name: "SVG" }).click());
  assert.match(svg.name, /^throughput-by-cores.*\.svg$/);
  assert.match(svg.bytes.toString(), /^<svg/);
  assert.doesNotMatch(svg.bytes.toString(), /var\(--/);
  const png = await saved(page, () => panel.getByRole("button", { name: "PNG" }).click());
  assert.deepEqual([...png.bytes.subarray(0, 4)], [0x89, 0x50, 0x4e, 0x47]);
  const json = await saved(page, () => page.locator("#download button").click());
  const document = JSON.parse(json.bytes.toString());
  assert.equal(document.crossover.cells.length, data.cells.length);
  const source = JSON.parse(readFileSync(`${process.env.PAGES}/many_cores.json`, "utf8"));
  assert.deepEqual(
    document.crossover.cells.map((c) => c.samples.map((s) => s.operations)),
    source.crossover.cells.map((c) => c.samples.map((s) => s.operations)),
  );
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await panel.getByRole("button", { name: "CSV" }).click();
  await panel.getByRole("button", { name: "Copied" }).waitFor();
  const csv = (await page.evaluate(() => navigator.clipboard.readText())).trim().split(/\r?\n/);
  assert.equal(csv[0], "model,cores,in flight,throughput (1/s),lower,upper,blocks");
  const compared = comparedCells(data, 0);
  assert.equal(csv.length - 1, compared.length);
  const [first] = compared;
  assert.ok(
    csv.includes(
      [
        data.cells[first].model,
        data.cells[first].cores,
        data.cells[first].in_flight,
        ...data.cells[first].metrics[0].slice(0, 4),
      ].join(","),
    ),
  );
  await page.context().close();
});

test("the theme follows the system, and the switch overrides it", async () => {
  const { page } = await open(browser, "usual", { scheme: "dark" });
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const dark = await ground();
  await page.getByRole("button", { name: "Light", exact: true }).click();
  const light = await ground();
  assert.notEqual(dark, light);
  await page.emulateMedia({ colorScheme: "light" });
  await page.getByRole("button", { name: "Dark", exact: true }).click();
  assert.equal(await ground(), dark);
  await page.context().close();
});

test("print is light, without controls, and every chart is drawn", async () => {
  const { page } = await open(browser, "usual", { scheme: "dark", hash: "#theme=dark" });
  await page.emulateMedia({ media: "print" });
  assert.equal(
    await page.evaluate(() => getComputedStyle(document.body).backgroundColor),
    "rgb(255, 255, 255)",
  );
  assert.equal(await page.locator(".filters").isVisible(), false);
  assert.equal(await page.locator(".drawing:not([data-width])").count(), 0);
  const pdf = await page.pdf({ format: "A4" });
  assert.equal(pdf.subarray(0, 5).toString(), "%PDF-");
  assert.ok((pdf.toString("latin1").match(/\/Type\s*\/Page\b/g) ?? []).length > 1);
  await page.context().close();
});

test("print shows every row, and the screen fewer again", async () => {
  const { page, data } = await open(browser, "usual");
  const rows = page.locator("#cells tbody tr");
  const few = await rows.count();
  assert.ok(few < data.cells.length);
  await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
  assert.equal(await rows.count(), data.cells.length);
  assert.equal(await page.locator("details:not([open])").count(), 0);
  await page.evaluate(() => dispatchEvent(new Event("afterprint")));
  assert.equal(await rows.count(), few);
  await page.context().close();
});

test("the table keeps what names a cell in view on a phone", async () => {
  const { page } = await open(browser, "usual", { width: 400 });
  const name = page.locator("#cells tbody th").nth(3);
  const before = await name.boundingBox();
  await page.locator("#cells .scroll").evaluate((box) => (box.scrollLeft = 500));
  assert.equal((await name.boundingBox()).x, before.x);
  assert.match(await name.innerText(), /\w+, \d cores?, \d+ in flight/);
  assert.ok(before.width < 200, "names leave room for figures");
  await page.context().close();
});

test("print cuts off nothing and has no controls", async () => {
  const { page } = await open(browser, "baseline", { width: 718 }); // A4 with margins of 1 cm
  await page.emulateMedia({ media: "print" });
  await page.waitForTimeout(300); // charts are redrawn for the new width of their panels
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true);
  assert.deepEqual(await cutTexts(page), []);
  for (const part of [
    "button:visible:not(.legend button):not(th button):not(th .link):not(.cells button)",
    "select:visible",
    "input:visible",
  ])
    assert.equal(await page.locator(part).count(), 0, part);
  await page.context().close();
});

test("chart texts stay within their panel at any width", async () => {
  for (const [name, width] of [
    ["baseline", 400],
    ["baseline", 800],
    ["baseline", 1600],
    ["many_cores", 800],
    ["mixed", 400],
    ["foreign", 400],
    ["open_loop", 1600],
  ]) {
    const { page } = await open(browser, name, { width });
    assert.deepEqual(await cutTexts(page), [], `${name} ${width}`);
    await page.context().close();
  }
});

test("the crossover map has one square per pair, hatched if several models lead", async () => {
  const { page, data } = await open(browser, "mixed");
  const squares = page.locator("#crossover-map .points [role=button]");
  assert.equal(await squares.count(), data.panels.length);
  const hatched = data.contests.filter(
    ({ verdict }) => verdict === "equivalent" || verdict === "cannot_tell",
  ).length;
  assert.ok(hatched > 0);
  assert.equal(
    await page.locator("#crossover-map [data-mark=cell] rect[fill^='url(']").count(),
    hatched,
  );
  await page.context().close();
});

test("response and service times of an open loop are both drawn", async () => {
  const { page, data, problems } = await open(browser, "open_loop");
  assert.deepEqual(problems, []);
  const panels = page.locator("#latency .panel");
  assert.equal(await panels.count(), data.panels.length);
  for (let i = 0; i < data.panels.length; ++i) {
    const cells = data.cells.filter((c) => c.panel === i);
    assert.equal(await panels.nth(i).locator("[data-mark=line].service").count(), cells.length);
    const labels = await panels
      .nth(i)
      .locator(".points [role=button]")
      .evaluateAll((marks) => marks.map((m) => m.getAttribute("aria-label")));
    for (const cell of cells)
      for (const kind of ["response time", "service time"])
        assert.ok(
          labels.some((w) => w.startsWith(`${cell.model},`) && w.includes(`(${kind},`)),
          `${cell.model} ${kind}`,
        );
    assert.match(await panels.nth(i).locator(".note").textContent(), /intended start/);
  }
  await page.context().close();
});

test("fits for 128 cores are on the page with their intervals", async () => {
  const { page, data } = await open(browser, "many_cores");
  const rows = await page.locator("#scaling-fit tbody tr").allTextContents();
  assert.equal(rows.length, data.panels[0].fits.filter((f) => !f.missing).length);
  assert.ok(rows.some((row) => /thread_pool\s*USL/.test(row) && / to /.test(row)));
  await page.context().close();
});

test("lines and changes of a baseline are drawn, with environment differences", async () => {
  const { page, data } = await open(browser, "baseline");
  assert.ok((await page.locator("#throughput-by-cores .baseline").count()) > 0);
  assert.ok((await page.locator("#baseline").innerText()).includes("Linux 6.0.0"));
  const drawn = await page
    .locator("#changes .panel")
    .first()
    .locator(".points [role=button]")
    .count();
  assert.equal(
    drawn,
    Math.min(24, data.baseline.changes.filter((c) => c.metric === "throughput").length),
  );
  await page.context().close();
});

test("the first screen of a Google Benchmark file has times and counters by family", async () => {
  for (const [width, height] of [
    [1400, 900],
    [400, 800],
  ]) {
    const { page, data, problems } = await open(browser, "foreign", { width, height });
    assert.deepEqual(problems, []);
    const rows = page.locator(".families tbody tr");
    assert.equal(await rows.count(), data.panels.length);
    assert.match(
      await rows.first().textContent(),
      /BM_sort.*64 to 32768.*461\sns\sto\s591\sµs\s±\s/,
    );
    assert.match(await rows.first().textContent(), /items\s5[\d.]+\sM\/s\sto\s1[\d.]+\sM\/s/);
    assert.match(await rows.first().locator(".cost").textContent(), /768 ns to 393 µs/);
    assert.equal(
      await page.locator(".families .points [data-cell]").count(),
      data.cells.filter((c) => c.status === "ok").length,
    );
    // Times are drawn on one logarithmic scale.
    const drawn = await page.locator(".families .points circle").evaluateAll((marks) =>
      marks.map((mark) => ({
        cell: Number(mark.dataset.cell),
        x: mark.getBoundingClientRect().left,
        start: mark.closest("svg").getBoundingClientRect().left,
      })),
    );
    const time = data.metrics.findIndex((m) => m.id === "time");
    const log = ({ cell }) => Math.log(data.cells[cell].metrics[time][0]);
    const place = ({ x, start }) => x - start;
    const [a, b] = [drawn[0], drawn[3]];
    const slope = (place(b) - place(a)) / (log(b) - log(a));
    for (const mark of drawn)
      assert.ok(Math.abs(place(a) + slope * (log(mark) - log(a)) - place(mark)) < 1);
    const end = await rows.last().boundingBox();
    if (width > 1000) assert.ok(end.y + end.height < height, "fits the first screen");
    await page.context().close();
  }
});

test("counters of a Google Benchmark file are in the table and in its samples", async () => {
  const { page } = await open(browser, "foreign");
  assert.match(await page.locator("#cells thead").textContent(), /items_per_second/);
  await page.locator("#cells tbody .link").first().click();
  assert.match(await page.locator("#samples").textContent(), /items_per_second/);
  await page.context().close();
});

test("a Google Benchmark file has one panel per family", async () => {
  const { page, data } = await open(browser, "foreign");
  assert.equal(await page.locator("#families .panel").count(), data.panels.length);
  assert.equal(await page.locator("#families .points [role=button]").count(), data.cells.length);
  await page.context().close();
});
