/**
 * Links to a password: for a new person, and for one who has lost his. What is mailed begins with SPIRAL_PUBLIC_URL,
 * never with what a request says of its host; without that setting, or a mail server, none is mailed.
 */
import type { FastifyBaseLogger } from "fastify";
import type { Mailer } from "../../mail.js";

export const INVITED_FOR_MS = 7 * 86_400_000;
export const RESET_WITHIN_MS = 3_600_000;

export interface Post {
  readonly mailer: Mailer | undefined;
  readonly publicUrl: string | undefined;
}

/** Where the pages take the token: behind the #, so that it stands in no log. */
export function linkPath(token: string): string {
  return `/#/password/${token}`;
}

/** True if there is a way to mail this person a link. */
export function canMail({ mailer, publicUrl }: Post, { email }: { readonly email: string | null }): boolean {
  return mailer !== undefined && publicUrl !== undefined && email !== null;
}

/** Sends the link in the background where it can be mailed. */
export function mailLink(
  { mailer, publicUrl }: Post,
  log: FastifyBaseLogger,
  to: { readonly name: string; readonly email: string | null },
  link: { readonly token: string; readonly expiresAt: Date },
): void {
  if (mailer === undefined || publicUrl === undefined || to.email === null) return;
  const text = [
    `With this link you set the password of ${to.name}:`,
    "",
    `${publicUrl}${linkPath(link.token)}`,
    "",
    `It works once, until ${link.expiresAt.toISOString()}.`,
    "If you have not asked for it, you need not do anything: your password stays as it is.",
  ].join("\n");
  void mailer.send({ to: [to.email], subject: "Your password at Spiral", text }).then((mailed) => {
    if (!mailed.ok) log.error({ why: mailed.why }, "a link to a password was not sent");
  });
}
