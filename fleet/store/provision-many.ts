/**
 * Registering machines by the thousand, with the owner's role: what `registerMachine` and `addSlots` do one by one, a
 * few statements for each chunk. Only for machines that are new: one that exists fails the whole chunk.
 */
import { chainStart } from "../../shared/records/codec.js";
import { isMachineId } from "../../shared/wire/topics.js";
import { instant } from "./cursors.js";
import type { Databases } from "./databases.js";
import { FIRST_EPOCH, hashSecret, type NewSlot } from "./provision.js";
import { inTransaction } from "./transact.js";

/** Machines of one transaction. */
export const MACHINES_AT_ONCE = 2_000;

export interface MachineOfMany {
  readonly serial: string;
  readonly password: string;
  /** IANA name. */
  readonly timeZone: string;
}

/** What all of them have in common. */
export interface ManyMachines {
  readonly operatorId: string;
  readonly locationName: string;
  readonly model: string;
  readonly currency: string;
  readonly currencyDecimals: number;
  readonly simulated: boolean;
  /** Device times before it are not believed. */
  readonly installedAt: Date;
  readonly slots: readonly NewSlot[];
}

/** Registers `machines` (epoch 1), each with the same slots. Throws RangeError for a serial that is none. */
export async function registerMachines(
  { migrate: sql }: Pick<Databases, "migrate">,
  common: ManyMachines,
  machines: readonly MachineOfMany[],
): Promise<void> {
  const wrong = machines.find(({ serial }) => !isMachineId(serial));
  if (wrong !== undefined) throw new RangeError(`${wrong.serial} is no serial number: A-Z, 0-9 and -, at most 32`);
  for (let from = 0; from < machines.length; from += MACHINES_AT_ONCE) {
    await registerChunk(sql, common, machines.slice(from, from + MACHINES_AT_ONCE));
  }
}

async function registerChunk(
  sql: Databases["migrate"],
  { operatorId, locationName, model, currency, currencyDecimals, simulated, installedAt, slots }: ManyMachines,
  machines: readonly MachineOfMany[],
): Promise<void> {
  const all = <T>(pick: (machine: MachineOfMany) => T): T[] => machines.map(pick);
  const each = <T>(pick: (slot: NewSlot) => T): T[] => slots.map(pick);
  // Records carry whole seconds: the first one must not lie before the installation.
  const installed = instant(Math.floor(installedAt.getTime() / 1_000) * 1_000);
  await inTransaction(sql, async (tx) => {
    const rows = await tx<{ id: string }[]>`
      INSERT INTO machines (operator_id, serial_number, location_name, time_zone, model, currency, currency_decimals,
        simulated, secret_hash, installed_at, epoch)
      SELECT ${operatorId}, serial, ${locationName}, zone, ${model}, ${currency}, ${currencyDecimals}, ${simulated},
        decode(secret, 'hex'), ${installed}, ${FIRST_EPOCH}
      FROM unnest(${all(({ serial }) => serial)}::text[], ${all(({ timeZone }) => timeZone)}::text[],
        ${all(({ password }) => hashSecret(password).toString("hex"))}::text[]) AS m (serial, zone, secret)
      RETURNING id`;
    const ids = rows.map(({ id }) => id);
    await tx`
      INSERT INTO sync_cursors (machine_id, epoch, operator_id, chain)
      SELECT id, ${FIRST_EPOCH}, ${operatorId}, ${chainStart(FIRST_EPOCH)} FROM unnest(${ids}::uuid[]) AS m (id)`;
    await tx`
      INSERT INTO machine_owners (machine_id, from_at, operator_id)
      SELECT id, '-infinity', ${operatorId} FROM unnest(${ids}::uuid[]) AS m (id)`;
    await tx`
      INSERT INTO machine_slots (machine_id, operator_id, slot_code, product_id, quantity, max_capacity, price,
        currency, planned_quantity, planned_product_id, planned_capacity, planned_price)
      SELECT m.id, ${operatorId}, s.code, p.id, s.quantity, s.capacity, s.price, ${currency}, s.quantity, p.id,
        s.capacity, s.price
      FROM unnest(${ids}::uuid[]) AS m (id)
      CROSS JOIN unnest(${each(({ slotCode }) => slotCode)}::text[],
        ${each(({ productNumber }) => productNumber)}::bigint[], ${each(({ quantity }) => quantity)}::smallint[],
        ${each(({ maxCapacity }) => maxCapacity)}::smallint[],
        ${each(({ price }) => price)}::numeric[]) AS s (code, number, quantity, capacity, price)
      LEFT JOIN products p ON p.operator_id = ${operatorId} AND p.number = s.number`;
  });
}
