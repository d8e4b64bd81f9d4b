// Brings what the browser needs out of node_modules to src/jiangyuan/ui/static/vendor, and nothing that is not used:
// of the icons those that the source names, of the style sheet the rules whose words the source holds, of the chart
// library what `tools/echarts.mjs` imports.
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";
import { PurgeCSS } from "purgecss";
import subsetFont from "subset-font";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const modules = join(root, "node_modules");
const source = join(root, "src", "jiangyuan");
const target = join(source, "ui", "static", "vendor");

const read = (...place) => readFileSync(join(...place), "utf8");

function put(name, content) {
  const place = join(target, name);
  mkdirSync(dirname(place), { recursive: true });
  writeFileSync(place, content);
}

// The storage that puts digests into file names follows every reference: source maps and old font formats stay behind.
function withoutDanglingReferences(text) {
  return text
    .replace(/\n?\/\/# sourceMappingURL=\S+\s*$/, "\n")
    .replace(/\n?\/\*# sourceMappingURL=\S+ \*\/\s*$/, "\n")
    .replace(/,\s*url\("[^"]+\.(?:woff|ttf)\?[^"]*"\) format\("(?:woff|truetype)"\)/g, "");
}

function written() {
  const files = readdirSync(source, { recursive: true, withFileTypes: true });
  const own = files.filter((f) => f.isFile() && /\.(py|html|js|css)$/.test(f.name) && !f.parentPath.startsWith(target));
  return own.map((f) => read(f.parentPath, f.name)).join("\n");
}

// An icon is named in quotes (`icon "search"`, `icon="plus"`) or by its class (`ti-search`).
async function icons(words) {
  const folder = join(modules, "@tabler", "icons-webfont", "dist");
  const sheet = read(folder, "tabler-icons.min.css");
  const rules = new Map([...sheet.matchAll(/\.ti-([a-z0-9-]+):+before\{content:"\\([0-9a-f]+)"\}/g)].map((m) => [m[1], m]));
  const named = new Set([...words.matchAll(/["']([a-z0-9]+(?:-[a-z0-9]+)*)["']|\bti-([a-z0-9-]+)/g)].map((m) => m[1] ?? m[2]));
  const used = [...rules.keys()].filter((name) => named.has(name)).sort();
  const letters = used.map((name) => String.fromCodePoint(parseInt(rules.get(name)[2], 16))).join("");
  const font = readFileSync(join(folder, "fonts", "tabler-icons.woff2"));
  put("icons/tabler-icons.woff2", await subsetFont(font, letters, { targetFormat: "woff2" }));
  const face =
    '@font-face{font-family:"tabler-icons";font-style:normal;font-weight:400;font-display:block;' +
    'src:url("tabler-icons.woff2") format("woff2")}';
  const base = sheet.match(/\.ti\{[^}]*\}/)[0];
  const licence = "/* Tabler Icons, MIT: see LICENSES.txt */\n";
  put("icons/tabler-icons.min.css", licence + face + base + used.map((name) => rules.get(name)[0]).join("") + "\n");
}

async function styles(words) {
  const raw = withoutDanglingReferences(read(modules, "@tabler", "core", "dist", "css", "tabler.min.css"));
  const [made] = await new PurgeCSS().purge({
    content: [{ raw: words, extension: "html" }],
    css: [{ raw }],
    defaultExtractor: (text) => text.match(/[A-Za-z0-9_-]+/g) ?? [],
    keyframes: true,
    variables: false,
  });
  put("tabler/tabler.min.css", made.css);
}

async function charts() {
  const made = await build({
    entryPoints: [join(root, "tools", "echarts.mjs")],
    absWorkingDir: root,
    bundle: true,
    minify: true,
    write: false,
    format: "iife",
    globalName: "echarts",
    target: "es2020",
    legalComments: "none",
    banner: { js: "/* Apache ECharts and ZRender: see LICENSES.txt */" },
  });
  put("echarts.min.js", made.outputFiles[0].text);
}

// Their licences travel with them.
function licences(names) {
  const told = names.map((name) => {
    const folder = join(modules, name);
    const { version, license } = JSON.parse(read(folder, "package.json"));
    const files = readdirSync(folder, { withFileTypes: true }).filter((each) => each.isFile()).map((each) => each.name);
    const found = files.filter((each) => /^(licen[cs]e|notice)/i.test(each));
    return [`${name} ${version} (${license})`, ...found.map((file) => read(folder, file).trim())].join("\n\n").trim();
  });
  put("LICENSES.txt", told.join(`\n\n${"-".repeat(80)}\n\n`) + "\n");
}

rmSync(target, { recursive: true, force: true });
const words = written();
put("htmx.min.js", withoutDanglingReferences(read(modules, "htmx.org", "dist", "htmx.min.js")));
await icons(words);
await styles(words);
await charts();
licences(["@tabler/core", "@tabler/icons-webfont", "htmx.org", "echarts", "zrender", "tslib"]);
