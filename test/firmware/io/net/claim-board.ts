/** A board that claims itself: simulated flash, sockets and time, and a fleet that is played by hand. */

import { toPkcs8 } from "../../../../firmware/io/net/board-network.js";
import { parseCertificate } from "../../../../firmware/io/net/certificate.js";
import { Claimer } from "../../../../firmware/io/net/claimer.js";
import { concatBytes, utf8Encode } from "../../../../shared/bytes.js";
import type { ClaimState } from "../../../../shared/claim-states.js";
import { SimClockwork, SimSockets } from "../../../../tools/bench/sockets.js";
import { CuttableStorage } from "../../../support/io/cuttable-storage.js";
import { httpAnswer, pem } from "./renewal-board.js";
import { AUTHORITY, MACHINE_ID, NEXT_AUTHORITY, OWN, OWN_FROM_S } from "./renewal-certificates.js";

export const CODE = "ABCDE-FGHJK-MNPQR-STVWX";
export const ORDER_KEY = new Uint8Array(32).fill(0x0a);
export const VOUCHER_KEY = new Uint8Array(32).fill(0x0b);

/** Beginning of an RSAPrivateKey (RFC 8017 A.1.2) with the modulus of the certificate OWN: all that a request needs. */
export const KEY = toPkcs8(rsaKey());

function rsaKey(): Uint8Array {
  const parsed = parseCertificate(OWN);
  if (!parsed.ok) throw new Error("no certificate");
  const { modulus } = parsed.certificate;
  const numbers = concatBytes(Uint8Array.of(0x02, 1, 0, 0x02, 0x82, 1, 1, 0), modulus, Uint8Array.of(0x02, 3, 1, 0, 1));
  return concatBytes(Uint8Array.of(0x30, 0x82, numbers.length >> 8, numbers.length & 255), numbers);
}

/** What the fleet's own route answers. */
export function grantOf(change: Record<string, unknown> = {}, status = "200 OK"): Uint8Array {
  return json(
    {
      serial: MACHINE_ID,
      epoch: 3,
      certificate: pem(OWN),
      authorities: [pem(AUTHORITY), pem(NEXT_AUTHORITY)],
      broker: { host: "broker.example", port: 8_883 },
      keys: { version: 1, order: "0a".repeat(32), voucher: "0b".repeat(32) },
      ...change,
    },
    status,
  );
}

export function problem(status: string, code: string, detail?: string): Uint8Array {
  return json({ type: `/problems/${code}`, code, ...(detail === undefined ? {} : { detail }) }, status);
}

function json(body: object, status: string): Uint8Array {
  return httpAnswer(status, utf8Encode(JSON.stringify(body)));
}

export class ClaimBoard {
  readonly storage = new CuttableStorage();
  readonly sockets = new SimSockets();
  readonly states: ClaimState[] = [];
  clocks: SimClockwork[] = [];
  synced = true;
  key = KEY;
  readonly #code: string | undefined;
  #wallMs = (OWN_FROM_S + 86_400) * 1_000;
  claimer: Claimer;

  /** code: as provisioned; `""`: none. */
  constructor(code = CODE) {
    this.#code = code === "" ? undefined : code;
    this.claimer = this.#start();
  }

  /** Power comes back: what is on flash is all that is left. */
  restart(): this {
    this.storage.isOff = false;
    this.clocks = [];
    this.claimer = this.#start();
    return this;
  }

  #start(): Claimer {
    return new Claimer({
      machineId: MACHINE_ID,
      code: this.#code,
      key: this.key,
      door: { host: "door.example", port: 8_443 },
      storage: this.storage,
      sign: (_key, digest) => new Uint8Array(256).fill(digest[0] ?? 0).buffer,
      io: this.sockets.io,
      resolve: (_host, answer) => answer("10.0.0.1"),
      makeClockwork: () => {
        const clock = new SimClockwork();
        this.clocks.push(clock);
        return clock;
      },
      now: () => ({ wallS: Math.floor(this.#wallMs / 1_000), synced: this.synced }),
      random: (bound) => bound - 1,
      onState: (state) => this.states.push(state),
    });
  }

  online(): this {
    this.claimer.link(true);
    return this;
  }

  get state(): ClaimState | undefined {
    return this.states.at(-1);
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

  /** Requests that were sent to the door. */
  get asked(): number {
    return this.sockets.opened.length;
  }

  /** The connection to the door stands and the fleet says this; what the board has sent. */
  answer(bytes: Uint8Array = grantOf(), pieceBytes = bytes.length): string {
    const socket = this.sockets.last;
    for (let more = 0; more < 10; more++) socket.offer();
    socket.arrive(bytes, pieceBytes);
    return String.fromCharCode(...socket.written);
  }
}
