/**
 * Bundles an entry file into one script for XS: ES2022, no modules, `uvu` replaced by our runner. Refuses imports the
 * device could not have (`node:`, npm packages), naming the file that asks for them.
 */

import { readFile } from "node:fs/promises";
import { SourceMap } from "node:module";
import { fileURLToPath } from "node:url";
import { build, type OnResolveArgs, type OnResolveResult, type Plugin } from "esbuild";

const RUNNER_FILE = fileURLToPath(new URL("uvu-on-xs.ts", import.meta.url));
const DIFF_FILE = fileURLToPath(new URL("diff-on-xs.ts", import.meta.url));
const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url));
const ENTRY_NAME = "xs:entry";

/**
 * `source` is the script and `locate` turns its line numbers (from 1) into "path:line" of the file it came from; or
 * `problem` says in the bundler's words why there is no bundle.
 */
export type XsBundle =
  | { readonly ok: true; readonly source: string; locate(line: number): string | undefined }
  | { readonly ok: false; readonly problem: string };

/** Packages that run on XS. */
const ALLOWED_PACKAGES: readonly RegExp[] = [/^uvu\/assert$/, /^dequal$/, /^fast-check$/, /^pure-rand\//];

/**
 * fast-check takes hold of timers when it is loaded, for properties that wait or have a limit in time. XS has none: who
 * uses them is told so.
 */
const NO_TIMERS = 'const setTimeout = () => { throw new Error("XS has no timers"); }, clearTimeout = setTimeout; ';

const onlyWhatXsHas: Plugin = {
  name: "only-what-xs-has",
  setup(builder) {
    builder.onResolve({ filter: /^uvu$/ }, () => ({ path: RUNNER_FILE }));
    builder.onResolve({ filter: /^uvu\/diff$/ }, () => ({ path: DIFF_FILE }));
    builder.onResolve({ filter: /^[^./]/ }, refuseForeign);
    builder.onLoad({ filter: /[\\/]fast-check[\\/]lib[\\/]fast-check\.js$/ }, async ({ path }) => ({
      contents: `${NO_TIMERS}${await readFile(path, "utf8")}`,
      loader: "js",
    }));
  },
};

/** The bundle of one file; it runs at once when evaluated. */
export function bundleFile(file: string): Promise<XsBundle> {
  return bundleText(`import ${JSON.stringify(file)};`);
}

/** The bundle of a text that imports files by absolute path. */
export async function bundleText(contents: string): Promise<XsBundle> {
  try {
    const result = await build({
      stdin: { contents, loader: "ts", resolveDir: REPOSITORY, sourcefile: ENTRY_NAME },
      absWorkingDir: REPOSITORY,
      bundle: true,
      write: false,
      format: "iife",
      platform: "neutral",
      mainFields: ["module", "main"],
      conditions: ["import"],
      target: "es2022",
      outfile: "bundle.js",
      sourcemap: "external",
      sourcesContent: false,
      logLevel: "silent",
      plugins: [onlyWhatXsHas],
    });
    const [map, output] = result.outputFiles;
    if (map === undefined || output === undefined) {
      return { ok: false, problem: "the bundle is empty" };
    }
    return { ok: true, source: output.text, locate: locator(map.text) };
  } catch (error) {
    return { ok: false, problem: error instanceof Error ? error.message : String(error) };
  }
}

/** XS names only lines, so each line stands for its last mapped place. The map is read at the first question. */
function locator(mapText: string): (line: number) => string | undefined {
  let map: SourceMap | undefined;
  return (line) => {
    map ??= new SourceMap(JSON.parse(mapText));
    const entry = map.findEntry(line - 1, Number.MAX_SAFE_INTEGER);
    return "originalSource" in entry ? `${entry.originalSource}:${entry.originalLine + 1}` : undefined;
  };
}

function refuseForeign(asked: OnResolveArgs): OnResolveResult | undefined {
  if (ALLOWED_PACKAGES.some((allowed) => allowed.test(asked.path))) {
    return undefined;
  }
  const asks = `${asked.importer} imports "${asked.path}", which XS does not have`;
  const text = `${asks}; a test that needs it is named *.node.test.ts`;
  return { errors: [{ text }] };
}
