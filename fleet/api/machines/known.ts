/** The machine a request names, or the problem that it is none of the operator's. */
import type { Transaction } from "../../store/databases.js";
import { type MachineRow, readMachine } from "../../store/reading.js";
import { ProblemError } from "../problems.js";

/** In a transaction of the operator. Throws no-such-machine, as for a machine of somebody else. */
export async function mustKnow(tx: Transaction, operatorId: string, serial: string): Promise<MachineRow> {
  const found = await readMachine(tx, operatorId, serial);
  if (found === undefined) throw new ProblemError("no-such-machine", serial);
  return found;
}
