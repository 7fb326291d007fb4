/**
 * The core's tests run on XS, all of them: a test below test/shared or test/firmware (drivers and boards, `io` and
 * `esp32` there, apart) stays on Node only if it is listed here, with what it needs that XS has not.
 */
import { deepFreeze } from "../../shared/freeze.js";
import type { Finding, Tree } from "./tree.js";

/** Path to reason. */
export const NODE_ONLY: { readonly [path: string]: string } = deepFreeze({
  "test/shared/cbor.node.test.ts": "cbor-x, which does not run on XS, is the second opinion; cbor.test.ts runs there",
  "test/shared/sha256.node.test.ts": "node:crypto is the second opinion; sha256.test.ts runs there",
  "test/shared/mdb/device-responses.node.test.ts": "reads replies of real devices from a folder",
  "test/firmware/mdb/device-responses.node.test.ts": "reads replies of real devices from a folder",
  "test/firmware/mdb/matrix.node.test.ts":
    "reads the names of files and the text of a README, runs nothing of the core",
  "test/firmware/ledger/spec.node.test.ts": "reads SPEC.md",
  "test/firmware/ledger/epochs.node.test.ts": "more seeds than XS has time for; epochs.test.ts runs some there",
  "test/firmware/ledger/every-bit.node.test.ts":
    "all bits, for which XS has no time; every-bit.test.ts runs some there",
  "test/firmware/ledger/power.node.test.ts": "more seeds than XS has time for; power.test.ts runs some there",
});

/** Tests that only Node runs without a reason, and reasons without a test. */
export function checkXsTests(tree: Tree, reasons: Readonly<Record<string, string>> = NODE_ONLY): Finding[] {
  const core = [...tree.keys()].filter((path) => /^test\/(?:shared|firmware)\/(?!(?:io|esp32)\/)/.test(path));
  const kept = core.filter((path) => path.endsWith(".node.test.ts") && reasons[path] === undefined);
  const gone = Object.keys(reasons).filter((path) => !tree.has(path));
  return [
    ...kept.map((path) => ({
      path,
      line: 0,
      message: "stays off XS: name it *.test.ts, or say in tools/tidy/xs-tests.ts what it needs that XS has not",
    })),
    ...gone.map((path) => ({ path: "tools/tidy/xs-tests.ts", line: 0, message: `names ${path}, which is not there` })),
  ];
}
