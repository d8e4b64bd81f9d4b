// Copies what the browser needs out of node_modules to src/jiangyuan/ui/static/vendor, and nothing else.
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const modules = join(root, "node_modules");
const target = join(root, "src", "jiangyuan", "ui", "static", "vendor");

const files = {
  "@tabler/core/dist/css/tabler.min.css": "tabler/tabler.min.css",
  "@tabler/core/dist/css/tabler-vendors.min.css": "tabler/tabler-vendors.min.css",
  "@tabler/core/dist/js/tabler.min.js": "tabler/tabler.min.js",
  "@tabler/icons-webfont/dist/tabler-icons.min.css": "icons/tabler-icons.min.css",
  "@tabler/icons-webfont/dist/fonts/tabler-icons.woff2": "icons/fonts/tabler-icons.woff2",
  "htmx.org/dist/htmx.min.js": "htmx.min.js",
  "alpinejs/dist/cdn.min.js": "alpine.min.js",
  "echarts/dist/echarts.min.js": "echarts.min.js",
};

// The storage that puts digests into file names follows every reference: source maps and old font formats stay behind.
function withoutDanglingReferences(text) {
  return text
    .replace(/\n?\/\/# sourceMappingURL=\S+\s*$/, "\n")
    .replace(/\n?\/\*# sourceMappingURL=\S+ \*\/\s*$/, "\n")
    .replace(/,\s*url\("[^"]+\.(?:woff|ttf)\?[^"]*"\) format\("(?:woff|truetype)"\)/g, "");
}

rmSync(target, { recursive: true, force: true });
for (const [from, to] of Object.entries(files)) {
  const place = join(target, to);
  mkdirSync(dirname(place), { recursive: true });
  if (/\.(css|js)$/.test(from)) {
    writeFileSync(place, withoutDanglingReferences(readFileSync(join(modules, from), "utf8")));
  } else {
    cpSync(join(modules, from), place);
  }
}

// Their licences travel with them.
const names = [...new Set(Object.keys(files).map((file) => file.split("/").slice(0, file.startsWith("@") ? 2 : 1).join("/")))];
const licences = names.map((name) => {
  const folder = join(modules, name);
  const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
  const words = file && existsSync(join(folder, file)) ? readFileSync(join(folder, file), "utf8").trim() : "";
  return `${name} ${version} (${license})\n\n${words}`.trim();
});
writeFileSync(join(target, "LICENSES.txt"), licences.join(`\n\n${"-".repeat(80)}\n\n`) + "\n");
