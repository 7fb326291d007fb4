/** The manifest of the chip and the project's own tree agree: every module that the core can import is registered. */
import { dirname, join } from "node:path/posix";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { checkManifest, moduleFolders } from "../../tools/tidy/listings.js";
import { readTree } from "../../tools/tidy/tree.js";

const tree = readTree(fileURLToPath(new URL("../..", import.meta.url)));
const test = suite("manifest");

test("registers every folder of firmware and shared, and none that is not there", () => {
  assert.equal(checkManifest(tree), []);
});

test("is compared with the real tree", () => {
  const folders = moduleFolders(tree);
  for (const folder of ["shared", "shared/mdb", "firmware/mdb", "firmware/sale"]) {
    assert.ok(folders.has(folder), folder);
  }
});

/** A manifest, or one platform of it. */
interface Scope {
  readonly modules?: Readonly<Record<string, string | readonly string[]>>;
  readonly platforms?: Readonly<Record<string, Scope>>;
}

const parse = (path: string): Scope => JSON.parse(tree.get(path) ?? "{}");
const manifest = parse("manifest.json");
/** Paths of manifests of parts of the rim, which those of boards and platforms include. */
const parts = [...tree.keys()].filter((path) => /^firmware\/io\/.*manifest\.json$/.test(path));
const scopesOf = (scope: Scope): Scope[] => [scope, ...Object.values(scope.platforms ?? {})];

/** Places a scope's modules are at, from the root of the project; `path` is the manifest's own. */
function placesOf(path: string, { modules = {} }: Scope): string[] {
  return Object.values(modules)
    .flat()
    .filter((place) => place.startsWith("."))
    .map((place) => join(dirname(path), place));
}

test("is built for the simulator and for boards only", () => {
  assert.equal(Object.keys(manifest.platforms ?? {}).sort(), ["...", "esp32", "esp32/*", "lin"]);
});

test("gives boards every folder of the rim, its bindings and its C included", () => {
  const own = placesOf("manifest.json", manifest.platforms?.["esp32/*"] ?? {});
  const places = [...own, ...parts.flatMap((path) => scopesOf(parse(path)).flatMap((scope) => placesOf(path, scope)))];
  const ofRim = [...tree.keys()].filter((path) => /^firmware\/io\/.*(?<!\.d)\.(?:ts|js|c)$/.test(path));
  assert.ok(ofRim.some((path) => path.startsWith("firmware/io/native/")));
  for (const path of ofRim) {
    const isGiven = places.includes(`${dirname(path)}/*`) || places.includes(path.replace(/\.ts$/, ""));
    assert.ok(isGiven, path);
  }
});

test.run();
