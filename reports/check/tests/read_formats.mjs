// Validates the output of `format_samples DIR` with independent readers: the published SARIF
// schema, an XML parser, a Markdown parser, and the style hash that browsers check.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import assert from "node:assert/strict";
import Ajv from "ajv";
import addFormats from "ajv-formats";
import { XMLParser, XMLValidator } from "fast-xml-parser";
import { marked } from "marked";

const samples = process.argv[2];
const directory = mkdtempSync(join(tmpdir(), "crossover-formats-"));
try {
  execFileSync(samples, [directory]);
  const read = (name) => {
    const bytes = readFileSync(join(directory, name));
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  };

  // OASIS's published schema, as packaged by a program that validates uploads.
  const require = createRequire(import.meta.url);
  const schema = JSON.parse(
    readFileSync(
      join(
        require.resolve("@datadog/datadog-ci-plugin-sarif/package.json"),
        "../dist/json-schema/sarif-schema-2.1.0.json",
      ),
    ),
  );
  const ajv = new Ajv({ strict: false, allErrors: true });
  addFormats(ajv);
  const valid = ajv.compile(schema);
  for (const kind of ["everything", "usual", "pass", "nothing"]) {
    const sarif = JSON.parse(read(`${kind}.sarif`));
    assert.ok(valid(sarif), `${kind}.sarif: ${ajv.errorsText(valid.errors)}`);
    assert.ok(!valid({ ...sarif, version: "2.0.0" }), "the schema rejects another version");

    const xml = read(`${kind}.junit`);
    assert.equal(XMLValidator.validate(xml), true);
    const suite = new XMLParser({
      ignoreAttributes: false,
      isArray: (tag) => tag === "testcase",
    }).parse(xml).testsuites.testsuite;
    assert.equal(Number(suite["@_tests"]), suite.testcase?.length ?? 0);

    // The page without its script is also valid XML, so a parser checks that elements are closed
    // and names escaped.
    const page = read(`${kind}.html`);
    const shown = page.match(/<header>[^]*<\/main>/)[0];
    assert.equal(
      XMLValidator.validate(`<body>${shown}</body>`, { allowBooleanAttributes: false }),
      true,
    );
    const policy = page.match(/Content-Security-Policy" content="([^"]+)"/)[1];
    assert.match(policy, /^default-src 'none'; script-src 'sha256-\S+ 'sha256-\S+; style-src 'sha/);
    const style = page.match(/<style>([^]*?)<\/style>/)[1];
    assert.ok(
      policy.includes(createHash("sha256").update(style).digest("base64")),
      "the policy allows the page's own style",
    );
    assert.ok(
      !/<(script|img|link|iframe|a|object)\b|(src|href)=/i.test(shown),
      "the page loads nothing and has no links",
    );

    const check = JSON.parse(read(`${kind}.json`)).crossover_check;
    for (const name of ["markdown", "github_summary"]) {
      const text = read(`${kind}.${name}`);
      const tables = marked.lexer(text).filter((token) => token.type === "table");
      for (const table of tables)
        assert.deepEqual(new Set(table.rows.map((row) => row.length)), new Set([6]));
      const rows = tables.reduce((sum, table) => sum + table.rows.length, 0);
      assert.equal(rows, check.cells.length, "one row per cell");
      // Only our markup, none from cell names.
      const html = marked.parse(text).replace(/<!-- crossover check -->/, "");
      const tags = new Set([...html.matchAll(/<\/?([a-z0-9]+|!--)/gi)].map((m) => m[1]));
      const allowed = new Set(
        "h3 p table thead tbody tr th td code strong ul li details summary sub".split(" "),
      );
      for (const tag of tags) assert.ok(allowed.has(tag), `<${tag}> in ${name}`);
      assert.ok(!/href=/.test(html), "no links");
    }
  }
  console.log("ok: SARIF schema, XML and Markdown readers agree");
} finally {
  rmSync(directory, { recursive: true });
}
