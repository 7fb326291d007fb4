/** The X screen the simulator shows itself on: the one there is, or one of its own (Xvfb), and hands for its window. */
import { execFile } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { promisify } from "node:util";
import { type Background, start } from "./program.js";

/** Room for the simulator's window at its first size. */
const XVFB_SCREEN = "1024x768x24";
const TOOL_LIMIT_MS = 20_000;
const XVFB_LIMIT_MS = 20_000;

const call = promisify(execFile);

export interface Screen {
  readonly display: string;
  close(): Promise<void>;
}

/** A screen nobody sees; its number is chosen by Xvfb. */
export async function openHeadless(cwd: string): Promise<Screen | string> {
  const args = ["-displayfd", "3", "-screen", "0", XVFB_SCREEN, "-nolisten", "tcp"];
  const output: string[] = [];
  const server = start("Xvfb", args, { cwd, env: process.env, line: (line) => output.push(line) });
  const number = await Promise.race([firstLine(server), server.ended.then(() => undefined), after(XVFB_LIMIT_MS)]);
  if (number !== undefined) return { display: `:${number}`, close: server.stop };
  await server.stop();
  return `Xvfb did not start: ${output.slice(-5).join(" ")}`;
}

async function firstLine({ child }: Background): Promise<string | undefined> {
  const pipe = child.stdio[3] as Readable | null;
  if (pipe === null) return undefined;
  const [data] = await once(pipe, "data");
  return String(data).trim();
}

function after(ms: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(() => resolve(undefined), ms).unref());
}

/** Identifier of the simulator's window; undefined: there is none yet. */
export async function findWindow(display: string): Promise<string | undefined> {
  try {
    const { stdout } = await xdotool(display, ["search", "--onlyvisible", "--name", "^mcsim"]);
    return stdout.trim().split("\n").at(-1) || undefined;
  } catch {
    return undefined;
  }
}

/** A finger on the window, at its own pixel x, y. */
export async function touch(display: string, window: string, x: number, y: number): Promise<void> {
  await xdotool(display, ["mousemove", "--window", window, String(x), String(y), "mousedown", "1"]);
  await xdotool(display, ["mouseup", "1"]);
}

/** A PNG of the window. */
export async function photograph(display: string, window: string, file: string): Promise<void> {
  await call("import", ["-display", display, "-window", window, file], { timeout: TOOL_LIMIT_MS });
}

function xdotool(display: string, args: readonly string[]): Promise<{ stdout: string }> {
  return call("xdotool", [...args], { env: { ...process.env, DISPLAY: display }, timeout: TOOL_LIMIT_MS });
}
