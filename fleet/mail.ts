/**
 * E-mail over SMTP (RFC 5321). Whoever needs to send one asks for a `Mailer`; without SPIRAL_SMTP_URL there is none.
 * Text only: nothing that is ours to say needs more, and no markup can be smuggled in by a machine's or user's name.
 */
import { createTransport } from "nodemailer";
import type { Config } from "./config.js";

export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

export interface Mailer {
  /** Resolves when the server has taken it; rejects with the reason otherwise. */
  send(mail: Mail): Promise<void>;
  close(): void;
}

const CONNECT_WITHIN_MS = 10_000;
const ANSWER_WITHIN_MS = 20_000;
const MAX_SUBJECT_LENGTH = 200;

/** Undefined where no server is set. */
export function createMailer({ smtpUrl, mailFrom }: Pick<Config, "smtpUrl" | "mailFrom">): Mailer | undefined {
  if (smtpUrl === undefined) return undefined;
  const url = new URL(smtpUrl);
  const secure = url.protocol === "smtps:";
  const user = decodeURIComponent(url.username);
  const transport = createTransport({
    host: url.hostname,
    port: url.port === "" ? (secure ? 465 : 587) : Number(url.port),
    secure,
    // A password never travels in the clear.
    requireTLS: !secure && user !== "",
    ...(user === "" ? {} : { auth: { user, pass: decodeURIComponent(url.password) } }),
    connectionTimeout: CONNECT_WITHIN_MS,
    greetingTimeout: CONNECT_WITHIN_MS,
    socketTimeout: ANSWER_WITHIN_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    send: async ({ to, subject, text }) => {
      const line = subject.replace(/[\r\n]+/g, " ").slice(0, MAX_SUBJECT_LENGTH);
      // An object, so that no address in it is read as several.
      await transport.sendMail({ from: mailFrom, to: { name: "", address: to }, subject: line, text });
    },
    close: () => transport.close(),
  };
}
