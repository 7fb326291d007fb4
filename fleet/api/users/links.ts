/**
 * Links to a password: for a new person, and for one who has lost his. What is mailed begins with SPIRAL_PUBLIC_URL,
 * never with what a request says of its host; without that setting, or a mail server, none is mailed.
 */
import type { Transaction } from "../../store/databases.js";
import { putLetter } from "../../store/letters.js";
import { addLink } from "../../store/people.js";
import type { Seal } from "../../store/sealing.js";

export const INVITED_FOR_MS = 7 * 86_400_000;
export const RESET_WITHIN_MS = 3_600_000;

/** How links are mailed; undefined: they are not. */
export interface Post {
  readonly letters: Seal | undefined;
}

/** Where the pages take the token: behind the #, so that it stands in no log. */
export function linkPath(token: string): string {
  return `/#/password/${token}`;
}

export interface MadeLink {
  readonly token: string;
  readonly expiresAt: Date;
  /** A letter with it is on its way, if the transaction is committed. */
  readonly mailed: boolean;
}

/** Makes a link, and in the same transaction the letter with it, where it can be mailed. */
export async function makeLink(
  tx: Transaction,
  { letters }: Post,
  to: { readonly operatorId: string; readonly userId: string; readonly email: string | null },
  ttlMs: number,
): Promise<MadeLink> {
  const { operatorId, userId, email } = to;
  const link = await addLink(tx, { operatorId, userId }, ttlMs);
  const mailed = letters !== undefined && email !== null;
  if (mailed) {
    const sealedToken = letters.seal(link.token, userId);
    await putLetter(tx, { operatorId, userId, ...link, sealedToken });
  }
  return { ...link, mailed };
}
