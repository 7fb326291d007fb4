/**
 * A back-up and its restore, done once on the embedded server in folders of its own, with machines that run the real
 * firmware and go on selling. Every step says what it found; a promise that does not hold ends it with an error.
 */
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { type Config, readConfig } from "../../fleet/config.js";
import { rebuildAll } from "../../fleet/ingest/rebuild.js";
import { type Fleet, startFleet } from "../../fleet/server.js";
import { backUp, restoreBackUp } from "../../fleet/store/backups.js";
import { readIncarnation } from "../../fleet/store/cursors.js";
import { addOperator, addProduct, addSlots, registerMachine } from "../../fleet/store/provision.js";
import type { Cabinet } from "../bench/cabinet.js";
import { SALES_IN_A_CYCLE, sellCycle, sellingCabinet } from "../measure/selling.js";
import { MqttNetwork } from "../start/mqtt-network.js";

const SERIALS = ["REHEARSE-1", "REHEARSE-2"] as const;
/** World time between two looks at the real network, ms. */
const PACE_MS = 20;
const PATIENCE_MS = 60_000;

interface Seller {
  readonly serial: string;
  readonly cabinet: Cabinet;
  readonly network: MqttNetwork;
}

/** Tells each step with `say`. Throws where a promise does not hold. */
export async function rehearse(say: (line: string) => void): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "spiral-rehearsal-"));
  await chmod(folder, 0o755);
  const fleets: Fleet[] = [];
  const sellers: Seller[] = [];
  const started = async (config: Config): Promise<Fleet> => {
    const fleet = await startFleet(config);
    fleets.push(fleet);
    return fleet;
  };
  try {
    await steps(folder, started, sellers, say);
  } finally {
    for (const { network } of sellers) network.stop();
    for (const fleet of fleets) await fleet.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function steps(
  folder: string,
  started: (config: Config) => Promise<Fleet>,
  sellers: Seller[],
  say: (line: string) => void,
): Promise<void> {
  const [first, second, copy] = [join(folder, "first"), join(folder, "second"), join(folder, "back-up")];
  const fleet = await started(settings(first, 0));
  const { mqttPort } = fleet;
  sellers.push(...(await equip(fleet)));
  sell(sellers);
  await arrived(sellers);
  say(`${newest(sellers)} records of ${sales(sellers)} sales are booked.`);

  await fleet.close();
  // The machines do not wait for us: this is sold while the back-up is taken.
  sell(sellers);
  const { files, bytes } = await backUp(settings(first, 0), copy);
  say(`Backed up with the service stopped: ${files} files, ${Math.round(bytes / 1_048_576)} MiB.`);

  const again = await started(settings(first, mqttPort));
  const before = await readIncarnation(again.databases.ingest);
  sell(sellers);
  await arrived(sellers);
  const lost = newest(sellers);
  say(`${lost} records of ${sales(sellers)} sales are booked and acknowledged. Now the disk is lost.`);
  await again.close();
  await rm(first, { recursive: true });

  await restoreBackUp(settings(second, mqttPort), copy);
  const restored = await started(settings(second, mqttPort));
  const { migrate, ingest } = restored.databases;
  const incarnation = await readIncarnation(ingest);
  if (incarnation <= before) throw new Error(`the incarnation is ${incarnation}, as before: no machine would notice`);
  const { records } = await rebuildAll(migrate, { replace: false }, () => undefined);
  if (records >= lost) throw new Error("the back-up lacks nothing: the rehearsal proves nothing");
  const missing = lost - records;
  say(`Restored with ${records} records, ${missing} of those acknowledged are missing; incarnation ${incarnation}.`);

  sell(sellers);
  await arrived(sellers, async () => (await rebuildAll(migrate, { replace: false }, () => undefined)).records);
  const books = await rebuildAll(migrate, { replace: false }, () => undefined);
  if (books.wrong > 0) throw new Error(`the books of ${books.wrong} machines are not what their ledgers say`);
  if (books.records !== newest(sellers)) throw new Error(`${books.records} of ${newest(sellers)} records are there`);
  say(
    `The machines sent again what was missing: ${books.records} records of ${sales(sellers)} sales, the books agree.`,
  );
}

function settings(dataDir: string, mqttPort: number): Config {
  const env = { SPIRAL_DATA_DIR: dataDir, SPIRAL_HTTP_PORT: "0", SPIRAL_LOG_LEVEL: "silent" };
  return { ...readConfig({ ...env, SPIRAL_MQTT_PORT: String(mqttPort) }), databaseOptions: { fsync: "off" } };
}

async function equip({ databases, mqttPort }: Fleet): Promise<readonly Seller[]> {
  const operatorId = await addOperator(databases, "Rehearsal");
  const product = { category: "beverage", defaultPrice: "1.75", currency: "USD", number: 7 } as const;
  await addProduct(databases, operatorId, { ...product, name: "Coke", sku: "COKE-12" });
  const installedAt = new Date(Date.now() - 86_400_000);
  const sellers: Seller[] = [];
  for (const serial of SERIALS) {
    const { password } = await registerMachine(databases, { serial, operatorId, installedAt });
    const slot = { slotCode: "B4", productNumber: 7, quantity: 8, maxCapacity: 8, price: "1.75" };
    await addSlots(databases, serial, [slot]);
    sellers.push(sellerOf(serial, password, mqttPort));
  }
  return sellers;
}

function sellerOf(serial: string, password: string, port: number): Seller {
  const box: { network?: MqttNetwork } = {};
  const cabinet = sellingCabinet({
    machineId: serial,
    ledgerBlocks: 64,
    wallStartS: Math.floor(Date.now() / 1_000) - 3_600,
    network: (deliver) => {
      // This cabinet's flash lives as long as the rehearsal.
      const beforePublish = (): void => undefined;
      const network = new MqttNetwork({ host: "127.0.0.1", port, machineId: serial, password, deliver, beforePublish });
      box.network = network;
      return network;
    },
  });
  if (box.network === undefined) throw new Error("the cabinet has no network");
  return { serial, cabinet, network: box.network };
}

function sell(sellers: readonly Seller[]): void {
  for (const { cabinet } of sellers) sellCycle(cabinet);
}

/** Lets the world go on until every machine has all of its ledger acknowledged, and `held` records are all there. */
async function arrived(sellers: readonly Seller[], held?: () => Promise<number>): Promise<void> {
  const giveUpAtMs = performance.now() + PATIENCE_MS;
  for (;;) {
    const late = sellers.filter(({ cabinet }) => {
      const ledger = cabinet.machine?.rooms.ledger;
      return ledger === undefined || ledger.mark < ledger.newestSeq;
    });
    if (late.length === 0 && (held === undefined || (await held()) >= newest(sellers))) return;
    if (performance.now() > giveUpAtMs) {
      throw new Error(`not everything was acknowledged to ${late.map(({ serial }) => serial).join(", ")}`);
    }
    await setImmediate();
    for (const { cabinet } of sellers) cabinet.runFor(PACE_MS);
  }
}

function newest(sellers: readonly Seller[]): number {
  return sellers.reduce((sum, { cabinet }) => sum + (cabinet.machine?.rooms.ledger.newestSeq ?? 0), 0);
}

function sales(sellers: readonly Seller[]): number {
  const sold = sellers.reduce((sum, { cabinet }) => sum + cabinet.durable.counters.sales, 0);
  if (sold % SALES_IN_A_CYCLE !== 0) throw new Error(`${sold} sales: a cycle is not whole`);
  return sold;
}
