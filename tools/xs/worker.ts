/**
 * One XS machine in a process of its own, spoken to in netstrings over two pipes: we send a script, XS runs it and
 * every promise job it leads to, and answers with the meter. While it runs, XS may send texts to us.
 */

import { type ChildProcess, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";

const COMMA = 0x2c;
const COLON = 0x3a;
const PARSER_BUFFER_KIB = 65_536;
const STDERR_TAIL_CHARS = 2_000;
/** Steps between two looks at the limit; the count itself misses none. */
const METER_INTERVAL_UNITS = 1_000_000;

/** Exit codes of the engine, in words. */
const EXIT_REASONS: Readonly<Record<number, string | undefined>> = {
  11: "out of memory",
  12: "stack overflow",
  15: "unhandled exception",
  16: "out of keys",
  17: "the compute limit was reached",
};

/** What one evaluation cost. `heapSlots` counts slots in use after it, garbage not yet collected included. */
export type XsCost = { readonly computeUnits: number; readonly heapSlots: number };

export type XsWorker = {
  /** Runs a script to its end, promise jobs included. Rejects with XS's message if it throws or the engine dies. */
  evaluate(source: string): Promise<XsCost>;
  /** Collects garbage and writes the whole heap to `file`, in XS's own format: see heap.ts. */
  snapshot(file: string): Promise<void>;
  close(): void;
};

type Pending = { resolve(cost: XsCost): void; reject(error: Error): void };

/**
 * Takes away what the device does not have, and leaves one function `sendText` to speak to us. The channel carries
 * bytes, so its own encoder is kept inside.
 */
const PRELUDE = `(() => {
  const { issueCommand, TextEncoder } = globalThis;
  const encoder = new TextEncoder();
  for (const name of ["TextEncoder", "TextDecoder", "Base64", "issueCommand", "print", "performance", "setImmediate",
    "harden", "currentMeterLimit"]) delete globalThis[name];
  globalThis.sendText = (text) => { issueCommand(encoder.encode(text).buffer); };
})();`;

/**
 * Starts an engine. `onText` receives what the script sends, in order. With `limitUnits` one evaluation that computes
 * longer ends the engine; without it, whoever starts the engine has to watch the time and call `close`.
 */
export async function startXs(program: string, onText: (text: string) => void, limitUnits?: number): Promise<XsWorker> {
  const args = ["-s", String(PARSER_BUFFER_KIB)];
  if (limitUnits !== undefined) {
    args.push("-l", String(limitUnits), "-i", String(METER_INTERVAL_UNITS));
  }
  const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe", "pipe", "pipe"] });
  const toXs = child.stdio[3];
  const fromXs = child.stdio[4];
  if (!isWritable(toXs) || !isReadable(fromXs)) {
    throw new Error("the pipes to the XS engine did not open");
  }
  let pending: Pending | undefined;
  const send = (body: string): void => {
    toXs.write(`${Buffer.byteLength(body)}:${body},`);
  };
  const onMessage = (message: Buffer): void => {
    const body = message.toString("utf8", 1);
    const kind = String.fromCharCode(message[0] ?? 0);
    if (kind === "?") {
      onText(body);
      send("/");
      return;
    }
    const settle = pending;
    pending = undefined;
    if (kind === ".") {
      settle?.resolve(parseCost(body));
    } else {
      settle?.reject(new Error(body));
    }
  };
  readNetstrings(fromXs, onMessage);
  toXs.on("error", () => undefined);
  watchEnd(child, (reason) => {
    pending?.reject(new Error(reason));
    pending = undefined;
  });
  const command = (body: string): Promise<XsCost> =>
    new Promise((resolve, reject) => {
      if (pending !== undefined || child.exitCode !== null || child.signalCode !== null) {
        reject(new Error("the XS engine is busy or gone"));
        return;
      }
      pending = { resolve, reject };
      send(body);
    });
  const evaluate = (source: string): Promise<XsCost> => command(`e${source}`);
  const snapshot = async (file: string): Promise<void> => {
    await command(`w${file}`);
  };
  await evaluate(PRELUDE);
  return { evaluate, snapshot, close: () => child.kill("SIGKILL") };
}

/** Calls `onMessage` with the body of each netstring `<length>:<body>,` as soon as it is whole. */
function readNetstrings(stream: Readable, onMessage: (message: Buffer) => void): void {
  let chunks: Buffer[] = [];
  let heldBytes = 0;
  let neededBytes = 0;
  stream.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    heldBytes += chunk.length;
    if (heldBytes < neededBytes) {
      return;
    }
    let held = Buffer.concat(chunks, heldBytes);
    neededBytes = 0;
    for (let colon = held.indexOf(COLON); colon > 0; colon = held.indexOf(COLON)) {
      const length = Number(held.toString("latin1", 0, colon));
      const end = colon + 1 + length;
      if (held.length <= end) {
        neededBytes = end + 1;
        break;
      }
      if (held[end] !== COMMA) {
        throw new Error("the XS engine sent a broken message");
      }
      onMessage(held.subarray(colon + 1, end));
      held = held.subarray(end + 1);
    }
    chunks = [held];
    heldBytes = held.length;
  });
}

function watchEnd(child: ChildProcess, onEnd: (reason: string) => void): void {
  let stderr = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr = (stderr + text).slice(-STDERR_TAIL_CHARS);
  });
  child.on("error", (error) => onEnd(`the XS engine did not start: ${error.message}`));
  child.on("close", (code, signal) => {
    const reason = signal ?? EXIT_REASONS[code ?? -1] ?? `exit code ${String(code)}`;
    onEnd(`the XS engine ended: ${reason}${stderr === "" ? "" : `\n${stderr.trim()}`}`);
  });
}

/** Reads the meter, a JSON object that ends with the byte 01. */
function parseCost(body: string): XsCost {
  const meter: unknown = JSON.parse(body.slice(0, body.indexOf("\u0001")));
  if (
    typeof meter === "object" &&
    meter !== null &&
    "compute" in meter &&
    typeof meter.compute === "number" &&
    "currentHeapCount" in meter &&
    typeof meter.currentHeapCount === "number"
  ) {
    return { computeUnits: meter.compute, heapSlots: meter.currentHeapCount };
  }
  throw new Error("the XS engine's answer has no meter");
}

function isWritable(stream: unknown): stream is Writable {
  return typeof stream === "object" && stream !== null && "write" in stream;
}

function isReadable(stream: unknown): stream is Readable {
  return typeof stream === "object" && stream !== null && "read" in stream;
}
