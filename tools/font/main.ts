/**
 * Stands in for `fontbm` when the Moddable SDK builds our fonts, with the options `mcconfig` gives it (FONTBM is this
 * file's command): the letters of the --chars-file files, from --font-file, as --output.fnt and --output.png.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { parseArgs } from "node:util";
import { bitmapFont } from "./bitmap-font.js";
import { openOutlines } from "./outlines.js";

const MAX_SIZE_PX = 128;

function main(): number {
  const { values } = parseArgs({
    options: {
      "font-file": { type: "string" },
      "font-size": { type: "string" },
      output: { type: "string" },
      "chars-file": { type: "string", multiple: true },
      // as mcconfig gives them: what we do anyhow
      "texture-crop-width": { type: "boolean" },
      "texture-crop-height": { type: "boolean" },
      "texture-name-suffix": { type: "string" },
      "data-format": { type: "string" },
    },
  });
  const { "font-file": file, output } = values;
  const sizePx = Number(values["font-size"]);
  if (file === undefined || output === undefined) return refuse("--font-file and --output are needed");
  if (!Number.isInteger(sizePx) || sizePx < 1 || sizePx > MAX_SIZE_PX) {
    return refuse(`--font-size is a whole number of pixels, at most ${MAX_SIZE_PX}`);
  }
  const letters = (values["chars-file"] ?? []).map((path) => readFileSync(path, "utf8")).join("");
  const codes = Array.from(letters, (letter) => letter.codePointAt(0) ?? 0).filter((code) => code >= 0x20);
  const { description, page, missing } = bitmapFont(
    openOutlines(readFileSync(file)),
    codes,
    sizePx,
    `${basename(output)}.png`,
  );
  writeFileSync(`${output}.fnt`, description);
  writeFileSync(`${output}.png`, page);
  const absent = missing.filter((code) => code < 0x7f || code > 0xa0);
  if (absent.length > 0) console.log(`${basename(output)}: without ${String.fromCodePoint(...absent)}`);
  return 0;
}

function refuse(why: string): number {
  console.error(`font: ${why}`);
  return 2;
}

process.exitCode = main();
