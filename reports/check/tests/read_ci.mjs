// Validates the CI templates with GitHub's workflow parser and a list of GitLab job keywords.
import { readFileSync } from "node:fs";
import assert from "node:assert/strict";
import { register } from "node:module";
import { parse } from "yaml";

// The parser imports its tables as JSON modules without the attribute that Node requires. This hook
// loads them as JavaScript.
const hook = `import { readFileSync } from "node:fs";
export const load = (url, context, next) => url.endsWith(".json")
  ? { format: "module", shortCircuit: true, source: "export default " + readFileSync(new URL(url), "utf8") }
  : next(url, context);`;
register("data:text/javascript," + encodeURIComponent(hook));
const { parseWorkflow, NoOperationTraceWriter } = await import("@actions/workflow-parser");

const folder = new URL("../../../tools/ci/", import.meta.url);
const read = (name) => readFileSync(new URL(name, folder), "utf8");

const github = parseWorkflow(
  { name: "benchmarks.yml", content: read("github.yml") },
  new NoOperationTraceWriter(),
);
assert.deepEqual(
  github.context.errors.getErrors().map((e) => e.message),
  [],
);
const broken = parseWorkflow(
  {
    name: "broken.yml",
    content: read("github.yml").replace("runs-on:", "runs-onn:"),
  },
  new NoOperationTraceWriter(),
);
assert.ok(broken.context.errors.getErrors().length > 0, "the parser does refuse what it should");

const steps = parse(read("github.yml")).jobs.check.steps;
assert.ok(
  steps.some((step) => step.run?.startsWith("tools/ci/check.sh")),
  "the step that checks",
);
for (const step of steps)
  assert.ok(
    !/\$\{\{\s*github\.event\.pull_request\.(title|body|head\.ref)/.test(step.run ?? ""),
    "nothing a stranger writes is run",
  );

// Job keywords: https://docs.gitlab.com/ci/yaml/
const known = new Set(
  "after_script allow_failure artifacts before_script cache image interruptible needs resource_group retry rules script services stage tags timeout variables".split(
    " ",
  ),
);
const job = parse(read("gitlab.yml")).benchmarks;
for (const key of Object.keys(job)) assert.ok(known.has(key), `gitlab.yml: ${key}`);
assert.equal(job.artifacts.reports.junit, "out/check.xml");
assert.ok(job.script.some((line) => line.includes("tools/ci/check.sh")));
for (const value of Object.values(job.variables))
  assert.equal(typeof value, "string", "GitLab wants strings");
console.log("ok: templates");
