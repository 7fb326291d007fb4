/**
 * Objects in a bucket of S3, or of what speaks its REST protocol (SigV4, PutObject, GetObject, ListObjectsV2). An
 * object goes in one request: MAX_OBJECT_BYTES bounds it, our parts are far below. The key's secret is never told.
 */
import { createHash } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { AwsClient } from "aws4fetch";
import { isObjectName, type ObjectStore } from "./objects.js";

export interface S3Settings {
  /** Of the bucket: https://BUCKET.s3.REGION.amazonaws.com, or https://HOST/BUCKET. */
  readonly url: string;
  readonly keyId: string;
  readonly secret: string;
  readonly region: string;
}

export interface S3Patience {
  /** Of one request, until its answer is read. */
  readonly timeoutMs: number;
  readonly attempts: number;
  /** Before the second attempt; doubled before each further one, and drawn at random below that. */
  readonly firstDelayMs: number;
}

/** 512 MiB; S3 itself takes 5 GiB in one request. */
export const MAX_OBJECT_BYTES = 512 * 1024 * 1024;
const PATIENCE: S3Patience = Object.freeze({ timeoutMs: 120_000, attempts: 6, firstDelayMs: 500 });
const LONGEST_DELAY_MS = 20_000;
/** Too many requests, or trouble at their side. */
const PASSING: readonly number[] = Object.freeze([408, 429, 500, 502, 503, 504]);
/** Pages of a list: bounds what a server that never says the end can make us read. */
const MAX_PAGES = 10_000;
const MAX_ERROR_LENGTH = 300;

/** What the codes of an answer mean for whoever set this up. */
const CURES: Readonly<Record<string, string>> = Object.freeze({
  InvalidAccessKeyId: "correct SPIRAL_S3_KEY_ID",
  SignatureDoesNotMatch: "correct SPIRAL_S3_SECRET",
  AuthorizationHeaderMalformed: "correct SPIRAL_S3_REGION",
  PermanentRedirect: "correct SPIRAL_S3_URL and SPIRAL_S3_REGION: the bucket is somewhere else",
  NoSuchBucket: "correct SPIRAL_S3_URL, or make the bucket",
  AccessDenied: "let the key put, get and list in this bucket",
  RequestTimeTooSkewed: "set the clock of this machine",
});

interface Answer {
  readonly status: number;
  readonly bytes: Uint8Array;
}

/** Objects below the bucket's address. */
export function s3Objects(settings: S3Settings, patience: S3Patience = PATIENCE): ObjectStore {
  const { url, keyId, secret, region } = settings;
  const bucket = new URL(url.endsWith("/") ? url : `${url}/`);
  const client = new AwsClient({ accessKeyId: keyId, secretAccessKey: secret, region, service: "s3", retries: 0 });
  const send = (what: string, address: URL, init: { readonly method: string; readonly body?: Uint8Array }) =>
    patiently(what, patience, async () => {
      const body = init.body ?? new Uint8Array();
      const headers = { "x-amz-content-sha256": createHash("sha256").update(body).digest("hex") };
      const signed = await client.sign(address, { method: init.method, headers });
      const response = await fetch(address, {
        method: init.method,
        headers: signed.headers,
        redirect: "manual",
        signal: AbortSignal.timeout(patience.timeoutMs),
        ...(init.body === undefined ? {} : { body: new Uint8Array(init.body) }),
      });
      return { status: response.status, bytes: new Uint8Array(await response.arrayBuffer()) };
    });
  const addressOf = (name: string): URL => {
    if (!isObjectName(name)) throw new RangeError(`${name} is no name of an object`);
    return new URL(name, bucket);
  };
  const place = `${bucket.origin}${bucket.pathname}`;
  return {
    place,
    put: async (name, bytes) => {
      const address = addressOf(name);
      if (bytes.length > MAX_OBJECT_BYTES) throw new RangeError(`${name} is larger than ${MAX_OBJECT_BYTES} bytes`);
      const answer = await send(`put ${name} in ${place}`, address, { method: "PUT", body: bytes });
      if (answer.status !== 200) throw refusal(`put ${name} in ${place}`, answer);
    },
    get: async (name) => {
      const answer = await send(`get ${name} of ${place}`, addressOf(name), { method: "GET" });
      if (answer.status === 200) return answer.bytes;
      if (answer.status === 404 && codeOf(answer) === "NoSuchKey") return undefined;
      throw refusal(`get ${name} of ${place}`, answer);
    },
    list: (prefix) => listAll(bucket, prefix, (address) => send(`list ${place}`, address, { method: "GET" })),
  };
}

/** Page by page; what is no name of ours is somebody else's and left out. */
async function listAll(bucket: URL, prefix: string, send: (address: URL) => Promise<Answer>): Promise<string[]> {
  const names: string[] = [];
  let token: string | undefined;
  for (let page = 0; page < MAX_PAGES; page++) {
    const address = new URL(bucket);
    address.searchParams.set("list-type", "2");
    address.searchParams.set("encoding-type", "url");
    if (prefix !== "") address.searchParams.set("prefix", prefix);
    if (token !== undefined) address.searchParams.set("continuation-token", token);
    const answer = await send(address);
    if (answer.status !== 200) throw refusal(`list ${bucket.origin}${bucket.pathname}`, answer);
    const text = Buffer.from(answer.bytes).toString("utf8");
    for (const [, key = ""] of text.matchAll(/<Key>([^<]*)<\/Key>/g)) {
      const name = decodeKey(key);
      if (name?.startsWith(prefix) === true && isObjectName(name)) names.push(name);
    }
    token = textOf(text, "NextContinuationToken");
    if (textOf(text, "IsTruncated") !== "true" || token === undefined) return names.sort();
  }
  throw new Error(`the list of ${bucket.origin}${bucket.pathname} does not end after ${MAX_PAGES} pages`);
}

/** Undefined for what is not percent-encoded as it should be. */
function decodeKey(key: string): string | undefined {
  try {
    return decodeURIComponent(plain(key).replaceAll("+", " "));
  } catch {
    return undefined;
  }
}

/** Tries again what may pass by itself: no connection, no answer in time, trouble at their side. */
async function patiently(what: string, patience: S3Patience, attempt: () => Promise<Answer>): Promise<Answer> {
  let delayMs = patience.firstDelayMs;
  for (let left = patience.attempts - 1; ; left--) {
    const outcome = await attempt().catch((error: unknown) => {
      return error instanceof Error ? error : new Error(String(error));
    });
    if (!(outcome instanceof Error) && !PASSING.includes(outcome.status)) return outcome;
    if (left <= 0) {
      if (!(outcome instanceof Error)) return outcome;
      const cause = outcome.cause instanceof Error ? `${outcome.message}: ${outcome.cause.message}` : outcome.message;
      throw new Error(`cannot ${what} (${cause}) after ${patience.attempts} attempts`);
    }
    await wait(Math.random() * Math.min(delayMs, LONGEST_DELAY_MS));
    delayMs *= 2;
  }
}

function refusal(what: string, answer: Answer): Error {
  const code = codeOf(answer);
  const told = textOf(Buffer.from(answer.bytes).toString("utf8"), "Message") ?? "";
  const cure = code === undefined ? undefined : CURES[code];
  const why = [`status ${answer.status}`, code, told.slice(0, MAX_ERROR_LENGTH)].filter((part) => part).join(", ");
  return new Error(`cannot ${what} (${why})${cure === undefined ? "" : `: ${cure}`}`);
}

function codeOf({ bytes }: Answer): string | undefined {
  return textOf(Buffer.from(bytes).toString("utf8"), "Code");
}

/** Text of the first element of this name. */
function textOf(xml: string, name: string): string | undefined {
  const found = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml);
  return found?.[1] === undefined ? undefined : plain(found[1]);
}

function plain(text: string): string {
  return text
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&amp;", "&");
}
