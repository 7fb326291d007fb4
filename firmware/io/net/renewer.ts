/**
 * Renews the machine's certificate: executes what `renewal.ts` decides, with the flash's certificate store, requests to
 * the fleet over TLS and the board's key. Runs in the network's worker, for a signature takes a second or more. Decides
 * nothing itself.
 */
import { sha256 } from "../../../shared/sha256.js";
import { RENEWAL_PATH, renewalBody, renewalText } from "../../../shared/wire/renewal.js";
import { certificateRequest, rsaPublicKey } from "../certificate-request.js";
import type { KeyValueStorage } from "../ecma-419.js";
import { parseCertificate } from "./certificate.js";
import { CertificateStore } from "./certificate-store.js";
import type { TrustedTime } from "./chain.js";
import { type Credentials, type Held, heldOf } from "./credentials.js";
import { askDoor, type DoorAnswer, GRANTED, REFUSED } from "./door.js";
import type { HttpExchange } from "./http-exchange.js";
import {
  type RenewalEffect,
  type RenewalInput,
  type RenewalState,
  renewalAtBoot,
  renewalDueMs,
  stepRenewal,
} from "./renewal.js";
import { judgeRenewal } from "./renewal-answer.js";
import type { Clockwork, Resolve, SocketClass } from "./sockets.js";
import { StepLoop } from "./step-loop.js";

/** What a platform gives that can renew: the store, and the board's key. */
export interface RenewalParts {
  readonly storage: KeyValueStorage;
  /** RSASSA-PKCS1-v1_5 over a SHA-256 digest, with this key (PKCS #8). */
  readonly sign: (key: Uint8Array, digest: Uint8Array) => ArrayBuffer;
}

export interface RenewerOptions extends RenewalParts {
  readonly machineId: string;
  /** As provisioned. */
  readonly provisioned: Held;
  /** The board's, PKCS #8. */
  readonly key: Uint8Array;
  readonly door: { readonly host: string; readonly port: number };
  /** TLS, opened with what is handed in. */
  readonly io: (credentials: () => Credentials) => SocketClass;
  readonly resolve: Resolve;
  readonly makeClockwork: () => Clockwork;
  readonly now: () => TrustedTime;
  readonly random: (bound: number) => number;
  /** The session with the broker is to be opened anew. */
  readonly onReconnect: () => void;
}

export class Renewer {
  readonly #options: RenewerOptions;
  readonly #store: CertificateStore;
  readonly #askClock: Clockwork;
  readonly #io: SocketClass;
  readonly #loop: StepLoop<RenewalState, RenewalInput, RenewalEffect>;
  #exchange: HttpExchange | undefined;
  #reconnects = false;

  constructor(options: RenewerOptions) {
    const { storage, provisioned, makeClockwork, io } = options;
    this.#options = options;
    this.#store = new CertificateStore({ io: storage, certificate: provisioned.certificate });
    const clockwork = makeClockwork();
    this.#askClock = makeClockwork();
    this.#io = io(() => this.own);
    const kept = { own: this.#read("own"), next: this.#read("next") };
    this.#loop = new StepLoop(renewalAtBoot(provisioned, kept, clockwork.nowMs()), {
      clockwork,
      tick: { on: "tick" },
      step: (state, input, nowMs) => {
        const { machineId, now, random } = options;
        return stepRenewal(state, input, { machineId, now: now(), random }, nowMs);
      },
      execute: (effect) => this.#execute(effect),
      rested: () => this.#rested(),
      dueMs: renewalDueMs,
    });
  }

  /** With this a connection has stood. */
  get own(): Held {
    return this.#loop.state.own;
  }

  get state(): RenewalState {
    return this.#loop.state;
  }

  /** A connection to the broker is opened now: with this. */
  opening(): Held {
    this.#loop.give({ on: "opening" });
    const { openedWith, own, next } = this.#loop.state;
    return openedWith === "next" ? (next ?? own) : own;
  }

  session(up: boolean): void {
    this.#loop.give({ on: "session", up });
  }

  link(up: boolean): void {
    this.#loop.give({ on: "link", up });
  }

  /** Nothing is open at the machine. */
  idle(idle: boolean): void {
    this.#loop.give({ on: "idle", idle });
  }

  /** The clock has been set. */
  timeIsSet(): void {
    this.#loop.give({ on: "tick" });
  }

  close(): void {
    if (!this.#loop.close()) return;
    this.#exchange?.close();
    this.#store.close();
  }

  #read(entry: "own" | "next"): Held | undefined {
    const found = this.#store.read(entry);
    return found === undefined ? undefined : heldOf(found);
  }

  #rested(): void {
    // only now: the connection that is opened by it asks what to open it with
    const reconnects = this.#reconnects;
    this.#reconnects = false;
    if (reconnects) this.#options.onReconnect();
  }

  #execute(effect: RenewalEffect): void {
    switch (effect.do) {
      case "ask":
        return this.#ask(effect.shown);
      case "keep": {
        const { as, held } = effect;
        return this.#loop.give({ on: "kept", as, held, ok: this.#store.write(as, held) });
      }
      case "reconnect":
        this.#reconnects = true;
    }
  }

  #ask(shown: Held): void {
    const body = this.#request(shown);
    if (body === undefined) return this.#loop.give({ on: "noAnswer", lasting: true });
    const { door, resolve } = this.#options;
    this.#exchange = askDoor({
      io: this.#io,
      resolve,
      clockwork: this.#askClock,
      door,
      path: RENEWAL_PATH,
      body,
      onAnswer: (answer) => this.#answered(shown, answer),
    });
  }

  #answered(shown: Held, answer: DoorAnswer): void {
    if (answer?.status !== GRANTED) return this.#loop.give({ on: "noAnswer", lasting: answer?.status === REFUSED });
    const { machineId, now } = this.#options;
    const verdict = judgeRenewal(answer.body, { machineId, own: shown, now: now() });
    this.#loop.give(verdict.ok ? { on: "answer", next: verdict.next } : { on: "noAnswer", lasting: true });
  }

  /** Undefined: no request can be made with this certificate and key. */
  #request(shown: Held): Uint8Array | undefined {
    const { machineId, key, sign } = this.#options;
    const parsed = parseCertificate(shown.certificate);
    if (!parsed.ok) return undefined;
    try {
      const request = certificateRequest(machineId, {
        publicKey: () => rsaPublicKey(parsed.certificate.modulus).slice().buffer,
        sign: (digest) => sign(key, digest),
      });
      const proof = sign(key, sha256(renewalText(shown.certificate, request)));
      return renewalBody(shown.certificate, request, new Uint8Array(proof));
    } catch {
      return undefined;
    }
  }
}
