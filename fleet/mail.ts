/**
 * E-mail over SMTP (RFC 5321), through the one mail server of the service (SPIRAL_SMTP_URL). TLS always, except to
 * this machine itself without a password. Text only: nothing that is ours to say needs more, and no markup can be
 * smuggled in by a machine's or user's name. Who is refused for now (greylisting, 4xx) may be tried again; who is
 * refused for good (5xx) not.
 */
import { createTransport, type Transporter } from "nodemailer";
import type { Config } from "./config.js";

export interface MailServer {
  /** smtp[s]://[user:password@]host[:port] */
  readonly url: string;
  readonly from: string;
  /** Authority to believe beside the known ones, PEM. */
  readonly ca?: string;
}

export interface Mail {
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
  /** The same at every try: a mail that comes twice is known by it. */
  readonly id?: string;
  readonly createdAt?: Date;
  readonly headers?: Readonly<Record<string, string>>;
}

/** why: codes only; what a server says may hold addresses, or what we signed in with. final: not to be tried again. */
export type Mailed = { readonly ok: true } | { readonly ok: false; readonly why: string; readonly final: boolean };

export interface Mailer {
  /** Resolves when the server has taken it, or has not; never rejects. */
  send(mail: Mail): Promise<Mailed>;
  close(): void;
}

const ANSWER_WITHIN_MS = 15_000;
const MAX_SUBJECT_LENGTH = 200;
const LOOPBACK: readonly string[] = ["127.0.0.1", "localhost", "[::1]"];
const PERMANENT_FROM = 500;

/** Undefined where none is set. */
export function mailServerOf({ smtpUrl, mailFrom }: Pick<Config, "smtpUrl" | "mailFrom">): MailServer | undefined {
  return smtpUrl === undefined ? undefined : { url: smtpUrl, from: mailFrom };
}

export function createMailer(server: MailServer): Mailer {
  const { from } = server;
  const transport = transportOf(server);
  const host = from.split("@")[1]?.replace(/[^a-z0-9.-].*$/i, "") ?? "spiral";
  return {
    send: async ({ to, subject, text, id, createdAt, headers }) => {
      try {
        await transport.sendMail({
          from,
          // Objects, so that no address is read as several.
          to: to.map((address) => ({ name: "", address })),
          subject: subject.replace(/[\r\n]+/g, " ").slice(0, MAX_SUBJECT_LENGTH),
          text,
          ...(createdAt === undefined ? {} : { date: createdAt }),
          ...(id === undefined ? {} : { messageId: `<${id}@${host}>` }),
          headers: { "auto-submitted": "auto-generated", ...headers },
        });
        return { ok: true };
      } catch (error) {
        return { ok: false, ...refusalOf(error) };
      }
    },
    close: () => transport.close(),
  };
}

function transportOf({ url, ca }: MailServer): Transporter {
  const { protocol, hostname, port, username, password } = new URL(url);
  const secure = protocol === "smtps:";
  return createTransport({
    host: hostname.replace(/^\[|\]$/g, ""),
    port: port === "" ? (secure ? 465 : 587) : Number(port),
    secure,
    // A password never travels in the clear.
    requireTLS: !secure && (username !== "" || !LOOPBACK.includes(hostname)),
    ...(username === "" ? {} : { auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) } }),
    ...(ca === undefined ? {} : { tls: { ca } }),
    connectionTimeout: ANSWER_WITHIN_MS,
    greetingTimeout: ANSWER_WITHIN_MS,
    socketTimeout: ANSWER_WITHIN_MS,
    dnsTimeout: ANSWER_WITHIN_MS,
    // Nothing of ours is ever read from a file or an address for a mail.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
}

function refusalOf(error: unknown): { readonly why: string; readonly final: boolean } {
  if (!(error instanceof Error)) return { why: "failed", final: false };
  const status = "responseCode" in error && typeof error.responseCode === "number" ? error.responseCode : undefined;
  const code = "code" in error ? String(error.code) : error.name;
  const command = "command" in error && typeof error.command === "string" ? error.command : "";
  const why = status === undefined ? `no connection (${code})` : `the mail server answered ${status} to ${command}`;
  // A password that is wrong is our own setting, which somebody will put right.
  return { why, final: code !== "EAUTH" && status !== undefined && status >= PERMANENT_FROM };
}
