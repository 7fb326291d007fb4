/**
 * Alerts by e-mail, through the one mail server of the service (SPIRAL_SMTP_URL). TLS always, except to this machine
 * itself. Who is refused for now (greylisting, 4xx) is tried again; who is refused for good (5xx) is not.
 */
import { createTransport, type Transporter } from "nodemailer";
import type { Sent } from "../../hooks/post.js";
import { type Message, subjectOf, textOf } from "../message.js";
import type { Send } from "./channel.js";

export interface MailServer {
  /** smtp[s]://[user:password@]host[:port] */
  readonly url: string;
  readonly from: string;
  /** Authority to believe beside the known ones, PEM. */
  readonly ca?: string;
}

const ANSWER_WITHIN_MS = 15_000;
const LOOPBACK: readonly string[] = ["127.0.0.1", "localhost", "[::1]"];
const PERMANENT_FROM = 500;

export function emailChannel(server: MailServer | undefined): Send {
  if (server === undefined) {
    return async () => ({ ok: false, final: false, why: "no mail server is set (SPIRAL_SMTP_URL)" });
  }
  const transport = transportOf(server);
  const host = server.from.split("@")[1]?.replace(/[^a-z0-9.-].*$/i, "") ?? "spiral";
  return ({ to }, message) => deliver(transport, server.from, host, to, message);
}

function transportOf({ url, ca }: MailServer): Transporter {
  const { protocol, hostname, port, username, password } = new URL(url);
  const secure = protocol === "smtps:";
  return createTransport({
    host: hostname.replace(/^\[|\]$/g, ""),
    port: port === "" ? (secure ? 465 : 587) : Number(port),
    secure,
    requireTLS: !secure && !LOOPBACK.includes(hostname),
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

async function deliver(
  transport: Transporter,
  from: string,
  host: string,
  to: readonly string[],
  message: Message,
): Promise<Sent> {
  try {
    await transport.sendMail({
      from,
      to: [...to],
      subject: subjectOf(message),
      text: textOf(message),
      date: message.createdAt,
      // The same at every try: a mail that comes twice is known by it.
      messageId: `<${message.id}@${host}>`,
      headers: { "auto-submitted": "auto-generated", "x-spiral-event": message.event },
    });
    return { ok: true, status: 250 };
  } catch (error) {
    return { ok: false, ...refusalOf(error) };
  }
}

/** Only codes: what a server says may hold addresses, or what we signed in with. */
function refusalOf(error: unknown): { readonly why: string; readonly final: boolean } {
  if (!(error instanceof Error)) return { why: "failed", final: false };
  const status = "responseCode" in error && typeof error.responseCode === "number" ? error.responseCode : undefined;
  const code = "code" in error ? String(error.code) : error.name;
  const command = "command" in error && typeof error.command === "string" ? error.command : "";
  const why = status === undefined ? `no connection (${code})` : `the mail server answered ${status} to ${command}`;
  // A password that is wrong is our own setting, which somebody will put right.
  return { why, final: code !== "EAUTH" && status !== undefined && status >= PERMANENT_FROM };
}
