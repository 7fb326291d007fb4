/**
 * `npm start`: the whole system on one machine. Fleet service on embedded parts, a virtual machine that runs the real
 * firmware, its front panel in a browser. Everything listens on loopback.
 */
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ConfigError, describeSettings, readConfig } from "../../fleet/config.js";
import { startFleet } from "../../fleet/server.js";
import { secretFile } from "../../fleet/store/data-folder.js";
import { fromHex, toHex } from "../../shared/bytes.js";
import { voucherKey } from "../../shared/voucher.js";
import { PASSWORD_FILE, seedDemo, seedUser, USER } from "./demo.js";
import { builtPages } from "./pages.js";
import { startPanelServer } from "./panel-server.js";
import { VirtualMachine } from "./virtual-machine.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const PANEL_PORT = 8081;
const KEY_VERSION = 1;
const KEY_BYTES = 32;

const HELP = `npm start: the fleet service on embedded parts and a virtual vending machine in the browser.

SPIRAL_PANEL_PORT (default ${PANEL_PORT}): Port of the machine's front panel; 0 takes a free one.
${describeSettings()}`;

async function main(): Promise<void> {
  if (process.argv.includes("--help")) return say(HELP);
  const startedMs = performance.now();
  const config = readConfig(process.env);
  const panelPort = readPort(process.env["SPIRAL_PANEL_PORT"]);
  const pages = await builtPages(ROOT, say);
  say("Starting the fleet service …");
  const fleet = await startFleet({ ...config, pagesDir: config.pagesDir ?? pages.operatorDir });
  const folder = join(config.dataDir, "cabinet");
  const demo = await seedDemo(fleet.databases, config.dataDir, !existsSync(join(folder, "ledger.flash")));
  const password = await seedUser(fleet.databases, config.dataDir);
  const master = fromHex(await secretFile(config.dataDir, "master-key", () => toHex(randomBytes(KEY_BYTES))));
  const machine = new VirtualMachine({
    folder,
    identity: {
      machineId: demo.machineId,
      model: "Spiral 10",
      epoch: demo.epoch,
      voucherKey: voucherKey(master ?? new Uint8Array(0), demo.machineId, demo.epoch, KEY_VERSION),
      firmwareVersion: "0.1.0",
    },
    mqtt: { host: config.host, port: fleet.mqttPort, password: demo.password },
    operatorUrl: fleet.url,
    log: say,
  });
  machine.powerOn();
  const panel = await startPanelServer({ machine, host: config.host, port: panelPort, pagesDir: pages.panelDir });
  const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1);
  say(`
Ready in ${seconds} s.

  Vending machine ${demo.machineId}   ${panel.url}
  Operator page            ${fleet.url}
  Sign in as               ${USER}, password ${password ?? `in ${join(config.dataDir, PASSWORD_FILE)}`}
${password === undefined ? "" : `                           (shown once; kept in ${join(config.dataDir, PASSWORD_FILE)})\n`}
Ctrl+C stops everything; money and records stay in ${config.dataDir}`);
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    say("Stopping …");
    machine.stop();
    panel
      .close()
      .then(() => fleet.close())
      .then(
        () => process.exit(0),
        (error: unknown) => fail(error),
      );
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
}

function readPort(text: string | undefined): number {
  if (text === undefined || text === "") return PANEL_PORT;
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port < 65_536) return port;
  throw new ConfigError("SPIRAL_PANEL_PORT", `is "${text}", which is no port`, "Set a number from 0 to 65535.");
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function fail(error: unknown): void {
  const known = error instanceof ConfigError;
  const text = known ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`\nSpiral could not start: ${text}\n`);
  process.exit(1);
}

main().catch(fail);
