/** The project as tidy sees it: paths with forward slashes and the texts of those files a check looks into. */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";

/** Path relative to the root (`shared/bytes.ts`) to text. */
export type Tree = ReadonlyMap<string, string>;

/** What a check found; `line` counts from 1, 0 where the whole file is meant. */
export type Finding = {
  readonly path: string;
  readonly line: number;
  readonly message: string;
};

const SKIPPED_FOLDERS = new Set(["node_modules", ".git", "build", "dist", "coverage", ".spiral"]);
const TEXT = /(?:\.(?:ts|tsx|js|mjs|cjs|c|h|json|md|css|html|sql|csv|yml|yaml|sh|svg)|\.ci\/run|LICENSE|\.npmrc)$/;

/** Reads every text file below `root`, built and installed things left out. */
export function readTree(root: string): Tree {
  const tree = new Map<string, string>();
  const visit = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const place = join(folder, entry.name);
      const path = relative(root, place).split(sep).join("/");
      if (entry.isDirectory() && !SKIPPED_FOLDERS.has(entry.name)) {
        visit(place);
      } else if (entry.isFile() && TEXT.test(path)) {
        tree.set(path, readFileSync(place, "utf8"));
      }
    }
  };
  visit(root);
  return tree;
}

/** True for the code tidy scans. */
export function isCode(path: string): boolean {
  return /\.(?:ts|tsx)$/.test(path) && !path.endsWith(".d.ts");
}

/** Line number of `index` in `text`, from 1. */
export function lineAt(text: string, index: number): number {
  let line = 1;
  for (let at = text.indexOf("\n"); at !== -1 && at < index; at = text.indexOf("\n", at + 1)) {
    line += 1;
  }
  return line;
}
