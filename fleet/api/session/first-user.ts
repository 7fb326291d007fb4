/**
 * The first user, with a password made up here: shown once by whoever starts the service, kept in a 0600 file in the
 * data folder. The same file is written again when the password is reset.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeSecret } from "../../store/data-folder.js";
import type { Databases } from "../../store/databases.js";
import { addUser, hasUsers, setPasswordHash } from "../../store/users.js";
import { hashPassword, randomPassword } from "../password.js";

export const FIRST_USER = "operator";
const PASSWORD_FILE = "operator-password";

export interface FirstUser {
  readonly name: string;
  /** Undefined if it is not in the file any more. */
  readonly password: string | undefined;
  /** Made just now: show it. */
  readonly isNew: boolean;
  /** The file that holds it. */
  readonly path: string;
}

/** Makes the first user of an installation that has none. */
export async function ensureFirstUser(
  databases: Pick<Databases, "migrate">,
  operatorId: string,
  dataDir: string,
): Promise<FirstUser> {
  const path = join(dataDir, PASSWORD_FILE);
  if (!(await hasUsers(databases))) {
    const password = randomPassword();
    // Kept before it works: a cut in between leaves a file that the next start overwrites.
    await writeSecret(path, `${password}\n`);
    if (await addUser(databases, operatorId, FIRST_USER, await hashPassword(password))) {
      return { name: FIRST_USER, password, isNew: true, path };
    }
  }
  const kept = await readFile(path, "utf8").catch(() => undefined);
  return { name: FIRST_USER, password: kept?.trim(), isNew: false, path };
}

/** Gives `name` a new password and ends its sessions; undefined if there is no such user. */
export async function resetPassword(
  databases: Pick<Databases, "migrate">,
  dataDir: string,
  name: string = FIRST_USER,
): Promise<FirstUser | undefined> {
  const password = randomPassword();
  const path = join(dataDir, PASSWORD_FILE);
  if (!(await setPasswordHash(databases, name, await hashPassword(password)))) return undefined;
  if (name === FIRST_USER) await writeSecret(path, `${password}\n`);
  return { name, password, isNew: true, path };
}
