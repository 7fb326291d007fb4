/** `npm run check`: applies the house rules to the project, prints each finding, ends with code 1 if there is one. */
import { fileURLToPath } from "node:url";
import { checkBans } from "./bans.js";
import { checkLaw } from "./law.js";
import { checkLock, checkManifest, checkReadme } from "./listings.js";
import { checkSizes } from "./sizes.js";
import { readTree, type Tree } from "./tree.js";
import { checkXsTests } from "./xs-tests.js";

/** Names of the packages in every package.json of the project. */
function packageNames(tree: Tree): Set<string> {
  const names = new Set<string>(["vite"]);
  for (const [path, text] of tree) {
    if (path.endsWith("package.json")) {
      const { dependencies = {}, devDependencies = {} } = JSON.parse(text) as Record<string, Record<string, string>>;
      for (const name of [...Object.keys(dependencies), ...Object.keys(devDependencies)]) {
        names.add(name);
      }
    }
  }
  return names;
}

const tree = readTree(fileURLToPath(new URL("../..", import.meta.url)));
const findings = [
  ...checkLaw(tree, packageNames(tree)),
  ...checkBans(tree),
  ...checkSizes(tree),
  ...checkReadme(tree),
  ...checkManifest(tree),
  ...checkLock(tree),
  ...checkXsTests(tree),
];
for (const { path, line, message } of findings) {
  process.stdout.write(`${path}${line > 0 ? `:${line}` : ""}: ${message}\n`);
}
process.stdout.write(`tidy: ${tree.size} files, ${findings.length} findings\n`);
process.exitCode = findings.length === 0 ? 0 : 1;
