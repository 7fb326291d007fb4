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
import { StepLoop } from "./step-loop.js";

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
  readonly #askClock: Clockwork;
  readonly #loop: StepLoop<ClaimingState, ClaimingInput, ClaimingEffect>;
  #told: ClaimState | undefined;
  #exchange: HttpExchange | undefined;

  /** Throws where the platform has no storage for what a claim brings: it must not be used up for nothing. */
  constructor(options: ClaimerOptions) {
    const { storage, makeClockwork, code } = options;
    this.#options = options;
    this.#store = new ClaimStore({ io: storage });
    const clockwork = makeClockwork();
    this.#askClock = makeClockwork();
    this.#loop = new StepLoop(claimingAtBoot(this.#store.code() ?? code, clockwork.nowMs()), {
      clockwork,
      tick: { on: "tick" },
      step: (state, input, nowMs) => {
        const { now, random } = options;
        return stepClaiming(state, input, { now: now(), random }, nowMs);
      },
      execute: (effect) => this.#execute(effect),
      rested: () => this.#rested(),
      dueMs: (state) => claimingDueMs(state, options.now()),
    });
    this.#loop.give({ on: "tick" });
  }

  link(up: boolean): void {
    this.#loop.give({ on: "link", up });
  }

  /** Somebody has typed this code; `""`: wants the one there is to be tried again. */
  use(code: string): void {
    this.#loop.give({ on: "code", code });
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

  #rested(): void {
    const { now, onState } = this.#options;
    const told = claimStateOf(this.#loop.state, now());
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
        return this.#loop.give({ on: "kept", ok: this.#store.keep(effect.given) });
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
    this.#loop.give(verdict.ok ? { on: "answer", given: verdict.given } : { on: "noAnswer", why: verdict.why });
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
