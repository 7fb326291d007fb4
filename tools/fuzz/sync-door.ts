/** What machines bring by HTTP, from machines that may come in: a sync of nearly right envelopes. */
import type { FastifyInstance } from "fastify";
import { decodeSyncAnswer, encodeSync, MAX_SYNC_BYTES, NUMBER_HEADER } from "../../shared/wire/sync.js";
import { envelopes } from "./readers.js";
import type { Target } from "./target.js";

export interface SyncOptions {
  readonly app: FastifyInstance;
  /** Taken by turns: each may ask only so often. */
  readonly machines: readonly { readonly serial: string; readonly password: string }[];
  /** Lifts the suspension of a machine. */
  readonly readmit: (serial: string) => Promise<void>;
}

/** The answer of a machine that asks too often, or finds no room. */
const REFUSED_FOR_NOW = [429, 503];

export function syncDoor({ app, machines, readmit }: SyncOptions): Target {
  const [batch, , , status, telemetry] = envelopes();
  const asked = { events: batch, status, telemetry } as const;
  const corpus = [
    ...Object.entries(asked).map(([channel, bytes]) => encodeSync({ [channel]: bytes ?? new Uint8Array() })),
    encodeSync({ events: batch ?? new Uint8Array(), status: status ?? new Uint8Array() }),
    encodeSync({}),
  ];
  let number = 0;
  return {
    name: "sync",
    about: "POST /machine/v1/sync, by machines that show their password",
    corpus,
    maxBytes: MAX_SYNC_BYTES,
    async run(bytes) {
      number += 1;
      const machine = machines[number % machines.length];
      if (machine === undefined) throw new RangeError("no machine");
      const login = Buffer.from(`${machine.serial}:${machine.password}`).toString("base64");
      const answer = await app.inject({
        method: "POST",
        url: "/machine/v1/sync",
        headers: {
          "content-type": "application/cbor",
          authorization: `Basic ${login}`,
          [NUMBER_HEADER]: String(number),
        },
        payload: Buffer.from(bytes),
      });
      const { statusCode, headers, body } = answer;
      const type = String(headers["content-type"] ?? "");
      const why = `${machine.serial}: ${statusCode} ${type} ${body}`;
      if (statusCode === 200) {
        if (!decodeSyncAnswer(answer.rawPayload).ok) throw new Error(`an answer that no machine can read: ${why}`);
        return;
      }
      if (!type.includes("problem+json")) throw new Error(why);
      // Births that go back speak for two boards of one identity.
      if (statusCode === 403 && answer.json<{ detail?: string }>().detail === "suspended") {
        return readmit(machine.serial);
      }
      if (statusCode !== 400 && !REFUSED_FOR_NOW.includes(statusCode)) throw new Error(why);
    },
  };
}
