/**
 * An S3-compatible server on loopback: PutObject, GetObject and ListObjectsV2 of one bucket addressed by path, in
 * memory. It works the signature (AWS Signature Version 4, header form) out by itself from what arrived and refuses as
 * S3 does: each refusal has S3's code. Faults can be ordered: answers of trouble, connections that end, silence.
 */
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

export interface S3Server {
  /** Of the bucket. */
  readonly url: string;
  readonly objects: Map<string, Buffer>;
  /** Requests that have come, refused ones too: "PUT /bucket/a". */
  readonly requests: string[];
  /** What becomes of the next requests, one each, before anything is looked at. */
  readonly faults: Fault[];
  close(): Promise<void>;
}

/** A status, a connection that ends without an answer, or no answer at all. */
export type Fault = number | "reset" | "silence";

export interface S3Options {
  readonly bucket: string;
  readonly keyId: string;
  readonly secret: string;
  readonly region: string;
  /** Keys of one page of a list. */
  readonly pageKeys?: number;
  readonly now?: () => Date;
}

interface Asked {
  readonly method: string;
  /** As it came, still encoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

class Refused extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

const SKEW_MS = 15 * 60_000;
const MAX_BODY_BYTES = 64 * 1024 * 1024;

export async function s3Server(options: S3Options): Promise<S3Server> {
  const objects = new Map<string, Buffer>();
  const requests: string[] = [];
  const faults: Fault[] = [];
  const server = createServer((request, response) => {
    const fault = faults.shift();
    requests.push(`${request.method} ${request.url?.split("?")[0]}`);
    if (fault === "silence") return;
    if (fault === "reset") return void request.socket.destroy();
    read(request)
      .then((asked) => {
        if (fault !== undefined) throw new Refused(fault, "InternalError", "We encountered an internal error.");
        answer(options, objects, asked, response);
      })
      .catch((error: unknown) => refuse(response, error));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = address !== null && typeof address !== "string" ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/${options.bucket}`,
    objects,
    requests,
    faults,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function read(request: IncomingMessage): Promise<Asked> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) throw new Refused(400, "EntityTooLarge", "Your proposed upload exceeds the maximum");
    chunks.push(chunk);
  }
  const [path = "/", search = ""] = (request.url ?? "/").split("?");
  const { method = "GET", headers } = request;
  return { method, path, query: new URLSearchParams(search), headers, body: Buffer.concat(chunks) };
}

function answer(options: S3Options, objects: Map<string, Buffer>, asked: Asked, response: ServerResponse): void {
  const { bucket } = options;
  authorise(options, asked);
  const path = decodeURIComponent(asked.path);
  if (path !== `/${bucket}` && !path.startsWith(`/${bucket}/`)) {
    throw new Refused(404, "NoSuchBucket", "The specified bucket does not exist");
  }
  const key = path.slice(bucket.length + 2);
  if (asked.method === "GET" && key === "") {
    if (asked.query.get("list-type") !== "2") throw new Refused(501, "NotImplemented", "Only version 2 of the list");
    return send(response, 200, list(options, objects, asked.query), "application/xml");
  }
  if (asked.method === "PUT" && key !== "") {
    objects.set(key, asked.body);
    return send(response, 200, "", "application/xml");
  }
  if (asked.method === "GET") {
    const found = objects.get(key);
    if (found === undefined) throw new Refused(404, "NoSuchKey", "The specified key does not exist.");
    return send(response, 200, found, "application/octet-stream");
  }
  throw new Refused(405, "MethodNotAllowed", "The specified method is not allowed against this resource.");
}

function list({ pageKeys = 1_000 }: S3Options, objects: Map<string, Buffer>, query: URLSearchParams): string {
  const prefix = query.get("prefix") ?? "";
  const token = query.get("continuation-token");
  // Opaque to clients: where to go on.
  const after = token === null ? "" : Buffer.from(token, "base64").toString("utf8");
  const names = [...objects.keys()].filter((key) => key.startsWith(prefix) && key > after).sort();
  const page = names.slice(0, pageKeys);
  const encode = query.get("encoding-type") === "url" ? (key: string) => encodeURIComponent(key) : escapeXml;
  const next = Buffer.from(page.at(-1) ?? "").toString("base64");
  const more = names.length > page.length;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">',
    `<IsTruncated>${more}</IsTruncated><KeyCount>${page.length}</KeyCount>`,
    ...(more ? [`<NextContinuationToken>${escapeXml(next)}</NextContinuationToken>`] : []),
    ...page.map((key) => `<Contents><Key>${encode(key)}</Key></Contents>`),
    "</ListBucketResult>",
  ].join("\n");
}

/** Throws S3's refusal unless the request is signed with the key, for this region, now, and is what was signed. */
function authorise({ keyId, secret, region, now = () => new Date() }: S3Options, asked: Asked): void {
  const [scheme, ...parts] = (asked.headers.authorization ?? "").split(/,? /);
  const part = (name: string): string => parts.find((one) => one.startsWith(`${name}=`))?.slice(name.length + 1) ?? "";
  const found = /^([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request$/.exec(part("Credential"));
  const [names, signature] = [part("SignedHeaders"), part("Signature")];
  if (scheme !== "AWS4-HMAC-SHA256" || found === null || !/^[0-9a-f]{64}$/.test(signature)) {
    throw new Refused(403, "AccessDenied", "The request is not signed as it should be");
  }
  const [, givenId = "", day = "", givenRegion = ""] = found;
  if (givenId !== keyId) {
    throw new Refused(403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.");
  }
  if (givenRegion !== region) {
    throw new Refused(400, "AuthorizationHeaderMalformed", `the region '${givenRegion}' is wrong`);
  }
  const date = String(asked.headers["x-amz-date"]);
  const at = Date.parse(date.replace(/^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/, "$1-$2-$3T$4:$5:$6Z"));
  if (!date.startsWith(day) || !(Math.abs(at - now().getTime()) <= SKEW_MS)) {
    throw new Refused(403, "RequestTimeTooSkewed", "The difference between the request time and ours is too large.");
  }
  const signedNames = names.split(";");
  const mustBeSigned = Object.keys(asked.headers).filter((name) => name === "host" || name.startsWith("x-amz-"));
  if (mustBeSigned.some((name) => !signedNames.includes(name))) {
    throw new Refused(403, "AccessDenied", "There were headers present in the request which were not signed");
  }
  const expected = signatureOf({ ...asked, signedNames, date, region, secret });
  if (!timingSafeEqual(Buffer.from(expected), Buffer.from(signature))) {
    throw new Refused(403, "SignatureDoesNotMatch", "The request signature we calculated does not match");
  }
  const hash = createHash("sha256").update(asked.body).digest("hex");
  if (asked.headers["x-amz-content-sha256"] !== hash) {
    throw new Refused(400, "XAmzContentSHA256Mismatch", "The provided header does not match what was computed.");
  }
}

/** What the signature must be (AWS General Reference, "Signature Version 4"), hex. */
export function signatureOf(signed: {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly signedNames: readonly string[];
  readonly date: string;
  readonly region: string;
  readonly secret: string;
}): string {
  const { method, path, query, headers, signedNames, date, region, secret } = signed;
  const canonical = [
    method,
    decodeURIComponent(path).split("/").map(encode).join("/"),
    [...query]
      .map(([name, value]) => `${encode(name)}=${encode(value)}`)
      .sort()
      .join("&"),
    ...signedNames.map(
      (name) =>
        `${name}:${String(headers[name] ?? "")
          .trim()
          .replace(/ +/g, " ")}`,
    ),
    "",
    signedNames.join(";"),
    String(headers["x-amz-content-sha256"]),
  ].join("\n");
  const day = date.slice(0, 8);
  const scope = `${day}/${region}/s3/aws4_request`;
  const text = ["AWS4-HMAC-SHA256", date, scope, createHash("sha256").update(canonical).digest("hex")].join("\n");
  const hmac = (key: string | Buffer, data: string): Buffer => createHmac("sha256", key).update(data).digest();
  const key = [day, region, "s3", "aws4_request"].reduce<string | Buffer>(hmac, `AWS4${secret}`);
  return hmac(key, text).toString("hex");
}

/** RFC 3986: everything but unreserved characters. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function refuse(response: ServerResponse, error: unknown): void {
  const { status, code } = error instanceof Refused ? error : { status: 500, code: "InternalError" };
  const message = escapeXml(error instanceof Error ? error.message : String(error));
  send(response, status, `<Error><Code>${code}</Code><Message>${message}</Message></Error>`, "application/xml");
}

function send(response: ServerResponse, status: number, body: string | Buffer, type: string): void {
  response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(body) });
  response.end(body);
}
