// Opens test pages in Chromium. PAGES is their directory; CHROMIUM may name another browser.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

export const executable = process.env.CHROMIUM ?? "/usr/bin/chromium";
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
  { width = 1280, height = 900, hash = "", scheme = "light" } = {},
) {
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: scheme,
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
  await page.waitForSelector("html[data-ready]");
  // Draws charts that are not in view.
  await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
  return { page, problems, data: JSON.parse(await page.locator("#page-data").textContent()) };
}

/** Indices of the cells that throughput by core count compares: those at the panel's in flight. */
export const comparedCells = (data, panel) =>
  data.cells.flatMap((cell, i) =>
    cell.panel === panel && cell.in_flight === data.panels[panel].in_flight && cell.metrics?.[0]
      ? [i]
      : [],
  );
