/**
 * The whole system in one process: fleet service on embedded parts, the cabinet from its folder, the machine on power,
 * its panel. Everything that was begun is ended again if a later part cannot start.
 */
import { join } from "node:path";
import type { FirstUser } from "../../fleet/api/session/first-user.js";
import { type Config, ConfigError } from "../../fleet/config.js";
import { type Fleet, startFleet } from "../../fleet/server.js";
import type { Databases } from "../../fleet/store/databases.js";
import { KEY_VERSION, masterKey } from "../../fleet/store/master-key.js";
import { orderKey } from "../../shared/orders.js";
import { voucherKey } from "../../shared/voucher.js";
import { DEMO_MACHINE_ID } from "../bench/demo.js";
import { boardOf } from "./board.js";
import { CabinetFolder } from "./cabinet-folder.js";
import { DEMO_MODEL, MACHINE_PASSWORD_FILE, seedDemo } from "./demo.js";
import { type PanelServer, startPanelServer } from "./panel-server.js";
import { VirtualMachine, type WayToFleet } from "./virtual-machine.js";

export interface SystemOptions {
  readonly config: Config;
  /** 0 takes a free one. */
  readonly panelPort: number;
  /** Folder of the built panel page. */
  readonly panelDir: string;
  /** How the machine speaks with the fleet; MQTT unless given. */
  readonly network?: WayToFleet["by"];
  readonly say: (line: string) => void;
}

export interface System {
  readonly fleet: Fleet;
  readonly machine: VirtualMachine;
  readonly panelUrl: string;
  readonly user: FirstUser;
  close(): Promise<void>;
}

const FIRMWARE_VERSION = "0.1.0";
/** One per database, held by whoever runs its virtual machine: "CABI". */
const CABINET_LOCK = 0x4341_4249;

/** Resolves when a customer can buy and the operator can sign in. Throws ConfigError for a bad setting. */
export async function startSystem(options: SystemOptions): Promise<System> {
  const { config } = options;
  const fleet = await startFleet(config);
  const begun: { machine?: VirtualMachine; panel?: PanelServer; giveBack?: () => Promise<void> } = {};
  const close = async (): Promise<void> => {
    begun.machine?.stop();
    await begun.panel?.close();
    await begun.giveBack?.();
    await fleet.close();
  };
  try {
    begun.giveBack = await claimCabinet(fleet.databases);
    const { machine, user } = await machineOf(fleet, options);
    begun.panel = await startPanelServer({
      machine,
      host: config.host,
      port: options.panelPort,
      pagesDir: options.panelDir,
    });
    machine.powerOn();
    begun.machine = machine;
    return { fleet, machine, panelUrl: begun.panel.url, user, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * Two processes must not run one machine, also where they share a database of others. The lock is of a session of its
 * own, until what is returned is called; a session that ends before lets go of it.
 */
export async function claimCabinet({ lone }: Databases): Promise<() => Promise<void>> {
  const session = lone(() => undefined);
  const [row] = await session<{ ours: boolean }[]>`SELECT pg_try_advisory_lock(${CABINET_LOCK}) AS ours`;
  if (row?.ours === true) return () => session.end();
  await session.end();
  const cure = "Stop it, or set another database for this one.";
  throw new ConfigError("SPIRAL_DATABASE_URL", `names a database whose virtual machine another process runs`, cure);
}

/** Where the virtual machine connects if the broker is not ours: plain MQTT, with an account made there by hand. */
function externalBroker(
  { mqttUrl, dataDir }: Config,
  say: (line: string) => void,
): { readonly host: string; readonly port: number } | undefined {
  if (mqttUrl === undefined) return undefined;
  const url = new URL(mqttUrl);
  if (url.protocol !== "mqtt:") {
    const cure = "Start fleet/server.ts for TLS, or give a plain listener: mqtt://…";
    throw new ConfigError("SPIRAL_MQTT_URL", "is a TLS listener, and the virtual machine speaks plain MQTT", cure);
  }
  const file = join(dataDir, MACHINE_PASSWORD_FILE);
  say(`At ${url.host} the machine signs in as ${DEMO_MACHINE_ID}; its password is in ${file}.`);
  return { host: url.hostname.replace(/^\[|\]$/g, ""), port: Number(url.port === "" ? "1883" : url.port) };
}

async function machineOf(
  fleet: Fleet,
  { config, say, network = "mqtt" }: SystemOptions,
): Promise<{ readonly machine: VirtualMachine; readonly user: FirstUser }> {
  const { dataDir, host } = config;
  const folder = new CabinetFolder(join(dataDir, "cabinet"));
  const stored = folder.read();
  const demo = await seedDemo(fleet.databases, dataDir, stored === undefined ? undefined : boardOf(stored));
  if (demo.dropped !== undefined) {
    say(`The ledger in the cabinet cannot go on: ${demo.dropped}.`);
    say(`The machine gets a new board (epoch ${demo.epoch}); its coins and bills stay, its columns are filled.`);
  }
  const master = await masterKey(config);
  const machine = new VirtualMachine({
    folder,
    stored,
    identity: {
      machineId: DEMO_MACHINE_ID,
      model: DEMO_MODEL,
      epoch: demo.epoch,
      voucherKey: voucherKey(master, DEMO_MACHINE_ID, demo.epoch, KEY_VERSION),
      orderKey: orderKey(master, DEMO_MACHINE_ID, demo.epoch, KEY_VERSION),
      firmwareVersion: FIRMWARE_VERSION,
    },
    way:
      network === "http"
        ? { by: "http", url: fleet.url, password: demo.password }
        : { by: "mqtt", ...(externalBroker(config, say) ?? { host, port: fleet.mqttPort }), password: demo.password },
    operatorUrl: fleet.url,
    log: say,
  });
  return { machine, user: demo.user };
}
