// build.mjs OUT.cpp: bundles the page's script and style, and writes them and the HTML document as
// byte arrays to a C++ file.
import { readFile, writeFile } from "node:fs/promises";
import { build } from "esbuild";

// Plot adds a style element to each chart, which the page's content policy blocks. Its rules are in
// style.css instead. The build fails if the pattern no longer matches Plot's source.
const styleOfPlot = /\.call\(\(svg\) =>[^]*?svg\.append\("style"\)\.text\([^]*?`\s*\)\s*\)/;
const withoutStyleElement = {
  name: "without-style-element",
  setup(on) {
    on.onLoad(
      { filter: /@observablehq\/plot\/src\/(plot|legends\/ramp)\.js$/ },
      async ({ path }) => {
        const source = await readFile(path, "utf8");
        if (!styleOfPlot.test(source)) throw new Error(`${path}: no style element to take out`);
        return { contents: source.replace(styleOfPlot, ""), loader: "js" };
      },
    );
  },
};

/** The bundle of an entry file, as text. */
export async function bundle(entry, options = {}) {
  const made = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    minify: true,
    legalComments: "none",
    target: ["chrome110", "firefox113", "safari16.4"],
    plugins: [withoutStyleElement],
    ...options,
  });
  return made.outputFiles[0].text;
}

/** The text as the initialiser of a char array, with octal escapes and limited line length. */
function literal(text) {
  const bytes = Buffer.from(text, "utf8");
  let out = "";
  for (let from = 0; from < bytes.length; from += 4000) {
    let line = "";
    for (const byte of bytes.subarray(from, from + 4000)) {
      if (byte === 0x22 || byte === 0x5c) line += "\\" + String.fromCharCode(byte);
      else if (byte >= 0x20 && byte < 0x7f && byte !== 0x3f) line += String.fromCharCode(byte);
      else line += "\\" + byte.toString(8).padStart(3, "0");
    }
    out += `    "${line}"\n`;
  }
  return out || '    ""\n';
}

if (process.argv[1]?.endsWith("build.mjs")) {
  const out = process.argv[2];
  if (!out) throw new Error("build.mjs: name the C++ file to write");
  const parts = {
    page_script: (await bundle("src/main.ts", { format: "iife" })).trim(),
    page_loader: (await bundle("src/loader.ts", { format: "iife" })).trim(),
    page_style: (await bundle("src/style.css")).trim(),
    page_shell: await readFile("src/page.html", "utf8"),
  };
  if (/<\/script/i.test(parts.page_loader))
    throw new Error("the loader would end its own script element");
  let text =
    '// Made by reports/web/build.mjs.\n#include "reports/page_parts.hpp"\n\nnamespace crossover {\n\n';
  for (const [name, content] of Object.entries(parts)) {
    text += `static constexpr char ${name}_bytes[] =\n${literal(content).trimEnd()};\n`;
    text += `const std::string_view ${name}(${name}_bytes, sizeof ${name}_bytes - 1);\n\n`;
  }
  await writeFile(out, text + "}  // namespace crossover\n");
}
