/**
 * Passwords of people: argon2id with OWASP's parameters (19 MiB, 2 passes, 1 lane), and the rules of NIST SP 800-63B-4
 * §3.1.1: long, any characters, compared in one normal form; no rule of composition, no expiry.
 */
import { randomInt } from "node:crypto";
import { hash, verify } from "@node-rs/argon2";

const OPTIONS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;
/** How a hash made with them begins. */
const PRESENT = "$argon2id$v=19$m=19456,t=2,p=1$";
/** Where the password may be all that is asked for. */
export const MIN_PASSWORD_LENGTH = 15;
export const MAX_PASSWORD_LENGTH = 200;
/** Names shorter than this are no reason to refuse a password that contains them. */
const NAME_COUNTS_FROM = 4;
const MIN_DIFFERENT = 5;
/** Without characters that are mistaken for one another. */
const ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789";
const GROUPS = 5;
const GROUP_LENGTH = 4;

export function hashPassword(password: string): Promise<string> {
  return hash(password.normalize("NFKC"), OPTIONS);
}

/** Takes as long for a user who does not exist or has no password, so that names cannot be told apart by the time. */
export async function checkPassword(passwordHash: string | null | undefined, password: string): Promise<boolean> {
  const right = await verify(passwordHash ?? NOBODYS_HASH, password.normalize("NFKC"));
  return right && passwordHash !== undefined && passwordHash !== null;
}

/** True for a hash that a sign-in should replace by one of the present parameters. */
export function isOutdated(passwordHash: string): boolean {
  return !passwordHash.startsWith(PRESENT);
}

/** Why this cannot be the password of `name`; undefined if it can. */
export function passwordProblem(name: string, password: string): string | undefined {
  const text = password.normalize("NFKC");
  const length = [...text].length;
  if (length < MIN_PASSWORD_LENGTH) return `It has ${length} characters; at least ${MIN_PASSWORD_LENGTH} are needed`;
  if (length > MAX_PASSWORD_LENGTH) return `It has more than ${MAX_PASSWORD_LENGTH} characters`;
  if (new Set(text).size < MIN_DIFFERENT) return `It has fewer than ${MIN_DIFFERENT} different characters`;
  const own = name.toLowerCase();
  if (own.length >= NAME_COUNTS_FROM && text.toLowerCase().includes(own)) return "It contains your name";
  return undefined;
}

/** A hash with the same parameters that no password is known for. */
const NOBODYS_HASH =
  "$argon2id$v=19$m=19456,t=2,p=1$TreYQKKzLHS4/n0SDbKnSg$dcwZplh2tqp+tRH+hL7km0zDoKn0gHNuVW9FMPU3DcY";

/** 99 random bits, readable: five groups of four. */
export function randomPassword(): string {
  const group = (): string => Array.from({ length: GROUP_LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join("");
  return Array.from({ length: GROUPS }, group).join("-");
}
