/** A board that renews its certificate: simulated flash, sockets and time, and a fleet that is played by hand. */
import type { Held } from "../../../../firmware/io/net/credentials.js";
import { heldOf } from "../../../../firmware/io/net/credentials.js";
import { Renewer } from "../../../../firmware/io/net/renewer.js";
import { toBase64 } from "../../../../shared/base64.js";
import { concatBytes, utf8Encode } from "../../../../shared/bytes.js";
import { SimClockwork, SimSockets } from "../../../../tools/bench/sockets.js";
import { CuttableStorage } from "../../../support/io/cuttable-storage.js";
import { AUTHORITY, DAY_S, MACHINE_ID, NEXT, NEXT_AUTHORITY, OWN, OWN_FROM_S } from "./renewal-certificates.js";

/** What the fleet's own route answers. */
export function answerOf(change: Record<string, unknown> = {}, status = "200 OK"): Uint8Array {
  const body = utf8Encode(
    JSON.stringify({
      serial: MACHINE_ID,
      epoch: 1,
      certificate: pem(NEXT),
      authorities: [pem(AUTHORITY), pem(NEXT_AUTHORITY)],
      ...change,
    }),
  );
  return httpAnswer(status, body);
}

export function httpAnswer(status: string, body: Uint8Array): Uint8Array {
  const head = `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`;
  return concatBytes(utf8Encode(head), body);
}

export function pem(der: Uint8Array): string {
  let text = "-----BEGIN CERTIFICATE-----\n";
  const base64 = toBase64(der);
  for (let at = 0; at < base64.length; at += 64) text += `${base64.slice(at, at + 64)}\n`;
  return `${text}-----END CERTIFICATE-----\n`;
}

export class RenewalBoard {
  readonly storage = new CuttableStorage();
  readonly sockets = new SimSockets();
  /** Digests the key has signed. */
  readonly signed: Uint8Array[] = [];
  clocks: SimClockwork[] = [];
  #wallMs = OWN_FROM_S * 1_000;
  synced = true;
  reconnects = 0;
  /** Of the connection to the broker that is open. */
  openedWith: Held | undefined;
  /** Certificates the broker takes. */
  taken: readonly Uint8Array[] = [OWN, NEXT];
  renewer: Renewer;

  constructor() {
    this.renewer = this.#start();
  }

  /** Power comes back: what is on flash is all that is left. */
  restart(): void {
    this.storage.isOff = false;
    this.clocks = [];
    this.openedWith = undefined;
    this.renewer = this.#start();
  }

  #start(): Renewer {
    const provisioned = heldOf({ certificate: OWN, authorities: AUTHORITY });
    if (provisioned === undefined) throw new Error("no certificate");
    return new Renewer({
      machineId: MACHINE_ID,
      provisioned,
      key: Uint8Array.of(1),
      door: { host: "door.example", port: 8_443 },
      storage: this.storage,
      sign: (_key, digest) => {
        this.signed.push(digest);
        return new Uint8Array(256).fill(digest[0] ?? 0).buffer;
      },
      io: () => this.sockets.io,
      resolve: (_host, answer) => answer("10.0.0.1"),
      makeClockwork: () => {
        const clock = new SimClockwork();
        this.clocks.push(clock);
        return clock;
      },
      now: () => ({ wallS: this.wallS, synced: this.synced }),
      random: (bound) => bound - 1,
      onReconnect: () => {
        this.reconnects += 1;
        this.hangUp();
        this.connect();
      },
    });
  }

  /** Link and idle, as they are most of the time. */
  online(): this {
    this.renewer.idle(true);
    this.renewer.link(true);
    return this;
  }

  /** The next connection to the broker: true if it came up. */
  connect(): boolean {
    const held = this.renewer.opening();
    if (
      !this.taken.some(
        (der) => der.length === held.certificate.length && der.every((b, i) => b === held.certificate[i]),
      )
    ) {
      return false;
    }
    this.openedWith = held;
    this.renewer.session(true);
    return true;
  }

  hangUp(): void {
    if (this.openedWith === undefined) return;
    this.openedWith = undefined;
    this.renewer.session(false);
  }

  /** Time passes, on the wall, too. */
  pass(ms: number): void {
    for (let leftMs = ms; leftMs > 0; ) {
      const dueMs = Math.min(...this.clocks.map((clock) => clock.ringAtMs - clock.nowMs()));
      const stepMs = Math.min(leftMs, Math.max(1, dueMs));
      leftMs -= stepMs;
      this.#wallMs += stepMs;
      // nothing rings before the last of it, so that all clocks are there when one does
      for (const clock of this.clocks) clock.pass(stepMs - 1);
      for (const clock of this.clocks) clock.pass(1);
    }
  }

  get wallS(): number {
    return Math.floor(this.#wallMs / 1_000);
  }

  set wallS(wallS: number) {
    this.#wallMs = wallS * 1_000;
  }

  /** The last hour of them as hours go; all before is a jump of the wall clock. */
  passDays(days: number): void {
    this.wallS += days * DAY_S;
    this.pass(3_600_000);
  }

  /** Requests that were sent to the door. */
  get asked(): number {
    return this.sockets.opened.length;
  }

  /** The connection to the door stands and the fleet says this. */
  answer(bytes: Uint8Array = answerOf(), pieceBytes = bytes.length): void {
    this.sockets.last.offer();
    this.sockets.last.arrive(bytes, pieceBytes);
  }
}
