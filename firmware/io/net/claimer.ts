/**
 * Claims the board at the fleet: executes what `claiming.ts` decides, with the claim store on flash, requests over TLS
 * and the board's key. Runs in the network's worker, for a signature takes a second or more. Decides nothing itself.
 * The code is told to nobody but the fleet's door.
 */
import type { ClaimState } from "../../../shared/claim-states.js";
import { CLAIM_PATH, claimBody } from "../../../shared/wire/claim.js";
import { certificateRequest, rsaPublicKey } from "../certificate-request.js";
import { ClaimStore } from "../claim-store.js";
import { modulusOfKey } from "./certificate.js";
import type { TrustedTime } from "./chain.js";
import { type ClaimVerdict, judgeClaim } from "./claim-answer.js";
import {
  type ClaimingEffect,
  type ClaimingInput,
  type ClaimingState,
  claimingAtBoot,
  claimingDueMs,
  claimStateOf,
  stepClaiming,
} from "./claiming.js";
import { askDoor } from "./door.js";
import type { HttpExchange } from "./http-exchange.js";
import type { RenewalParts } from "./renewer.js";
import type { Clockwork, Resolve, SocketClass } from "./sockets.js";

export interface ClaimerOptions extends RenewalParts {
  readonly machineId: string;
  /** As provisioned, after which one may have been typed; undefined: none. */
  readonly code: string | undefined;
  /** The board's, PKCS #8. */
  readonly key: Uint8Array;
  readonly door: { readonly host: string; readonly port: number };
  /** TLS without a certificate of our own. */
  readonly io: SocketClass;
  readonly resolve: Resolve;
  readonly makeClockwork: () => Clockwork;
  readonly now: () => TrustedTime;
  readonly random: (bound: number) => number;
  /** It has come to another state. */
  readonly onState: (state: ClaimState) => void;
}

export class Claimer {
  readonly #options: ClaimerOptions;
  readonly #store: ClaimStore;
  readonly #clockwork: Clockwork;
  readonly #askClock: Clockwork;
  #state: ClaimingState;
  #told: ClaimState | undefined;
  #exchange: HttpExchange | undefined;
  readonly #inbox: ClaimingInput[] = [];
  #busy = false;
  #closed = false;

  /** Throws where the platform has no storage for what a claim brings: it must not be used up for nothing. */
  constructor(options: ClaimerOptions) {
    const { storage, makeClockwork, code } = options;
    this.#options = options;
    this.#store = new ClaimStore({ io: storage });
    this.#clockwork = makeClockwork();
    this.#askClock = makeClockwork();
    this.#state = claimingAtBoot(this.#store.code() ?? code, this.#clockwork.nowMs());
    this.#give({ on: "tick" });
  }

  link(up: boolean): void {
    this.#give({ on: "link", up });
  }

  /** Somebody has typed this code; `""`: wants the one there is to be tried again. */
  use(code: string): void {
    this.#give({ on: "code", code });
  }

  /** The clock has been set. */
  timeIsSet(): void {
    this.#give({ on: "tick" });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#clockwork.alarm(undefined, () => {});
    this.#exchange?.close();
    this.#store.close();
  }

  /** One input at a time; what an effect brings waits until all effects before it are carried out. */
  #give(input: ClaimingInput): void {
    if (this.#closed) return;
    this.#inbox.push(input);
    if (this.#busy) return;
    this.#busy = true;
    const { now, random, onState } = this.#options;
    for (let next = this.#inbox.shift(); next !== undefined && !this.#closed; next = this.#inbox.shift()) {
      const step = stepClaiming(this.#state, next, { now: now(), random }, this.#clockwork.nowMs());
      this.#state = step.state;
      for (const effect of step.effects) this.#execute(effect);
    }
    this.#busy = false;
    if (this.#closed) return;
    const dueMs = claimingDueMs(this.#state, now());
    const afterMs = dueMs === Infinity ? undefined : Math.max(0, dueMs - this.#clockwork.nowMs());
    this.#clockwork.alarm(afterMs, () => this.#give({ on: "tick" }));
    const told = claimStateOf(this.#state, now());
    if (told === this.#told) return;
    this.#told = told;
    onState(told);
  }

  #execute(effect: ClaimingEffect): void {
    switch (effect.do) {
      case "ask":
        return this.#ask(effect.code);
      case "keepCode":
        // one that is not kept does for this power-up
        this.#store.keepCode(effect.code);
        return;
      case "keep":
        return this.#give({ on: "kept", ok: this.#store.keep(effect.given) });
    }
  }

  #ask(code: string): void {
    const { machineId, key, door, io, resolve, now } = this.#options;
    const modulus = modulusOfKey(key);
    const request = modulus === undefined ? undefined : this.#request(modulus);
    if (modulus === undefined || request === undefined) return this.#judged({ ok: false, why: "refused" });
    this.#exchange = askDoor({
      io,
      resolve,
      clockwork: this.#askClock,
      door,
      path: CLAIM_PATH,
      body: claimBody(code, machineId, request),
      onAnswer: (answer) => this.#judged(judgeClaim(answer, { machineId, modulus, now: now() })),
    });
  }

  #judged(verdict: ClaimVerdict): void {
    this.#give(verdict.ok ? { on: "answer", given: verdict.given } : { on: "noAnswer", why: verdict.why });
  }

  /** The same for the same key, always. Undefined: none can be made with it. */
  #request(modulus: Uint8Array): Uint8Array | undefined {
    const { machineId, key, sign } = this.#options;
    try {
      return certificateRequest(machineId, {
        publicKey: () => rsaPublicKey(modulus).slice().buffer,
        sign: (digest) => sign(key, digest),
      });
    } catch {
      return undefined;
    }
  }
}
