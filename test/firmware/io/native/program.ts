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
const WARNINGS = ["-Wall", "-Wextra", "-Werror"];
const SANITIZERS = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"];
/** The simulated chip, in this folder. */
const CHIP = ["chip.c", "chip-pulses.c", "chip-xs.c"];
const MOST_OUTPUT_BYTES = 256 * 1_024 * 1_024;

type Program = (lines: readonly string[]) => string[];

/** Compiles `main` (in this folder) with `sources` of firmware/io/native; gives what it answers to lines of input. */
export function nativeProgram(main: string, ...sources: readonly string[]): Program {
  return build(main, ["-std=c11", "-Wpedantic"], [join(HERE, main), ...inNative(sources)]);
}

/** The same for the chip's own C, on the simulated chip behind the stand-in headers. */
export function chipProgram(main: string, ...sources: readonly string[]): Program {
  const flags = ["-std=gnu17", "-DESP_PLATFORM", `-I${join(HERE, "stand-in")}`];
  return build(main, flags, [main, ...CHIP].map((file) => join(HERE, file)).concat(inNative(sources)));
}

function inNative(sources: readonly string[]): string[] {
  return sources.map((source) => join(NATIVE, source));
}

function build(main: string, flags: readonly string[], files: readonly string[]): Program {
  const compiler = needBinary("cc", "gcc", "clang");
  const folder = mkdtempSync(join(tmpdir(), "spiral-native-"));
  const program = join(folder, "program");
  execFileSync(compiler, [...flags, "-g", "-O1", ...WARNINGS, ...SANITIZERS, `-I${NATIVE}`, ...files, "-o", program]);
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  return (lines) => {
    const input = `${lines.join("\n")}\n`;
    const { status, stdout, stderr } = spawnSync(program, { input, encoding: "utf8", maxBuffer: MOST_OUTPUT_BYTES });
    if (status !== 0) throw new Error(`${main} ended with ${status}: ${stderr}`);
    return stdout.split("\n").slice(0, -1);
  };
}
