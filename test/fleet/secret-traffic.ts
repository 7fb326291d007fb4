/**
 * A person's, a receiver's and a provider's secrets, sent through a running service once as they should be and once
 * wrongly: what is said of a failure is where a secret gets out.
 */
import { createServer, type Server } from "node:http";
import { Provider } from "oidc-provider";
import { Secret, TOTP } from "otpauth";
import * as assert from "uvu/assert";
import { freePort } from "./servers.js";

const PUBLIC_URL = "https://fleet.example";
const CLIENT_SECRET = "the-secret-of-a-client-of-this-test";
const PASSWORD = "a long password of this test";

export interface ProviderServer {
  /** What the service is started with. */
  readonly env: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** An identity provider of its own, by which the service lets sign in. */
export async function openProvider(): Promise<ProviderServer> {
  const port = await freePort();
  const issuer = `http://127.0.0.1:${port}`;
  const redirect = `${PUBLIC_URL}/api/v1/session/oidc/callback`;
  const provider = new Provider(issuer, {
    clients: [{ client_id: "spiral", client_secret: CLIENT_SECRET, redirect_uris: [redirect] }],
    cookies: { keys: ["for this test only"] },
  });
  const server: Server = createServer(provider.callback());
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return {
    env: {
      SPIRAL_PUBLIC_URL: PUBLIC_URL,
      SPIRAL_OIDC_ISSUER: issuer,
      SPIRAL_OIDC_CLIENT_ID: "spiral",
      SPIRAL_OIDC_CLIENT_SECRET: CLIENT_SECRET,
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

type Answered = Readonly<Record<string, unknown>>;

/** Requests of one person, who says of each that our own page sends it. */
class Person {
  readonly url: string;
  cookie: string;

  constructor(url: string, cookie = "") {
    this.url = url;
    this.cookie = cookie;
  }

  /** Answers with the body of a success; with nothing where `status` is none. */
  async ask(method: string, path: string, body: object | undefined, status: number): Promise<Answered> {
    const headers = { "content-type": "application/json", "sec-fetch-site": "same-origin", cookie: this.cookie };
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const answer = await fetch(`${this.url}/api/v1${path}`, {
      method,
      headers: body === undefined ? { "sec-fetch-site": "same-origin", cookie: this.cookie } : headers,
      redirect: "manual",
      ...sent,
    });
    const text = await answer.text();
    assert.is(answer.status, status, `${method} ${path}: ${text}`);
    const set = answer.headers.get("set-cookie");
    if (set !== null) this.cookie = set.split(";")[0] ?? "";
    const location = answer.headers.get("location");
    return location === null ? (text === "" ? {} : JSON.parse(text)) : { location };
  }
}

/** `cookie`: of an owner. `serial`: a machine of his. Everything that nobody but the parties may read. */
export async function sendSecretsThrough(url: string, cookie: string, serial: string): Promise<readonly string[]> {
  const owner = new Person(url, cookie);
  return [
    ...(await ofPerson(owner)),
    ...(await ofReceivers(owner)),
    ...(await ofTransfer(owner, serial)),
    ...(await ofProvider(url)),
  ];
}

async function ofPerson(owner: Person): Promise<readonly string[]> {
  const name = "Somebody with secrets";
  const { link } = await owner.ask("POST", "/users", { name, role: "technician" }, 201);
  const { token, path } = Object(link);
  const person = new Person(owner.url);
  await person.ask("POST", "/passwords", { token, password: PASSWORD }, 204);
  await person.ask("POST", "/passwords", { token, password: PASSWORD }, 404);
  await person.ask("POST", "/session", { name, password: PASSWORD }, 200);
  await person.ask("PUT", "/account/password", { present: `${PASSWORD}!`, wanted: `${PASSWORD}?` }, 401);
  const { secret, uri } = await person.ask("POST", "/account/totp", { password: PASSWORD }, 200);
  await person.ask("PUT", "/account/totp", { code: "000000" }, 401);
  const code = new TOTP({ secret: Secret.fromBase32(String(secret)) }).generate();
  const { recoveryCodes } = await person.ask("PUT", "/account/totp", { code }, 200);
  const codes = Array.isArray(recoveryCodes) ? recoveryCodes.map(String) : [];
  assert.is(codes.length, 10);
  const [used = ""] = codes;
  await person.ask("POST", "/session", { name, password: PASSWORD, code: used }, 200);
  await person.ask("POST", "/session", { name, password: PASSWORD, code: used }, 401);
  const session = person.cookie.split("=")[1] ?? "";
  return [token, path, PASSWORD, secret, uri, ...codes, session].map(String);
}

/** There is no such host: that a message could not be sent is said, too. */
async function ofReceivers(owner: Person): Promise<readonly string[]> {
  const to = { url: "https://hook.invalid/in", enabled: true };
  const made = [
    ["/webhooks", { name: "ERP", kinds: ["sale"], ...to }],
    ["/channels", { name: "Desk", kind: "webhook", ...to }],
  ] as const;
  const secrets: string[] = [];
  for (const [path, body] of made) {
    const { id, secret } = await owner.ask("POST", path, body, 201);
    const { secret: next } = await owner.ask("POST", `${path}/${id}/secrets`, undefined, 201);
    await owner.ask("POST", `${path}/${id}/test`, undefined, 202);
    secrets.push(String(secret), String(next));
  }
  return secrets;
}

async function ofTransfer(owner: Person, serial: string): Promise<readonly string[]> {
  const { id, code } = await owner.ask("POST", "/transfers", { serial }, 201);
  await owner.ask("POST", "/transfers/acceptances", { code }, 409);
  await owner.ask("DELETE", `/transfers/${id}`, undefined, 204);
  await owner.ask("POST", "/transfers/acceptances", { code }, 404);
  return [String(code)];
}

/** A code that the provider never gave: it refuses our secret's bearer, and that is logged. */
async function ofProvider(url: string): Promise<readonly string[]> {
  const somebody = new Person(url);
  const { location } = await somebody.ask("GET", "/session/oidc", undefined, 302);
  const begun = new URL(String(location));
  const back = new URLSearchParams({
    code: "a-code-that-nobody-gave",
    state: begun.searchParams.get("state") ?? "",
    iss: begun.origin,
  });
  const journey = somebody.cookie.split("=")[1] ?? "";
  await somebody.ask("GET", `/session/oidc/callback?${back}`, undefined, 303);
  return [CLIENT_SECRET, journey, begun.searchParams.get("state") ?? ""];
}
