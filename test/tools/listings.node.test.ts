/** The manifest of the chip and the project's own tree agree: every module that the core can import is registered. */
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

test.run();
