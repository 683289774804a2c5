// licences.mjs: prints the licences of the packages whose code is bundled into the page.
import { readdir, readFile } from "node:fs/promises";

const lock = JSON.parse(await readFile("package-lock.json", "utf8"));
for (const [folder, entry] of Object.entries(lock.packages)) {
  if (folder === "" || entry.dev) continue;
  const files = (await readdir(folder)).filter((name) => /^(licen[cs]e|copying)/i.test(name));
  if (files.length === 0) throw new Error(`${folder}: no licence file`);
  console.log(`== ${folder.replace("node_modules/", "")} ${entry.version} (${entry.license})\n`);
  for (const file of files) console.log((await readFile(`${folder}/${file}`, "utf8")).trim(), "\n");
}
