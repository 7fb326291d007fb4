/** The machine a request names, or the problem that it is none of the operator's. In a transaction of the operator. */
import type { Transaction } from "../../store/databases.js";
import {
  type KnownMachine,
  knownMachine,
  type MachineRow,
  type OwnMachine,
  ownMachine,
  readMachine,
} from "../../store/machine-list.js";
import { ProblemError } from "../problems.js";

/** One that is the operator's. Throws no-such-machine, as for a machine of somebody else. */
export async function mustOwn(tx: Transaction, operatorId: string, serial: string): Promise<OwnMachine> {
  const found = await ownMachine(tx, operatorId, serial);
  if (found === undefined) throw new ProblemError("no-such-machine", serial);
  return found;
}

/** The same with all that its page shows. */
export async function mustRead(tx: Transaction, operatorId: string, serial: string): Promise<MachineRow> {
  const found = await readMachine(tx, operatorId, serial);
  if (found === undefined) throw new ProblemError("no-such-machine", serial);
  return found;
}

/** One that is or was the operator's: whose history it may read. */
export async function mustHaveKnown(tx: Transaction, serial: string): Promise<KnownMachine> {
  const found = await knownMachine(tx, serial);
  if (found === undefined) throw new ProblemError("no-such-machine", serial);
  return found;
}
