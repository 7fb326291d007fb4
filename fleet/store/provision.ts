/**
 * Making operators, users, products, machines and slots: what an installer does, with the owner's role. Everything may
 * be said twice; the second time brings the row up to date and keeps secrets and counts.
 */
import { createHash } from "node:crypto";
import { chainStart } from "../../shared/records/codec.js";
import { isMachineId } from "../../shared/wire/topics.js";
import { lookSoon } from "./alert-lookouts.js";
import { lockLedgers } from "./cursors.js";
import { randomSecret } from "./data-folder.js";
import type { Databases, Sql, Transaction } from "./databases.js";
import { unknownProduct } from "./rows.js";
import { inTransaction } from "./transact.js";

export interface NewProduct {
  /** What planograms and ledger records carry. */
  readonly number: number;
  readonly name: string;
  readonly category: "beverage" | "snack" | "candy";
  readonly sku: string;
  /** Decimal text, e.g. "1.75". */
  readonly defaultPrice: string;
  readonly currency: string;
  readonly imageUrl?: string;
}

export interface NewMachine {
  readonly serial: string;
  readonly operatorId: string;
  readonly locationName?: string;
  readonly timeZone?: string;
  readonly latitude?: string;
  readonly longitude?: string;
  readonly model?: string;
  readonly currency?: string;
  readonly currencyDecimals?: number;
  readonly simulated?: boolean;
  readonly telemetryPeriodS?: number;
  /** Device times before it are not believed. Default: now. */
  readonly installedAt?: Date;
  /** 256 random bits as text; made here if absent. */
  readonly password?: string;
}

export interface MachineCredentials {
  readonly machineId: string;
  readonly serial: string;
  /** MQTT user name: the serial. Client id: the serial too. */
  readonly username: string;
  /** Known only now: the store keeps its hash. */
  readonly password: string;
  readonly epoch: number;
}

export interface NewSlot {
  readonly slotCode: string;
  readonly productNumber: number;
  readonly quantity: number;
  readonly maxCapacity: number;
  readonly price: string;
}

export const FIRST_EPOCH = 1;

/** Id of the operator with this name, made if missing. */
export async function addOperator({ migrate: sql }: Pick<Databases, "migrate">, name: string): Promise<string> {
  const [row] = await sql<{ id: string }[]>`
    INSERT INTO operators (name) VALUES (${name})
    ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING id
  `;
  return idOf(row);
}

export async function findOperator(sql: Sql, name: string): Promise<string | undefined> {
  const [row] = await sql<{ id: string }[]>`SELECT id FROM operators WHERE name = ${name}`;
  return row?.id;
}

/**
 * Id of the product with this number, made or brought up to date. Sales that came before it was known get it now, and
 * their records are no longer flagged.
 */
export async function addProduct(
  { migrate: sql }: Pick<Databases, "migrate">,
  operatorId: string,
  product: NewProduct,
): Promise<string> {
  const { number, name, category, sku, defaultPrice, currency, imageUrl } = product;
  const [row] = await sql<{ id: string }[]>`
    INSERT INTO products (operator_id, number, name, category, sku, default_price, currency, image_url)
    VALUES (${operatorId}, ${number}, ${name}, ${category}, ${sku}, ${defaultPrice}, ${currency}, ${imageUrl ?? null})
    ON CONFLICT (operator_id, number) DO UPDATE SET name = excluded.name, category = excluded.category,
      sku = excluded.sku, default_price = excluded.default_price, currency = excluded.currency,
      image_url = excluded.image_url
    RETURNING id
  `;
  const id = idOf(row);
  await inTransaction(sql, async (tx) => {
    // Waits for commits that looked for the product before it was there: none of their sales is missed.
    await tx`LOCK TABLE products IN ACCESS EXCLUSIVE MODE`;
    await tx`
      UPDATE transactions SET product_id = ${id}
      WHERE operator_id = ${operatorId} AND product_number = ${number} AND product_id IS NULL
    `;
    await tx`
      UPDATE ledger_records SET flag = NULL, flag_detail = NULL
      WHERE flag = 'unknownProduct' AND operator_id = ${operatorId} AND flag_detail = ${unknownProduct(number)}
    `;
  });
  return id;
}

/**
 * Registers a machine (epoch 1) and returns its credentials. A machine that exists is brought up to date and gets a new
 * password (or the one given): its old one stops working.
 */
export async function registerMachine(
  { migrate: sql }: Pick<Databases, "migrate">,
  machine: NewMachine,
): Promise<MachineCredentials> {
  const { serial, operatorId } = machine;
  if (!isMachineId(serial)) throw new RangeError(`${serial} is no serial number: A-Z, 0-9 and -, at most 32`);
  const password = machine.password ?? randomSecret();
  const values = {
    operator_id: operatorId,
    serial_number: serial,
    location_name: machine.locationName ?? "",
    time_zone: machine.timeZone ?? "UTC",
    latitude: machine.latitude ?? null,
    longitude: machine.longitude ?? null,
    model: machine.model ?? "",
    currency: machine.currency ?? "USD",
    currency_decimals: machine.currencyDecimals ?? 2,
    simulated: machine.simulated ?? false,
    telemetry_period_s: machine.telemetryPeriodS ?? 300,
    secret_hash: hashSecret(password),
    // Records carry whole seconds: the first one must not lie before the installation.
    installed_at: new Date(Math.floor((machine.installedAt ?? new Date()).getTime() / 1_000) * 1_000),
    epoch: FIRST_EPOCH,
  };
  return inTransaction(sql, async (tx) => {
    const [row] = await tx<{ id: string; epoch: number }[]>`
      INSERT INTO machines ${tx(values)}
      ON CONFLICT (serial_number) DO UPDATE SET secret_hash = excluded.secret_hash,
        location_name = excluded.location_name, time_zone = excluded.time_zone, latitude = excluded.latitude,
        longitude = excluded.longitude, simulated = excluded.simulated,
        telemetry_period_s = excluded.telemetry_period_s
      RETURNING id, epoch
    `;
    const machineId = idOf(row);
    const epoch = row?.epoch ?? FIRST_EPOCH;
    await tx`
      INSERT INTO sync_cursors (machine_id, epoch, operator_id, chain)
      VALUES (${machineId}, ${epoch}, ${operatorId}, ${chainStart(epoch)})
      ON CONFLICT DO NOTHING
    `;
    await tx`
      INSERT INTO machine_owners (machine_id, from_at, operator_id) VALUES (${machineId}, '-infinity', ${operatorId})
      ON CONFLICT DO NOTHING
    `;
    return { machineId, serial, username: serial, password, epoch };
  });
}

/**
 * Gives the machine its next epoch: for a replaced or reset board, whose ledger begins anew. Old epochs stay readable;
 * what still comes of them are facts, and no longer the machine's state (migration 0030).
 */
export async function issueEpoch({ migrate: sql }: Pick<Databases, "migrate">, serial: string): Promise<number> {
  return inTransaction(sql, async (tx) => {
    await lockLedgers(tx, serial);
    const [row] = await tx<{ id: string; operatorId: string; epoch: number }[]>`
      UPDATE machines SET epoch = epoch + 1 WHERE serial_number = ${serial}
      RETURNING id, operator_id AS "operatorId", epoch
    `;
    if (row === undefined) throw new RangeError(`no machine ${serial}`);
    const { id, operatorId, epoch } = row;
    await tx`
      INSERT INTO sync_cursors (machine_id, epoch, operator_id, chain)
      VALUES (${id}, ${epoch}, ${operatorId}, ${chainStart(epoch)})
    `;
    return epoch;
  });
}

/**
 * Gives the machine to another operator from `at` on. What it sold before stays booked, and is booked even if it comes
 * later, for the old one; its slots are planned anew, for products are their operator's.
 */
export async function moveMachine(
  { migrate: sql }: Pick<Databases, "migrate">,
  serial: string,
  operatorId: string,
  at: Date = new Date(),
): Promise<void> {
  await inTransaction(sql, (tx) => moveIn(tx, serial, operatorId, at));
}

/** `moveMachine` in a transaction of the owner's role. */
export async function moveIn(tx: Transaction, serial: string, operatorId: string, at: Date): Promise<void> {
  const [row] = await tx<{ id: string }[]>`
    UPDATE machines SET operator_id = ${operatorId}, owned_since = ${at}, location_id = NULL
    WHERE serial_number = ${serial} AND owned_since < ${at} RETURNING id
  `;
  if (row === undefined) throw new RangeError(`no machine ${serial} that was somebody's before ${at.toISOString()}`);
  await tx`INSERT INTO machine_owners (machine_id, from_at, operator_id) VALUES (${row.id}, ${at}, ${operatorId})`;
  await tx`
    UPDATE machine_slots SET operator_id = ${operatorId}, product_id = NULL, product_number = NULL,
      planned_product_id = NULL
    WHERE machine_id = ${row.id}`;
  for (const table of ["sync_cursors", "machine_certificates", "machine_suspensions", "machine_births"]) {
    await tx`UPDATE ${tx(table)} SET operator_id = ${operatorId} WHERE machine_id = ${row.id}`;
  }
  await tx`DELETE FROM machine_tags WHERE machine_id = ${row.id}`;
}

/**
 * Plans the machine's slots. What its ledger says is kept: counts, and once a planogram came into force or a price was
 * set at the machine, those.
 */
export async function addSlots(
  { migrate: sql }: Pick<Databases, "migrate">,
  serial: string,
  slots: readonly NewSlot[],
): Promise<void> {
  for (const { slotCode, productNumber, quantity, maxCapacity, price } of slots) {
    await sql`
      INSERT INTO machine_slots AS s (machine_id, operator_id, slot_code, product_id, quantity, planned_quantity,
        max_capacity, price, currency, planned_product_id, planned_capacity, planned_price)
      SELECT m.id, m.operator_id, ${slotCode}, p.id, ${quantity}, ${quantity}, ${maxCapacity}, ${price}, m.currency,
        p.id, ${maxCapacity}, ${price}
      FROM machines m LEFT JOIN products p ON p.operator_id = m.operator_id AND p.number = ${productNumber}
      WHERE m.serial_number = ${serial}
      ON CONFLICT (machine_id, slot_code) DO UPDATE SET planned_product_id = excluded.planned_product_id,
        planned_capacity = excluded.planned_capacity, planned_price = excluded.planned_price,
        product_id = CASE WHEN s.by_planogram THEN s.product_id ELSE excluded.product_id END,
        max_capacity = CASE WHEN s.by_planogram THEN s.max_capacity ELSE excluded.max_capacity END,
        price = CASE WHEN s.by_planogram OR s.price_set THEN s.price ELSE excluded.price END
    `;
  }
  await lookSoon(sql, serial);
}

/** What a machine with this password is worth now; "unknown" if it is not its own. */
export async function checkMachine(
  ingest: Sql,
  serial: string,
  password: Uint8Array,
): Promise<"good" | "unknown" | "suspended"> {
  const [row] = await ingest<{ suspended: boolean }[]>`
    SELECT s.id IS NOT NULL AS suspended FROM machines m
    LEFT JOIN machine_suspensions s ON s.machine_id = m.id AND s.lifted_at IS NULL
    WHERE m.serial_number = ${serial} AND m.secret_hash = ${hashSecret(password)} AND m.decommissioned_at IS NULL
  `;
  if (row === undefined) return "unknown";
  return row.suspended ? "suspended" : "good";
}

/** SHA-256: enough for 256 random bits, and cheap in a storm of reconnects. */
export function hashSecret(secret: string | Uint8Array): Buffer {
  return createHash("sha256").update(secret).digest();
}

function idOf(row: { readonly id: string } | undefined): string {
  if (row === undefined) throw new Error("the database returned no row");
  return row.id;
}
