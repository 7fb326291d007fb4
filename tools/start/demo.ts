/**
 * What the fleet knows before its first machine has said a word: one operator, one catalogue, machine M-1234 in a
 * lobby.
 */
import { ensureFirstUser, type FirstUser } from "../../fleet/api/session/first-user.js";
import { randomSecret, secretFile } from "../../fleet/store/data-folder.js";
import type { Databases } from "../../fleet/store/databases.js";
import { readMachine } from "../../fleet/store/machine-list.js";
import {
  addOperator,
  addProduct,
  addSlots,
  issueEpoch,
  type NewProduct,
  registerMachine,
} from "../../fleet/store/provision.js";
import { allOf, asOperator } from "../../fleet/store/tenancy.js";
import { decimalText } from "../../shared/money/amounts.js";
import { DEMO_MACHINE_ID, DEMO_PLANOGRAM } from "../bench/demo.js";
import { type BoardSide, decideBoard } from "./board.js";

const OPERATOR = "Spiral demo";
const CURRENCY = "USD";
/** In the data folder: how the virtual machine signs in at the broker. */
export const MACHINE_PASSWORD_FILE = `machine-${DEMO_MACHINE_ID}`;
export const DEMO_MODEL = "Spiral 10";

export interface Demo {
  readonly user: FirstUser;
  /** Epoch of the board in the cabinet. */
  readonly epoch: number;
  /** MQTT password. */
  readonly password: string;
  /** Why the ledger in the cabinet was given up for a new board; undefined if it was not. */
  readonly dropped: string | undefined;
}

/** Makes what is missing. `board`: what the cabinet holds, undefined if there is no cabinet yet. */
export async function seedDemo(databases: Databases, dataDir: string, board: BoardSide | undefined): Promise<Demo> {
  const operatorId = await addOperator(databases, OPERATOR);
  for (const { productId, name, priceMinor } of DEMO_PLANOGRAM.slots) {
    const defaultPrice = decimalText(priceMinor, CURRENCY);
    const about = { name, category: categoryOf(productId), sku: `DEMO-${productId}`, currency: CURRENCY };
    await addProduct(databases, operatorId, { ...about, number: productId, defaultPrice });
  }
  const password = await secretFile(dataDir, MACHINE_PASSWORD_FILE, randomSecret);
  const before = await asOperator(databases.app, allOf(operatorId), (tx) =>
    readMachine(tx, operatorId, DEMO_MACHINE_ID),
  );
  const { epoch, dropped } = decideBoard(board, before);
  const registered = await registerMachine(databases, {
    serial: DEMO_MACHINE_ID,
    operatorId,
    locationName: "Office lobby",
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    model: DEMO_MODEL,
    currency: CURRENCY,
    simulated: true,
    password,
    ...(board === undefined ? {} : { installedAt: new Date(board.madeS * 1_000) }),
  });
  for (let issued = registered.epoch; issued < epoch; ) issued = await issueEpoch(databases, DEMO_MACHINE_ID);
  await addSlots(
    databases,
    DEMO_MACHINE_ID,
    DEMO_PLANOGRAM.slots.map(({ slot, productId, quantity, capacity, priceMinor }) => ({
      slotCode: slot,
      productNumber: productId,
      quantity,
      maxCapacity: capacity,
      price: decimalText(priceMinor, CURRENCY),
    })),
  );
  return { user: await ensureFirstUser(databases, operatorId, dataDir), epoch, password, dropped };
}

/** Of the demo catalogue: 1xx snacks and candy, 2xx beverages. */
function categoryOf(productId: number): NewProduct["category"] {
  if (productId >= 200) return "beverage";
  return productId >= 104 ? "candy" : "snack";
}
