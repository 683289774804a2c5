// Bundles the page's unit tests, as node 18 and 20 do not run TypeScript, and runs them.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";

const out = mkdtempSync(join(tmpdir(), "page-tests-"));
const tests = readdirSync("src").filter((name) => name.endsWith("_test.ts"));
await build({
  entryPoints: tests.map((name) => join("src", name)),
  bundle: true,
  platform: "node",
  format: "esm",
  outdir: out,
  outExtension: { ".js": ".mjs" },
  logLevel: "error",
});
const { status } = spawnSync(
  process.execPath,
  ["--test", ...tests.map((name) => join(out, name.replace(/ts$/, "mjs")))],
  { stdio: "inherit" },
);
rmSync(out, { recursive: true });
process.exit(status ?? 1);
