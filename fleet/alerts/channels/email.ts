/** Alerts by e-mail. */
import { createMailer, type MailServer } from "../../mail.js";
import { subjectOf, textOf } from "../message.js";
import type { Send } from "./channel.js";

const TAKEN = 250;

export function emailChannel(server: MailServer | undefined): Send {
  if (server === undefined) {
    return async () => ({ ok: false, final: false, why: "no mail server is set (SPIRAL_SMTP_URL)" });
  }
  const mailer = createMailer(server);
  return async ({ to }, message) => {
    const { id, createdAt, event } = message;
    const headers = { "x-spiral-event": event };
    const mail = { to, subject: subjectOf(message), text: textOf(message), id, createdAt, headers };
    const mailed = await mailer.send(mail);
    return mailed.ok ? { ok: true, status: TAKEN } : mailed;
  };
}
