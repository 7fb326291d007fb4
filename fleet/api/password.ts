/** Passwords of people: argon2id, the library's default, with OWASP's parameters (19 MiB, 2 passes, 1 lane). */
import { randomInt } from "node:crypto";
import { hash, verify } from "@node-rs/argon2";

const OPTIONS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;
/** Without characters that are mistaken for one another. */
const ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789";
const GROUPS = 5;
const GROUP_LENGTH = 4;

export function hashPassword(password: string): Promise<string> {
  return hash(password, OPTIONS);
}

/** Takes as long for a user who does not exist, so that names cannot be told apart by the time. */
export async function checkPassword(passwordHash: string | undefined, password: string): Promise<boolean> {
  const right = await verify(passwordHash ?? NOBODYS_HASH, password);
  return right && passwordHash !== undefined;
}

/** A hash with the same parameters that no password is known for. */
const NOBODYS_HASH =
  "$argon2id$v=19$m=19456,t=2,p=1$TreYQKKzLHS4/n0SDbKnSg$dcwZplh2tqp+tRH+hL7km0zDoKn0gHNuVW9FMPU3DcY";

/** 99 random bits, readable: five groups of four. */
export function randomPassword(): string {
  const group = (): string => Array.from({ length: GROUP_LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join("");
  return Array.from({ length: GROUPS }, group).join("-");
}
