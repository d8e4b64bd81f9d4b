// Unpacks the slices of the font of rare characters, which come compressed for the web, into the folder that is named:
// in Python the same takes a minute. Run by tools/fonts.py: node tools/slices.mjs FOLDER
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { convert } from "fontverter";

const source = join(dirname(fileURLToPath(import.meta.url)), "..", "node_modules", "hanamin");
const wanted = /^HanaMin[AB]\.CJK-(?:Unified|Compatibility)-Ideographs.*\.woff2$/;

for (const name of readdirSync(source).filter((each) => wanted.test(each))) {
  const made = await convert(readFileSync(join(source, name)), "sfnt");
  writeFileSync(join(process.argv[2], name.replace("HanaMin", "rare-").replace("woff2", "ttf")), made);
}
