/**
 * Boards become machines by the thousand, each by a claim of its own, with a key made here (or the request of a board
 * that made its own). Everything of one board is in files named after it; what is written before each step lets a run
 * that was killed be started again: a board is done once, with the same key, code and epoch.
 */
import { existsSync } from "node:fs";
import { readFile, rename, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { Address } from "../../fleet/config.js";
import type { Authorities } from "../../fleet/identity/authorities.js";
import { hashClaimCode, newClaimCode, plainClaimCode } from "../../fleet/identity/claim-code.js";
import { claim, type Granted, machineKeys } from "../../fleet/identity/claiming.js";
import { addClaim } from "../../fleet/store/claims.js";
import { codeOf } from "../../fleet/store/data-folder.js";
import type { Databases } from "../../fleet/store/databases.js";
import { allOf, asOperator } from "../../fleet/store/tenancy.js";
import type { ClaimRefusal } from "../../shared/wire/claim.js";
import { isMachineId } from "../../shared/wire/topics.js";
import { newKey, requestWith } from "./keys.js";

/** A claim made here is used at once; a run that was broken off is started again within this. */
const CLAIM_MS = 30 * 86_400_000;

export interface BoardRow {
  readonly serial: string;
  readonly model: string;
  /** PKCS #10 in DER, of a board that made its own key. */
  readonly request?: Uint8Array;
}

export interface ProvisionPorts {
  readonly databases: Databases;
  readonly operatorId: string;
  readonly authorities: () => Promise<Authorities>;
  readonly master: Uint8Array;
  readonly broker: Address;
  /** Where boards renew their certificates; undefined: nowhere. */
  readonly renewals: Address | undefined;
  /** Folder of the results. */
  readonly into: string;
}

export type BoardOutcome = "made" | "there" | { readonly wrong: string };

/** Provisions `rows`, a few at a time; `tell` hears of each. Every row is tried, whatever becomes of the others. */
export async function provisionBoards(
  ports: ProvisionPorts,
  rows: readonly BoardRow[],
  tell: (row: BoardRow, outcome: BoardOutcome) => void,
): Promise<void> {
  const seen = new Set<string>();
  let next = 0;
  const work = async (): Promise<void> => {
    for (let row = rows[next++]; row !== undefined; row = rows[next++]) {
      const { serial } = row;
      const wrong = !isMachineId(serial) ? "no serial number" : seen.has(serial) ? "is there twice" : undefined;
      seen.add(serial);
      if (wrong !== undefined) {
        tell(row, { wrong });
        continue;
      }
      tell(
        row,
        await provisionOne(ports, row).catch((error: unknown) => ({
          wrong: error instanceof Error ? error.message : codeOf(error),
        })),
      );
    }
  };
  // More than processors: one waits for the database while others compute.
  await Promise.all(Array.from({ length: availableParallelism() + 2 }, work));
}

const REFUSED: Readonly<Record<ClaimRefusal, string>> = {
  unknown: "its code is in no database; delete the file with it",
  expired: "its code is over; delete the file with it",
  revoked: "its code was revoked; delete the file with it",
  used: "its code was used by another key",
  otherMachine: "another operator's, or out of service",
};

async function provisionOne(ports: ProvisionPorts, row: BoardRow): Promise<BoardOutcome> {
  const { serial } = row;
  const file = (ending: string): string => join(ports.into, `${serial}${ending}`);
  if (existsSync(file(".json"))) return "there";
  const request = row.request ?? requestWith(await keyIn(file(".key.pem")), serial);
  const code = await kept(file(".code"), () => newCode(ports, serial));
  const made = { app: ports.databases.app, authorities: ports.authorities, nowMs: Date.now() };
  const granted = await claim(made, { code, serial, request });
  if (granted.is === "badRequest") return { wrong: `request: ${granted.why}` };
  if (granted.is === "refused") {
    return { wrong: `refused: ${REFUSED[granted.why]}` };
  }
  await write(file(".der"), granted.certificate);
  await write(file(".authorities.pem"), granted.authorities.join(""));
  await write(file(".json"), `${JSON.stringify(secretsOf(ports, row, granted), undefined, 2)}\n`);
  return "made";
}

/** What `table` reads (secrets.ts), as far as the fleet knows it. */
function secretsOf({ master, broker, renewals }: ProvisionPorts, { serial, model }: BoardRow, { epoch }: Granted) {
  const { order, voucher } = machineKeys(master, serial, epoch);
  return {
    identity: { machineId: serial, model, epoch, voucherKey: voucher, orderKey: order },
    network: {
      brokerHost: broker.host,
      brokerPort: broker.port,
      brokerCa: "authority.der",
      certificate: `${serial}.der`,
      ...(renewals === undefined ? {} : { doorHost: renewals.host, doorPort: renewals.port }),
    },
  };
}

/** The key in the file, made if there is none yet. */
async function keyIn(path: string): Promise<string> {
  if (existsSync(path)) return readFile(path, "utf8");
  const keyPem = await newKey();
  await write(path, keyPem);
  return keyPem;
}

async function newCode(
  { databases, operatorId }: ProvisionPorts,
  serial: string,
): Promise<[string, () => Promise<void>]> {
  const code = newClaimCode();
  const codeHash = hashClaimCode(plainClaimCode(code) ?? "");
  const expiresAt = new Date(Date.now() + CLAIM_MS);
  const add = async (): Promise<void> => {
    const actor = { operatorId, userId: null, keyId: null };
    await asOperator(databases.app, allOf(operatorId), (tx) =>
      addClaim(tx, actor, { codeHash, serials: [serial], note: "tools/provision", expiresAt }),
    );
  };
  return [code, add];
}

/** The code in the file. A new one is in the database before it is in the file: one that is not there opens nothing. */
async function kept(path: string, make: () => Promise<[string, () => Promise<void>]>): Promise<string> {
  if (existsSync(path)) return readFile(path, "utf8");
  const [code, add] = await make();
  await add();
  await write(path, code);
  return code;
}

/** Whole or not at all, and only ours to read. */
async function write(path: string, content: string | Uint8Array): Promise<void> {
  await writeFile(`${path}.part`, content, { mode: 0o600 });
  await rename(`${path}.part`, path);
}
