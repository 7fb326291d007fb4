/** What the fleet knows before its first machine has said a word: one operator, one catalogue, machine M-1234 in a lobby. */
import { decimalText } from "../../shared/money/amounts.js";
import { hashPassword, randomPassword } from "../../fleet/api/password.js";
import { randomSecret, secretFile } from "../../fleet/store/data-folder.js";
import type { Databases } from "../../fleet/store/databases.js";
import {
  addOperator,
  addProduct,
  addSlots,
  issueEpoch,
  type NewProduct,
  registerMachine,
} from "../../fleet/store/provision.js";
import { readMachine } from "../../fleet/store/reading.js";
import { addUser } from "../../fleet/store/users.js";
import { DEMO_MACHINE_ID, DEMO_PLANOGRAM } from "../bench/demo.js";

const OPERATOR = "Spiral demo";
export const USER = "admin";
export const PASSWORD_FILE = "admin-password";

export interface DemoMachine {
  readonly machineId: string;
  readonly epoch: number;
  readonly password: string;
}

/** Makes what is missing. `newBoard`: the cabinet holds no ledger; a machine known before then gets its next epoch. */
export async function seedDemo(databases: Databases, dataDir: string, newBoard: boolean): Promise<DemoMachine> {
  const operatorId = await addOperator(databases, OPERATOR);
  for (const { productId, name, priceMinor } of DEMO_PLANOGRAM.slots) {
    const defaultPrice = decimalText(priceMinor, "USD");
    const sku = `DEMO-${productId}`;
    const category = categoryOf(productId);
    const currency = "USD";
    await addProduct(databases, operatorId, { number: productId, name, category, sku, defaultPrice, currency });
  }
  const password = await secretFile(dataDir, `machine-${DEMO_MACHINE_ID}`, randomSecret);
  const before = await readMachine(databases.app, operatorId, DEMO_MACHINE_ID);
  const machine = await registerMachine(databases, {
    serial: DEMO_MACHINE_ID,
    operatorId,
    locationName: "Office lobby",
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    model: "Spiral 10",
    currency: "USD",
    simulated: true,
    password,
  });
  await addSlots(
    databases,
    DEMO_MACHINE_ID,
    DEMO_PLANOGRAM.slots.map(({ slot, productId, quantity, capacity, priceMinor }) => ({
      slotCode: slot,
      productNumber: productId,
      quantity,
      maxCapacity: capacity,
      price: decimalText(priceMinor, "USD"),
    })),
  );
  const epoch = newBoard && before !== undefined ? await issueEpoch(databases, DEMO_MACHINE_ID) : machine.epoch;
  return { machineId: DEMO_MACHINE_ID, epoch, password };
}

/** The user's password if it was made now; afterwards only the file has it. */
export async function seedUser(databases: Databases, dataDir: string): Promise<string | undefined> {
  const operatorId = await addOperator(databases, OPERATOR);
  const password = (await secretFile(dataDir, PASSWORD_FILE, () => `${randomPassword()}\n`)).trim();
  const made = await addUser(databases, operatorId, USER, await hashPassword(password));
  return made ? password : undefined;
}

/** Of the demo catalogue: 1xx snacks and candy, 2xx beverages. */
function categoryOf(productId: number): NewProduct["category"] {
  if (productId >= 200) return "beverage";
  return productId >= 104 ? "candy" : "snack";
}
