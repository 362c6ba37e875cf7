// SPDX-License-Identifier: Apache-2.0
// Builds the static files that the web server hands out: DIR/index.html, DIR/sw.js (the service worker), DIR/manifest.webmanifest,
// DIR/licences.txt (of the packages that are in it) and DIR/assets/NAME-HASH.*, with a .gz and a .br beside each.
// The same sources give the same names and files, wherever the build runs; the compressed bytes are those of Node's zlib.
//
//   node build.mjs --out DIR [--src DIR] [--modules DIR] [--version V]
//
// --src is the folder of the sources (default: this file's), --modules the node_modules folder (default: in --src).
// Nothing is written outside --out, so the sources may be read-only.
import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { mkdir, readFile, readdir, rm, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { drawIcons, manifest, onlyDrawn } from "./installable.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));
const { values: args } = parseArgs({
  options: {
    out: { type: "string" },
    src: { type: "string", default: here },
    modules: { type: "string" },
    version: { type: "string", default: "" },
  },
});
if (!args.out) {
  console.error("usage: node build.mjs --out DIR [--src DIR] [--modules DIR] [--version V]");
  process.exit(2);
}
const src = path.resolve(args.src);
const out = path.resolve(args.out);
const modules = path.resolve(args.modules ?? path.join(src, "node_modules"));
const assets = path.join(out, "assets");

// Found in --modules, which need not be above this file.
const { build } = await import(pathToFileURL(createRequire(path.join(modules, "x.js")).resolve("esbuild")).href);

// The bundler's hashes cover the paths of what it read. Here they are the same whether the packages lie beside the
// sources or elsewhere.
const work = path.join(out, ".work");
await rm(work, { recursive: true, force: true });
await rm(assets, { recursive: true, force: true });
await mkdir(work, { recursive: true });
await mkdir(assets, { recursive: true });
for (const [name, target] of [["js", path.join(src, "js")], ["css", path.join(src, "css")], ["node_modules", modules]]) {
  await symlink(target, path.join(work, name));
}

const common = {
  absWorkingDir: work,
  preserveSymlinks: true,
  bundle: true,
  minify: true,
  charset: "utf8",
  legalComments: "none",
  target: ["es2022", "chrome100", "firefox100", "safari15.4"],
  outdir: assets,
  entryNames: "[name]-[hash]",
  chunkNames: "[name]-[hash]",
  assetNames: "[name]-[hash]",
  metafile: true,
  logLevel: "warning",
};

// A page that is loaded when asked for shares modules with the first load. The bundler would cut the first load into a piece
// for every set of pages that share one, and each is another request of a phone that is far away. As every such page
// imports the program itself, all that the first load has is one piece for all of them.
const inOnePiece = {
  name: "in-one-piece",
  setup({ onLoad, onResolve, resolve }) {
    const pages = new Set();
    onResolve({ filter: /^\.\// }, async ({ kind, path: asked, resolveDir }) => {
      if (kind !== "dynamic-import") return undefined;
      const found = await resolve(asked, { kind: "import-statement", resolveDir });
      pages.add(found.path);
      return found;
    });
    onLoad({ filter: /\.js$/ }, async ({ path: file }) =>
      (pages.has(file) ? { contents: `import "./main.js";${await readFile(file, "utf8")}` } : undefined));
  },
};

// import("words:de"): the catalogue of words/*.json in one language.
const LANGUAGES = ["de", "es"];
const words = {
  name: "words",
  setup({ onLoad, onResolve }) {
    onResolve({ filter: /^words:/ }, ({ path: asked }) => ({ path: `words-${asked.slice("words:".length)}`, namespace: "words" }));
    onLoad({ filter: /./, namespace: "words" }, async ({ path: name }) => {
      const column = LANGUAGES.indexOf(name.slice("words-".length));
      const texts = {};
      for (const file of (await readdir(path.join(src, "words"))).filter((entry) => entry.endsWith(".json")).sort()) {
        for (const [key, row] of Object.entries(JSON.parse(await readFile(path.join(src, "words", file), "utf8")))) texts[key] = row[column];
      }
      return { contents: JSON.stringify(texts), loader: "json" };
    });
  },
};

// import("file:pdf-worker.js"): the address of a file that is handed out as it is, relative to the piece that asks for it.
const FILES = { "pdf-worker.js": "pdfjs-dist/legacy/build/pdf.worker.min.mjs" };
const asItIs = {
  name: "as-it-is",
  setup({ onLoad, onResolve }) {
    onResolve({ filter: /^file:/ }, ({ path: asked }) => ({ path: asked.slice("file:".length), namespace: "as-it-is" }));
    onLoad({ filter: /./, namespace: "as-it-is" }, async ({ path: name }) => ({ contents: await readFile(path.join(modules, FILES[name])), loader: "file" }));
  },
};

const names = new Map();
const preloads = [];
const seldom = new Set();       // too large for every device to have before it is asked for: what reads PDFs
const note = (result) => {
  if (result.warnings.length > 0) throw new Error("the bundler warned; a warning is an error here");
  const { outputs } = result.metafile;
  for (const [file, output] of Object.entries(outputs)) {
    const entry = output.entryPoint;
    if (Object.keys(output.inputs).some((input) => /^(node_modules\/pdfjs-dist\/|as-it-is:)/.test(input))) seldom.add(path.basename(file));
    if (entry) names.set(path.basename(entry.replace(/^words:/, "")), path.basename(file));
    if (entry === "js/main.js") preloads.push(...importedBy(file, outputs));
  }
};

// What the browser would otherwise find only when it has read the file that imports it.
function importedBy(file, outputs, found = new Set()) {
  for (const { kind, path: imported } of outputs[file].imports) {
    if (kind !== "import-statement" || found.has(imported)) continue;
    found.add(imported);
    importedBy(imported, outputs, found);
  }
  return found;
}

note(await build({ ...common, entryPoints: ["js/main.js", "css/main.css"], format: "esm", splitting: true, plugins: [inOnePiece, words, asItIs] }));
// Runs before the first paint, so it can't be a module, which would wait for the whole document.
note(await build({ ...common, entryPoints: ["js/boot.js"], format: "iife" }));

const digest = (bytes) => createHash("sha256").update(bytes).digest("hex").slice(0, 8).toUpperCase();
async function addAsset(name, bytes) {
  const { name: stem, ext } = path.parse(name);
  names.set(name, `${stem}-${digest(bytes)}${ext}`);
  await writeFile(path.join(assets, names.get(name)), bytes);
}

for (const name of (await readdir(path.join(src, "img"))).filter((file) => !onlyDrawn.has(file))) {
  await addAsset(name, await readFile(path.join(src, "img", name)));
}
for (const [name, bytes] of await drawIcons(modules, path.join(src, "img"))) await addAsset(name, bytes);
await writeFile(path.join(out, "manifest.webmanifest"), manifest((name) => `/assets/${names.get(name)}`));

const template = await readFile(path.join(src, "index.html"), "utf8");
const page = template.replace(/\{\{([^}]+)\}\}/g, (_, name) => {
  if (name === "version") return escapeHtml(args.version);
  if (name === "preloads") return preloads.map((file) => `<link rel="modulepreload" href="/assets/${path.basename(file)}">`).join("\n");
  if (!names.has(name)) throw new Error(`index.html asks for ${name}, which was not built`);
  return `/assets/${names.get(name)}`;
});
await writeFile(path.join(out, "index.html"), page);

// The service worker knows by this list what a version consists of; pictures of the icon are the system's business.
const precached = (await readdir(assets)).sort().filter((name) => !seldom.has(name) && path.extname(name) !== ".png");
const files = [{ url: "/index.html", revision: digest(page) }, ...precached.map((name) => ({ url: `/assets/${name}`, revision: null }))];
const worker = {
  name: "worker",
  setup({ onLoad, onResolve }) {
    onResolve({ filter: /^precache:files$/ }, () => ({ path: "files", namespace: "worker" }));
    onLoad({ filter: /./, namespace: "worker" }, () => ({ contents: `export const files = ${JSON.stringify(files)};` }));
    // Nobody reads what it says, and a worker can't wait for a catalogue, so its texts are the keys.
    onLoad({ filter: /\/texts\.js$/ }, async ({ path: file }) => {
      const contents = (await readFile(file, "utf8")).replace("await load()", "{}").replace(/import\("words:\w+"\)/g, "null");
      if (/\bawait load|words:/.test(contents)) throw new Error("texts.js would wait for a catalogue in the service worker");
      return { contents };
    });
  },
};
note(await build({
  ...common, entryPoints: ["js/sw.js"], outdir: out, entryNames: "[name]", format: "iife", plugins: [worker], define: { "process.env.NODE_ENV": '"production"' },
}));
await rm(work, { recursive: true });

// What the bundles are made from besides our own sources, each under its licence, which wants to go along.
const { dependencies } = JSON.parse(await readFile(path.join(src, "package.json"), "utf8"));
const licences = await Promise.all(Object.keys(dependencies).sort().map(async (name) => {
  const { version } = JSON.parse(await readFile(path.join(modules, name, "package.json"), "utf8"));
  return `${name} ${version}\n\n${(await readFile(path.join(modules, name, "LICENSE"), "utf8")).trim()}\n`;
}));
await writeFile(path.join(out, "licences.txt"), licences.join(`\n${"-".repeat(80)}\n\n`));

const first = new Set(["index.html", ...[...page.matchAll(/(?:src|href)="\/assets\/([^"]+\.(?:js|css|svg))"/g)].map(([, name]) => name)]);
const sizes = { all: 0, "the first load": 0, "kept on the device by the service worker": 0 };
const top = ["index.html", "licences.txt", "manifest.webmanifest", "sw.js"];
for (const file of [...top.map((name) => path.join(out, name)), ...(await readdir(assets)).sort().map((name) => path.join(assets, name))]) {
  const bytes = await readFile(file);
  // zlib leaves the time out of the header, so the bytes depend on the content alone. The byte that names the
  // operating system is the one thing left: 255 says "unknown".
  const packed = gzipSync(bytes, { level: 9 });
  packed[9] = 255;
  await writeFile(`${file}.gz`, packed);
  await writeFile(`${file}.br`, brotliCompressSync(bytes));   // as small as it gets is what it does unless told otherwise
  const name = path.basename(file);
  sizes.all += packed.length;
  if (first.has(name)) sizes["the first load"] += packed.length;
  if (name === "index.html" || precached.includes(name)) sizes["kept on the device by the service worker"] += packed.length;
  console.log(`${String(packed.length).padStart(7)} bytes gz  ${path.relative(out, file)}`);
}
for (const [what, size] of Object.entries(sizes)) console.log(`${String(size).padStart(7)} bytes gz  ${what}`);

function escapeHtml(text) {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
