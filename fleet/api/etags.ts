/**
 * Conditional requests (RFC 9110 §13): every JSON answer to a GET bears an ETag and is answered with 304 if the caller
 * has it already; a change says with If-Match what it was made for.
 */
import { createHash } from "node:crypto";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import Type from "typebox";
import { ProblemError } from "./problems.js";

/** Longest If-Match or If-None-Match that is read. */
export const MAX_TAGS_LENGTH = 1_000;

/** Headers of a change to one resource. */
export const IfMatch = Type.Object({
  "if-match": Type.Optional(
    Type.String({
      maxLength: MAX_TAGS_LENGTH,
      description: "ETag of what the change was made for: 412 if it is another by now",
    }),
  ),
});

/**
 * Strong: the same for the same representation, whichever process made it. `moving`: fields that nobody sets and that
 * move by themselves, such as a key's last use; the tag then is `"SET.ALL"`, of the view without and with them.
 */
export function etagOf(view: object, moving: readonly string[] = []): string {
  const all = digestOf(JSON.stringify(view));
  if (moving.length === 0) return `"${all}"`;
  const set = Object.entries(view).filter(([name]) => !moving.includes(name));
  return `"${digestOf(JSON.stringify(set))}.${all}"`;
}

/**
 * Refuses a change that was made for another state than `view`; what has moved by itself does not count. Throws
 * ProblemError `changed-meanwhile`.
 */
export function requireMatch(request: FastifyRequest, view: object, moving: readonly string[] = []): void {
  const wanted = request.headers["if-match"];
  if (wanted === undefined || wanted.trim() === "*") return;
  const own = setPartOf(etagOf(view, moving));
  // A weak tag never matches here (RFC 9110 §13.1.1).
  if (!tagsIn(wanted).map(setPartOf).includes(own)) throw new ProblemError("changed-meanwhile");
}

/** `view`, with its ETag on the answer: what a later If-Match may name. */
export function tagged<T extends object>(reply: FastifyReply, view: T, moving: readonly string[] = []): T {
  reply.header("etag", etagOf(view, moving));
  return view;
}

/** `"SET"` of `"SET.ALL"`; another tag is its own. */
function setPartOf(tag: string): string {
  const dot = tag.indexOf(".");
  return dot < 0 ? tag : `${tag.slice(0, dot)}"`;
}

/** From here on GETs are conditional. */
export function conditionalReads(inside: FastifyInstance): void {
  inside.addHook("onSend", async (request, reply, payload) => {
    if (request.method !== "GET" || reply.statusCode !== 200 || typeof payload !== "string") return payload;
    const own = reply.getHeader("etag");
    const etag = typeof own === "string" ? own : `"${digestOf(payload)}"`;
    reply.header("etag", etag);
    // Somebody else's page must never be answered from a cache in between.
    if (!reply.hasHeader("cache-control")) reply.header("cache-control", "private, no-cache");
    const held = request.headers["if-none-match"];
    if (held === undefined || held.length > MAX_TAGS_LENGTH) return payload;
    if (held.trim() !== "*" && !tagsIn(held).map(strongOf).includes(etag)) return payload;
    reply.code(304);
    reply.removeHeader("content-length");
    reply.removeHeader("content-type");
    return null;
  });
}

function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("base64url").slice(0, 27);
}

function tagsIn(header: string): readonly string[] {
  return header.split(",").map((tag) => tag.trim());
}

/** If-None-Match compares weakly: a proxy that compressed the answer may have weakened its tag. */
function strongOf(tag: string): string {
  return tag.startsWith("W/") ? tag.slice(2) : tag;
}
