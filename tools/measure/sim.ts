/**
 * `sim`: simulated sales a second on one core, word by word, with flash, uplink and the fleet's cursor; machine-days
 * beside it. Runs as one plain script in a process of its own: the loader that lets Node read TypeScript would be
 * measured with it.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { Bench, BenchResult } from "./bench.js";

export const SIM: Bench = {
  name: "sim",
  about: "simulated sales a second on one core, word by word, with flash, uplink and ingest; target 1000",
  async run(say) {
    const folder = mkdtempSync(join(tmpdir(), "spiral-bench-"));
    try {
      const outfile = join(folder, "sim.mjs");
      const entry = fileURLToPath(new URL("./sim-run.ts", import.meta.url));
      await build({ entryPoints: [entry], outfile, bundle: true, platform: "node", format: "esm", logLevel: "silent" });
      say("25 rounds of 64 sales, and five idle hours");
      // Nearly all that is made dies within its sale: a larger nursery collects it for nothing.
      const told = execFileSync(process.execPath, ["--max-semi-space-size=64", outfile], {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "inherit"],
      });
      const result: unknown = JSON.parse(told);
      if (!isResult(result)) throw new Error(`bench sim: no result in ${told}`);
      return result;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

function isResult(told: unknown): told is BenchResult {
  if (typeof told !== "object" || told === null) return false;
  const counted = "counted" in told && typeof told.counted === "object" && told.counted !== null;
  return counted && "name" in told && "unit" in told && "value" in told && typeof told.value === "number";
}
