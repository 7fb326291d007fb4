/**
 * Every operation of the OpenAPI document, asked with paths, queries and bodies that nearly fit its schemas. An answer
 * of 500 and more is a failure, but for a 503 that the operation states: what it needs is not set up here. So is a
 * refusal that is no problem document.
 */
import type { FastifyInstance } from "fastify";
import { Rng } from "../bench/rng.js";
import { importFor } from "./imports.js";
import { mutate } from "./mutate.js";
import type { Target } from "./target.js";

/** A JSON schema as far as values are made of it. */
interface Schema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly format?: string;
  readonly pattern?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly minimum?: number;
}

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly schema: Schema }[];
  readonly body: Schema | undefined;
  readonly contentType: string;
  /** It says that it may be without what it needs. */
  readonly mayLack: boolean;
}

export interface RestOptions {
  readonly app: FastifyInstance;
  /** Headers of whoever asks; called again when an answer says 401. */
  readonly signIn: () => Promise<Readonly<Record<string, string>>>;
  /** Texts that exist: serials, codes, ids. */
  readonly known: readonly string[];
  /** Operations that stream without end, or reach out into the world. */
  readonly leftOut: readonly string[];
}

const METHODS = ["get", "post", "put", "patch", "delete"] as const;
const HOSTILE = ["", "'", "\u0000", "../..", "%00", "=1+1", "a".repeat(300), "💶", "-1", "1e999", "null", "<script>"];

export async function restDoor(options: RestOptions): Promise<Target> {
  const { app } = options;
  const document: unknown = (await app.inject({ url: "/docs/openapi.json" })).json();
  const operations = operationsOf(document).filter(({ path }) => !options.leftOut.some((left) => path.includes(left)));
  if (operations.length === 0) throw new Error("/docs/openapi.json names no operation");
  let headers = await options.signIn();
  return {
    name: "rest",
    about: `${operations.length} operations of the REST API`,
    // The bytes are what everything is drawn from: any will do.
    corpus: [Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0), Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)],
    maxBytes: 64,
    async run(bytes) {
      const rng = new Rng(bytes.reduce((sum, byte) => (Math.imul(sum, 31) + byte) >>> 0, 7));
      const operation = operations[rng.below(operations.length)];
      if (operation === undefined) return;
      const request = requestOf(operation, rng, options.known);
      const answer = await app.inject({ ...request, headers: { ...headers, ...request.headers } });
      if (answer.statusCode === 401) headers = await options.signIn();
      const type = String(answer.headers["content-type"] ?? "");
      const refused = answer.statusCode >= 400;
      const lacks = answer.statusCode === 503 && operation.mayLack;
      if ((answer.statusCode >= 500 && !lacks) || (refused && !type.includes("problem+json"))) {
        const { method, url, payload } = request;
        throw new Error(`${method} ${url} ${String(payload)} answers ${answer.statusCode} ${type}: ${answer.body}`);
      }
    },
  };
}

type InjectMethod = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

interface Request {
  readonly method: InjectMethod;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly payload?: string;
}

function requestOf(operation: Operation, rng: Rng, known: readonly string[]): Request {
  const { method, path, parameters, body, contentType } = operation;
  let url = path;
  const query = new URLSearchParams();
  const headers: Record<string, string> = {};
  for (const { name, in: place, schema } of parameters) {
    const value = textOf(anyOf(schema, rng, known, 0));
    if (place === "path") url = url.replace(`{${name}}`, encodeURIComponent(value) || "-");
    else if (place === "header" && rng.chance(800_000)) headers[name] = value.replace(/[^\x20-\x7e]/g, "?");
    else if (place === "query" && rng.chance(500_000)) query.append(name, value);
  }
  const search = query.toString();
  const asked = { method: methodOf(method), url: search === "" ? url : `${url}?${search}`, headers };
  if (body === undefined) return asked;
  headers["content-type"] = contentType;
  const file = contentType === "text/csv" ? importFor(path, rng, () => stringOf({}, rng, known)) : undefined;
  if (file !== undefined) return { ...asked, payload: rng.chance(150_000) ? broken(file, rng) : file };
  const value = anyOf(body, rng, known, 0);
  const written = typeof value === "string" && contentType !== "application/json" ? value : JSON.stringify(value);
  return { ...asked, payload: rng.chance(150_000) ? broken(written, rng) : written };
}

function methodOf(name: string): InjectMethod {
  const upper = name.toUpperCase();
  return upper === "POST" || upper === "PUT" || upper === "PATCH" || upper === "DELETE" ? upper : "GET";
}

function broken(text: string, rng: Rng): string {
  return new TextDecoder().decode(mutate(rng, [new TextEncoder().encode(text)], 20_000));
}

/** A value that fits, or one that a hostile client would try. */
function anyOf(schema: Schema, rng: Rng, known: readonly string[], depth: number): unknown {
  if (rng.chance(60_000)) return hostile(rng);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) return anyOf(choices[rng.below(choices.length)] ?? {}, rng, known, depth);
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return schema.enum[rng.below(schema.enum.length)];
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  switch (type) {
    case "object": {
      const entries = Object.entries(schema.properties ?? {}).filter(() => rng.chance(850_000));
      return Object.fromEntries(entries.map(([name, part]) => [name, anyOf(part, rng, known, depth + 1)]));
    }
    case "array":
      return Array.from({ length: rng.below(depth > 3 ? 1 : 4) }, () =>
        anyOf(schema.items ?? {}, rng, known, depth + 1),
      );
    case "integer":
    case "number":
      return rng.chance(700_000)
        ? (schema.minimum ?? 0) + rng.below(50)
        : rng.uint32() * (rng.chance(500_000) ? -1 : 9e6);
    case "boolean":
      return rng.chance(500_000);
    case "null":
      return null;
    default:
      return stringOf(schema, rng, known);
  }
}

function stringOf({ format, pattern }: Schema, rng: Rng, known: readonly string[]): string {
  if (format === "uuid")
    return known.find((text) => /^[0-9a-f-]{36}$/.test(text)) ?? "00000000-0000-4000-8000-000000000000";
  if (format === "date-time") return new Date(rng.uint32() * 500).toISOString();
  if (format === "date") return new Date(rng.uint32() * 500).toISOString().slice(0, 10);
  if (pattern?.includes("[0-9]+") === true && rng.chance(700_000)) return `${rng.below(400)}.${rng.below(10)}5`;
  const texts = rng.chance(700_000) ? known : HOSTILE;
  return texts[rng.below(Math.max(1, texts.length))] ?? "";
}

function hostile(rng: Rng): unknown {
  const values: readonly unknown[] = [null, -1, 1.5, 2 ** 53, true, [], {}, [[[[]]]], ...HOSTILE];
  return values[rng.below(values.length)];
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function operationsOf(document: unknown): readonly Operation[] {
  const paths = isRecord(document) && isRecord(document.paths) ? document.paths : {};
  return Object.entries(paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = isRecord(item) ? item[method] : undefined;
      return isRecord(operation) ? [operationOf(path, method, operation)] : [];
    }),
  );
}

function operationOf(path: string, method: string, operation: Readonly<Record<string, unknown>>): Operation {
  const parameters = Array.isArray(operation.parameters) ? operation.parameters.filter(isRecord) : [];
  const content =
    isRecord(operation.requestBody) && isRecord(operation.requestBody.content) ? operation.requestBody.content : {};
  const [contentType = "application/json", media] = Object.entries(content)[0] ?? [];
  return {
    method,
    path,
    parameters: parameters.map(({ name, in: place, schema }) => ({
      name: String(name),
      in: String(place),
      schema: schemaOf(schema),
    })),
    body: isRecord(media) ? schemaOf(media.schema) : undefined,
    contentType,
    mayLack: isRecord(operation.responses) && "503" in operation.responses,
  };
}

/** Schemas come from our own document: what is read of them is optional, and anything else is ignored. */
function schemaOf(value: unknown): Schema {
  return isRecord(value) ? value : {};
}
