/**
 * Which modules a board carries, from its manifests and from what imports what: all that its starts need, nothing that
 * nothing needs, and all of it linked into flash. The SDK takes a wildcard under `preload` for JavaScript files only
 * (`filterPreload` in its tools/mcconfig.js), so modules in TypeScript are named, or imported by a named one.
 */
import { dirname, join } from "node:path/posix";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { BOARDS } from "../../../../tools/firmware/arguments.js";
import { functionsOf, importsOf, scan } from "../../../../tools/tidy/scan.js";
import { isCode, readTree } from "../../../../tools/tidy/tree.js";

/** A module with so many lines of tables, and at least twice as many as of functions, is a table. */
const TABLE_LINES = 40;

const tree = readTree(fileURLToPath(new URL("../../../..", import.meta.url)));
const test = suite("modules of boards");

/** A manifest, or one platform of it. */
interface Scope {
  readonly modules?: Readonly<Record<string, string | readonly string[]>>;
  readonly preload?: readonly string[];
  readonly config?: Readonly<Record<string, string>>;
  readonly platforms?: Readonly<Record<string, Scope>>;
}

interface Carried {
  /** Modules of ours in TypeScript, as paths from the root. */
  readonly registered: ReadonlySet<string>;
  readonly leftOut: readonly string[];
  readonly preloaded: readonly string[];
  /** Named by its configuration: the SDK imports them by itself. */
  readonly configured: readonly string[];
}

const code = (path: string): string => scan(tree.get(path) ?? "").code;

/** Modules that `path` needs at run time. */
function importedBy(path: string): string[] {
  const values = importsOf(tree.get(path) ?? "", code(path)).filter(({ types }) => !types);
  const own = values.filter(({ specifier }) => specifier.startsWith("."));
  return own.map(({ specifier }) => join(dirname(path), specifier).replace(/\.js$/, ".ts")).filter(isOurs);
}

/** Native classes are JavaScript, declared beside it. */
function isOurs(path: string): boolean {
  return tree.has(path);
}

function reachedFrom(starts: readonly string[]): Set<string> {
  const reached = new Set<string>();
  const open = [...starts];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (reached.has(path)) continue;
    reached.add(path);
    open.push(...importedBy(path));
  }
  return reached;
}

function carriedBy(board: string): Carried {
  const boardPath = `firmware/io/boards/${board}/manifest.json`;
  const root: Scope = JSON.parse(tree.get("manifest.json") ?? "{}");
  const ofBoard: Scope = JSON.parse(tree.get(boardPath) ?? "{}");
  const scopes = [
    { folder: ".", scope: root },
    { folder: ".", scope: root.platforms?.["esp32/*"] ?? {} },
    { folder: dirname(boardPath), scope: ofBoard },
  ];
  const registered = new Set<string>();
  const leftOut: string[] = [];
  for (const { folder, scope } of scopes) {
    for (const [name, places] of Object.entries(scope.modules ?? {})) {
      for (const place of [places].flat().filter((text) => text.startsWith("."))) {
        const found = filesAt(join(folder, place));
        if (name === "~") leftOut.push(...found);
        else for (const path of found) registered.add(path);
      }
    }
  }
  for (const path of leftOut) registered.delete(path);
  const configured = Object.values(ofBoard.config ?? {}).filter((name) => name.startsWith("firmware/"));
  return {
    registered,
    leftOut,
    preloaded: scopes.flatMap(({ scope }) => scope.preload ?? []),
    configured: configured.map((name) => `${name}.ts`),
  };
}

function filesAt(place: string): string[] {
  if (!place.endsWith("/*")) return [`${place}.ts`].filter(isOurs);
  return [...tree.keys()].filter((path) => isCode(path) && dirname(path) === dirname(place));
}

const startsOf = (board: string): readonly string[] => [
  `firmware/esp32/${board}.ts`,
  `firmware/esp32/${board}-network.ts`,
];

/** Types leave an empty module. */
const hasCode = (path: string): boolean =>
  /^export (?:default |abstract |async )?(?:class|const|function|\{)/m.test(code(path));

function isTable(path: string): boolean {
  const text = code(path);
  const lines = (found: readonly { readonly lines: number }[]): number =>
    found.reduce((sum, { lines }) => sum + lines, 0);
  const functions = lines(functionsOf(text));
  const blocks = [...text.matchAll(/^(?:export )?const \w+.*[[({]\n(?:[ \t].*\n|\n)*/gm)];
  const tables = lines(blocks.map(([block]) => ({ lines: block.split("\n").length })));
  return tables >= TABLE_LINES && tables >= 2 * functions;
}

for (const board of BOARDS) {
  test(`${board}: all that is needed is there`, () => {
    const { registered, configured } = carriedBy(board);
    const needed = [...reachedFrom([...startsOf(board), ...configured])];
    assert.ok(needed.length > 200, `${needed.length} modules`);
    assert.equal(
      needed.filter((path) => !registered.has(path)),
      [],
    );
  });

  test(`${board}: what nothing needs is left out (under "~" of the manifest's esp32/*)`, () => {
    const { registered, leftOut, configured } = carriedBy(board);
    const needed = reachedFrom([...startsOf(board), ...configured]);
    assert.ok(leftOut.includes("shared/mdb/addresses.ts"));
    assert.equal(
      [...registered].filter((path) => !needed.has(path) && hasCode(path)),
      [],
    );
  });

  test(`${board}: all but the starts themselves is preloaded, by name or by import`, () => {
    const { registered, preloaded, configured } = carriedBy(board);
    const named = preloaded.filter((name) => !name.endsWith("*")).map((name) => `${name}.ts`);
    assert.equal(
      named.filter((path) => !registered.has(path)),
      [],
    );
    const inFlash = reachedFrom(named);
    const starts = startsOf(board);
    assert.equal(
      [...reachedFrom([...starts, ...configured])].filter((path) => !inFlash.has(path) && !starts.includes(path)),
      [],
    );
    assert.equal(
      starts.filter((path) => inFlash.has(path)),
      [],
      "preloaded it would run while it is linked",
    );
  });

  test(`${board}: no wildcard stands for modules that the SDK would not find by it`, () => {
    for (const name of carriedBy(board).preloaded.filter((text) => text.endsWith("*"))) {
      assert.equal(filesAt(name), [], name);
    }
  });

  test(`${board}: tables are preloaded by name, which leaves the code that builds them out of the image`, () => {
    const { registered, preloaded } = carriedBy(board);
    const tables = [...registered].filter(isTable);
    assert.ok(tables.includes("shared/records/kinds.ts"));
    assert.equal(
      tables.filter((path) => !preloaded.includes(path.replace(/\.ts$/, ""))),
      [],
    );
  });
}

test.run();
