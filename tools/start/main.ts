/**
 * `npm start`: the whole system on one machine. Fleet service on embedded parts, a virtual machine that runs the real
 * firmware, its front panel in a browser. Everything listens on loopback.
 */
import { fileURLToPath } from "node:url";
import { ConfigError, describeSettings, readConfig } from "../../fleet/config.js";
import { DEMO_MACHINE_ID } from "../bench/demo.js";
import { builtPages } from "./pages.js";
import { stopped, stopRequests } from "./stop.js";
import { type System, startSystem } from "./system.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const PANEL_PORT = 8081;
const MAX_PORT = 65_535;
const EXIT_USAGE = 2;

const HELP = `npm start
The fleet service on embedded parts, and a virtual vending machine in the browser. Ctrl+C stops both.

Settings are environment variables:
SPIRAL_PANEL_PORT (default ${PANEL_PORT}): Port of the machine's front panel; 0 takes a free one.
SPIRAL_MACHINE_NETWORK (default mqtt): How the virtual machine speaks with the fleet; http: as where MQTT is blocked.
${describeSettings()}`;

async function main(args: readonly string[]): Promise<void> {
  if (args.includes("--help") || args.includes("-h")) return say(HELP);
  if (args.length > 0) {
    process.stderr.write(`npm start takes no argument but --help; this is "${args.join(" ")}".\n`);
    process.exit(EXIT_USAGE);
  }
  // A terminal that has gone away must not keep us from stopping well.
  process.stdout.on("error", () => undefined);
  const stop = stopRequests();
  const config = readConfig(process.env);
  const panelPort = readPort(process.env.SPIRAL_PANEL_PORT);
  const network = readNetwork(process.env.SPIRAL_MACHINE_NETWORK);
  const pages = await builtPages(ROOT, say, stop);
  say("Starting the fleet service …");
  const pagesDir = config.pagesDir ?? pages.operatorDir;
  const { panelDir } = pages;
  const system = await startSystem({ config: { ...config, pagesDir }, panelPort, panelDir, network, say });
  if (!stop.aborted) greet(system, config.dataDir);
  await stopped(stop);
  say("Stopping …");
  await system.close();
}

function greet({ panelUrl, fleet, user }: System, dataDir: string): void {
  const { name, password, isNew, path } = user;
  const secret = isNew && password !== undefined ? `password ${password} (shown once)` : `password in ${path}`;
  say(`
Ready in ${(performance.now() / 1_000).toFixed(1)} s.

  Vending machine ${DEMO_MACHINE_ID}   ${panelUrl}
  Operator page            ${fleet.url}
  Sign in as               ${name}, ${secret}

Ctrl+C stops everything; money and records stay in ${dataDir}`);
}

function readPort(text: string | undefined): number {
  if (text === undefined || text === "") return PANEL_PORT;
  if (/^[0-9]{1,5}$/.test(text) && Number(text) <= MAX_PORT) return Number(text);
  throw new ConfigError("SPIRAL_PANEL_PORT", `is "${text}", which is no port`, `Set a number from 0 to ${MAX_PORT}.`);
}

function readNetwork(text: string | undefined): "mqtt" | "http" {
  if (text === undefined || text === "" || text === "mqtt") return "mqtt";
  if (text === "http") return "http";
  throw new ConfigError("SPIRAL_MACHINE_NETWORK", `is "${text}", which is no network`, "Set mqtt or http.");
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** What a person can cure is said in one sentence; the rest with its stack, for whoever reports it. */
function explain(error: unknown): string {
  if (error instanceof ConfigError || (error instanceof Error && error.name === "CabinetDamaged")) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

main(process.argv.slice(2)).then(
  () => process.exit(0),
  (error: unknown) => {
    if (error instanceof Error && error.name === "AbortError") process.exit(0);
    process.stderr.write(`\nSpiral could not start: ${explain(error)}\n`);
    process.exit(1);
  },
);
