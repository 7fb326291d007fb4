/**
 * The day of one machine: registered at the real service, played by `sim/run.ts` with its people and troubles, and then
 * judged end to end: the simulator's judges with the fleet's copy read from `ledger_records`, and the books in SQL.
 */

import { ALL_RIGHTS } from "../../firmware/panel/menu-state.js";
import type { Config } from "../../fleet/config.js";
import type { Databases } from "../../fleet/store/databases.js";
import { KEY_VERSION, masterKey } from "../../fleet/store/master-key.js";
import { addSlots, FIRST_EPOCH, findOperator, registerMachine } from "../../fleet/store/provision.js";
import { serviceCodeItem } from "../../shared/menu-code.js";
import { currencyByNumber } from "../../shared/money/currencies.js";
import { orderKey } from "../../shared/orders.js";
import { voucherKey } from "../../shared/voucher.js";
import type { Planogram, Settings } from "../../shared/wire/documents.js";
import { DEMO_PLANOGRAM, DEMO_SERVICE_CODE, DEMO_SETTINGS } from "../bench/demo.js";
import { judgeEnd } from "../sim/judge.js";
import { planOf, type SimPlan } from "../sim/plan.js";
import { runPlan, type SimResult } from "../sim/run.js";
import { SimCabinet } from "../sim/sim-cabinet.js";
import { type Books, judgeBooks, paidSalesOf, readBooks } from "./books.js";
import { RealFleet } from "./real-fleet.js";
import { operatorOf } from "./system.js";
import type { Login, Wire } from "./wire.js";

export interface Site {
  readonly config: Config;
  readonly databases: Databases;
  readonly wire: Wire;
  readonly mqttPort: number;
  /** Unix seconds at which the machines are switched on. */
  readonly wallStartS: number;
  readonly days: number;
}

export interface MachineDay {
  readonly result: SimResult;
  /** In SQL. */
  readonly booked: { readonly records: number; readonly sales: number; readonly synced: number };
  readonly sent: RealFleet["sent"];
  /** Batches that rot made two histories of, set aside. */
  readonly setAside: number;
}

const MODEL = "Spiral 12";
const FIRMWARE_VERSION = "0.1.0";
/** Installed before the first record: else its time would not be believed. */
const INSTALLED_BEFORE_S = 3_600;
/** A restore is one of the whole service, not of one machine: `npm run admin -- rehearse` plays it. */
const LEFT_OUT = "fleetRestored";

export function serialOf(seed: number): string {
  return `TWIN-${seed}`;
}

/** The plan of the seed, without what one machine cannot do to the service of all. */
export function twinPlan(seed: number, days: number): SimPlan {
  const plan = planOf(seed, days);
  return { ...plan, troubles: plan.troubles.filter(({ kind }) => kind !== LEFT_OUT) };
}

export interface Lived {
  readonly cabinet: SimCabinet;
  readonly fleet: RealFleet;
  readonly result: SimResult;
  readonly books: Books;
}

/** Throws where something is wrong with the system; what the machine or the books do wrong is in the result. */
export async function playDay(site: Site, seed: number): Promise<MachineDay> {
  const lived = await live(site, seed);
  const { result, books, fleet } = lived;
  const found = judge(lived);
  const left = fleet.leave();
  const violations = found.length > 0 ? found : left;
  return {
    result: { ...result, violations },
    booked: {
      records: books.held.length,
      sales: paidSalesOf(books).length,
      synced: books.sales.filter(({ quality }) => quality === "synced").length,
    },
    sent: fleet.sent,
    setAside: books.setAside,
  };
}

/** The machine's whole time, and what the fleet then has of it; its session is still up. */
export async function live(site: Site, seed: number): Promise<Lived> {
  const plan = twinPlan(seed, site.days);
  const serial = serialOf(seed);
  const { planogram = DEMO_PLANOGRAM, settings = DEMO_SETTINGS } = plan.machine.options;
  const login = await register(site, serial, planogram, settings);
  const { cabinet, fleet } = await cabinetOf(site, plan, login, settings);
  const result = runPlan(plan, cabinet);
  const books = await readBooks(site.databases.migrate, serial, settings.decimals);
  return { cabinet, fleet, result, books };
}

/** Everything that does not hold, from the coin to the sums in SQL. */
export function judge({ cabinet, fleet, result, books }: Lived): string[] {
  const found = [...result.violations, ...fleet.found];
  // A run that broke off left the machine in the middle of something: what its books lack says nothing.
  return found.length > 0 ? found : judgeEndToEnd(cabinet, fleet, books);
}

/** The stand-in's copy against the books, then every judge with the books in the stand-in's place, then sums. */
function judgeEndToEnd(cabinet: SimCabinet, fleet: RealFleet, books: Books): string[] {
  const { machineId } = cabinet.options;
  const found: string[] = [];
  const { raw } = fleet.machine(machineId);
  const other = raw.findIndex(({ code, body }, at) => {
    const held = books.held[at];
    return held?.code !== code || Buffer.compare(held.body, body) !== 0;
  });
  // Of two histories of one sequence, which rot made, the stand-in and the service may have heard another one first.
  if (!cabinet.history.rotten && (other >= 0 || raw.length !== books.held.length)) {
    found.push(`of ${raw.length} records the service was given it holds ${books.held.length}, other from ${other + 1}`);
  }
  fleet.standOn(machineId, books.held);
  // All of it has come twice already, to both.
  cabinet.published.splice(0);
  cabinet.judged();
  found.push(...judgeEnd(cabinet).map((line) => `on what is booked: ${line}`));
  found.push(...judgeBooks(books, cabinet).map((line) => `in the books: ${line}`));
  return found;
}

async function cabinetOf(
  { config, wire, wallStartS }: Site,
  plan: SimPlan,
  login: Login,
  settings: Settings,
): Promise<{ readonly cabinet: SimCabinet; readonly fleet: RealFleet }> {
  const { serial } = login;
  const master = await masterKey(config);
  let fleet: RealFleet | undefined;
  const options = {
    ...plan.machine.options,
    machineId: serial,
    identity: {
      machineId: serial,
      model: MODEL,
      epoch: FIRST_EPOCH,
      voucherKey: voucherKey(master, serial, FIRST_EPOCH, KEY_VERSION),
      orderKey: orderKey(master, serial, FIRST_EPOCH, KEY_VERSION),
      firmwareVersion: FIRMWARE_VERSION,
    },
    wallStartS,
    settings: { ...settings, serviceCodes: [serviceCodeItem(serial, DEMO_SERVICE_CODE, 1, ALL_RIGHTS)] },
    fleet: (world: SimCabinet["world"]) => {
      fleet = new RealFleet(world, wire, login);
      return fleet;
    },
  };
  const cabinet = new SimCabinet({ ...plan.machine, options });
  if (fleet === undefined) throw new Error("the board asked for no fleet");
  return { cabinet, fleet };
}

async function register(
  { databases, mqttPort, wallStartS }: Site,
  serial: string,
  { slots }: Planogram,
  { currency: number, decimals }: Settings,
): Promise<Login> {
  const currency = currencyByNumber(number)?.code ?? "";
  const operatorId = await findOperator(databases.migrate, operatorOf(currency));
  if (operatorId === undefined) throw new Error(`no operator sells in ${currency}`);
  const [known] = await databases.migrate`SELECT 1 FROM machines WHERE serial_number = ${serial}`;
  if (known !== undefined) throw new Error(`${serial} has had its day in this database; take an empty one`);
  const { password } = await registerMachine(databases, {
    ...{ serial, operatorId, currency, model: MODEL, currencyDecimals: decimals, simulated: true },
    installedAt: new Date((wallStartS - INSTALLED_BEFORE_S) * 1_000),
  });
  const booked = slots.map(({ slot, productId, quantity, capacity, priceMinor }) => ({
    slotCode: slot,
    productNumber: productId,
    quantity,
    maxCapacity: capacity,
    price: (priceMinor / 10 ** decimals).toFixed(decimals),
  }));
  await addSlots(databases, serial, booked);
  return { port: mqttPort, serial, password };
}
