/**
 * The native C of firmware/io on this machine: compiled by the host's compiler with the address and undefined-behaviour
 * sanitizers, fed line by line. What a sanitizer finds ends the program and so the test.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { needBinary } from "../../../support/need.js";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const NATIVE = fileURLToPath(new URL("../../../../firmware/io/native/", import.meta.url));
const WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"];
const SANITIZERS = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"];
const MOST_OUTPUT_BYTES = 256 * 1_024 * 1_024;

/** Compiles `main` (in this folder) with `sources` of firmware/io/native; gives what it answers to lines of input. */
export function nativeProgram(main: string, ...sources: readonly string[]): (lines: readonly string[]) => string[] {
  const compiler = needBinary("cc", "gcc", "clang");
  const folder = mkdtempSync(join(tmpdir(), "spiral-native-"));
  const program = join(folder, "program");
  const files = [join(HERE, main), ...sources.map((source) => join(NATIVE, source))];
  execFileSync(compiler, ["-std=c11", "-g", "-O1", ...WARNINGS, ...SANITIZERS, `-I${NATIVE}`, ...files, "-o", program]);
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  return (lines) => {
    const input = `${lines.join("\n")}\n`;
    const { status, stdout, stderr } = spawnSync(program, { input, encoding: "utf8", maxBuffer: MOST_OUTPUT_BYTES });
    if (status !== 0) throw new Error(`${main} ended with ${status}: ${stderr}`);
    return stdout.split("\n").slice(0, -1);
  };
}
