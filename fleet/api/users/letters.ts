/** Sends the letters that wait (store/letters.ts): at least once each, under one id at every try. */
import { endOfTry, startSending } from "../../hooks/sending.js";
import type { Mailer } from "../../mail.js";
import type { Sql } from "../../store/databases.js";
import { dropLetter, holdLetters, type Letter, tryLetterAgain } from "../../store/letters.js";
import type { Seal } from "../../store/sealing.js";
import { linkPath } from "./links.js";

const TAKEN = 250;

export interface LetterPorts {
  ingest(): Sql;
  now(): number;
  chance(): number;
  readonly mailer: Mailer;
  readonly publicUrl: string;
  readonly seal: Seal;
  log(text: string, detail: unknown): void;
}

/** Sends what is due now; how many were tried. */
export async function sendLetters(ports: LetterPorts, stop?: AbortSignal): Promise<number> {
  let tried = 0;
  while (stop?.aborted !== true) {
    const letters = await holdLetters(ports.ingest(), ports.now());
    if (letters.length === 0) break;
    for (const letter of letters) await sendOne(letter, ports);
    tried += letters.length;
  }
  return tried;
}

async function sendOne(
  letter: Letter,
  { ingest, now, chance, mailer, publicUrl, seal, log }: LetterPorts,
): Promise<void> {
  const { id, userId, sealedToken, name, email, expiresAt, createdAt, tries } = letter;
  const token = seal.open(sealedToken, userId);
  if (token === undefined || email === null) {
    if (token === undefined) log("a letter is dropped: the master key is another one than it was sealed with", { id });
    return dropLetter(ingest(), id);
  }
  const text = textOf(name, `${publicUrl}${linkPath(token)}`, expiresAt);
  const mailed = await mailer.send({ to: [email], subject: "Your password at Spiral", text, id, createdAt });
  const nowMs = now();
  const sent = mailed.ok ? ({ ok: true, status: TAKEN } as const) : mailed;
  const { state, error, dueMs } = endOfTry(sent, { tries, nowMs, chance: chance() });
  if (error !== null) log("a link to a password was not sent", { why: error, tries, state });
  return state === "waiting" ? tryLetterAgain(ingest(), id, dueMs) : dropLetter(ingest(), id);
}

function textOf(name: string, link: string, expiresAt: Date): string {
  return [
    `With this link you set the password of ${name}:`,
    "",
    link,
    "",
    `It works once, until ${expiresAt.toISOString()}.`,
    "If you have not asked for it, you need not do anything: your password stays as it is.",
  ].join("\n");
}

/** Looks for letters until it is closed; `close` ends it after the one it is sending. */
export function startLetters(ports: LetterPorts): { close(): Promise<void> } {
  return startSending({
    send: (stop) => sendLetters(ports, stop),
    forget: async () => undefined,
    failed: (error) => ports.log("letters were not sent", error),
  });
}
