// Opens test pages in Chromium. PAGES is their directory; CHROMIUM may name another browser.
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

export const executable = process.env.CHROMIUM ?? "/usr/bin/chromium";
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
export const hasBrowser = existsSync(executable);

export const launch = () =>
  chromium.launch({
    executablePath: executable,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });

/** Opens a page and records its problems: requests, console errors, exceptions. */
export async function open(
  browser,
  name,
  { width = 1280, height = 900, hash = "", scheme = "light", javaScriptEnabled = true } = {},
) {
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: scheme,
    javaScriptEnabled,
    acceptDownloads: true,
  });
  context.setDefaultTimeout(10_000);
  const page = await context.newPage();
  const problems = [];
  const address = pathToFileURL(join(process.env.PAGES, `${name}.html`)).href;
  page.on("request", (request) => {
    if (!request.url().startsWith(address) && !/^(blob|data):/.test(request.url()))
      problems.push(`request ${request.url()}`);
  });
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning")
      problems.push(`console ${message.text()}`);
  });
  page.on("pageerror", (failure) => problems.push(`exception ${failure.message}`));
  page.on("dialog", (dialog) => {
    problems.push(`dialog ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.goto(address + hash);
  if (!javaScriptEnabled) return { page, problems };
  await page.waitForSelector("html[data-ready]");
  // Draws charts that are not in view.
  await page.evaluate(() => {
    dispatchEvent(new Event("beforeprint"));
    dispatchEvent(new Event("afterprint"));
  });
  return { page, problems, data: JSON.parse(await page.locator("#page-data").textContent()) };
}

/** Indices of the cells that throughput by core count compares: those at the panel's in flight. */
export const comparedCells = (data, panel) =>
  data.cells.flatMap((cell, i) =>
    cell.panel === panel && cell.in_flight === data.panels[panel].in_flight && cell.metrics?.[0]
      ? [i]
      : [],
  );

/** The problems that axe finds. */
export async function violations(page) {
  await page.evaluate(axe);
  const { violations: found } = await page.evaluate(() =>
    globalThis.axe.run(document, { resultTypes: ["violations"] }),
  );
  return found.map(
    (v) =>
      `${v.id}: ${v.nodes
        .slice(0, 3)
        .map((n) => n.html.slice(0, 160))
        .join(" | ")}`,
  );
}

/** Texts in charts that extend beyond their panel. */
export const cutTexts = (page) =>
  page.evaluate(() =>
    [...document.querySelectorAll(".panel svg text")]
      .filter((text) => {
        const own = text.getBoundingClientRect();
        const panel = text.closest(".panel").getBoundingClientRect();
        return own.width > 0 && (own.left < panel.left - 1 || own.right > panel.right + 1);
      })
      .map((text) => text.textContent),
  );

/** Pairs of texts in a chart that overlap. */
export const overlappingTexts = (page) =>
  page.evaluate(() =>
    [...document.querySelectorAll(".panel svg")].flatMap((svg) => {
      const texts = [...svg.querySelectorAll("text")]
        .map((text) => ({ text: text.textContent, box: text.getBoundingClientRect() }))
        .filter(({ box }) => box.width > 0);
      return texts.flatMap((a, i) =>
        texts
          .slice(i + 1)
          .filter(
            (b) =>
              a.box.left < b.box.right - 1 &&
              b.box.left < a.box.right - 1 &&
              a.box.top < b.box.bottom - 2 &&
              b.box.top < a.box.bottom - 2,
          )
          .map((b) => `${a.text} / ${b.text}`),
      );
    }),
  );
