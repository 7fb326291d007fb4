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

/**
 * The simulated screen, and its distance from the window's right and lower edge: as in simulators/spiral.js, the footer
 * of the SDK's simulator included.
 */
const SCREEN = { width: 240, height: 372, right: 14, bottom: 14 + 27 } as const;

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

/** A finger on the simulated screen, at its pixel x, y. */
export async function touch(display: string, window: string, x: number, y: number): Promise<void> {
  const corner = await screenCorner(display, window);
  const at = [String(corner.x + x), String(corner.y + y)];
  await xdotool(display, ["mousemove", "--window", window, ...at, "mousedown", "1"]);
  await xdotool(display, ["mouseup", "1"]);
}

/** A PNG of the simulated screen. */
export async function photograph(display: string, window: string, file: string): Promise<void> {
  const { x, y } = await screenCorner(display, window);
  const crop = `${SCREEN.width}x${SCREEN.height}+${x}+${y}`;
  await call("import", ["-display", display, "-window", window, "-crop", crop, "+repage", file], {
    timeout: TOOL_LIMIT_MS,
  });
}

/** Left upper corner of the simulated screen in the window: it lies fast to the window's right lower corner. */
async function screenCorner(display: string, window: string): Promise<{ x: number; y: number }> {
  const { stdout } = await xdotool(display, ["getwindowgeometry", "--shell", window]);
  const width = Number(/^WIDTH=(\d+)$/m.exec(stdout)?.[1]);
  const height = Number(/^HEIGHT=(\d+)$/m.exec(stdout)?.[1]);
  return { x: width - SCREEN.right - SCREEN.width, y: height - SCREEN.bottom - SCREEN.height };
}

function xdotool(display: string, args: readonly string[]): Promise<{ stdout: string }> {
  return call("xdotool", [...args], { env: { ...process.env, DISPLAY: display }, timeout: TOOL_LIMIT_MS });
}
