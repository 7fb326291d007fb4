/**
 * Looks at the machine after each of its inputs, for whoever keeps its program up: tells the network when nothing is
 * open, restarts the board into an image that waits, and confirms an image on trial or goes back to the one before. An
 * observer: it reads what the machine shows, and the machine knows nothing of it.
 */
import { stepTrial, type TrialInput, type TrialState, trialAtBoot } from "./trial.js";

/** What the machine shows. */
export interface WatchedMachine {
  /** No sale, no money and no vend is under way or waits for its end. */
  readonly nothingOpen: boolean;
  /** A peripheral has been set up, or none is fitted. */
  readonly busUp: boolean;
  /** The ledger is this machine's, was read whole and takes records. */
  readonly ledgerWorks: boolean;
  /** Everything up to this sequence is with the fleet. */
  readonly ackedSeq: number;
}

export interface UpkeepWatchOptions {
  readonly machine: WatchedMachine;
  readonly network: { idle(idle: boolean): void };
  readonly nowMs: () => number;
  /** As native/firmware-image says at power-up. */
  readonly onTrial: boolean;
  readonly confirm: () => boolean;
  /** Restarts the board; returns only where there is no image to go back to. */
  readonly rollBack: () => boolean;
  readonly restart: () => void;
  /** One line for whoever reads along. */
  readonly say: (line: string) => void;
}

export class UpkeepWatch {
  readonly #options: UpkeepWatchOptions;
  readonly #ackedAtBoot: number;
  #trial: TrialState;
  #idle = false;
  #busUp = false;
  #acked = false;
  /** Why the board is to be restarted as soon as nothing is open. */
  #restartFor: string | undefined;

  constructor(options: UpkeepWatchOptions) {
    this.#options = options;
    this.#ackedAtBoot = options.machine.ackedSeq;
    this.#trial = trialAtBoot(options.onTrial, options.nowMs());
    this.look();
  }

  get trial(): TrialState["phase"] {
    return this.#trial.phase;
  }

  /** Another image is ready in the other slot: it starts as soon as nothing is open. */
  imageWaits(): void {
    this.restartDue("another image waits");
  }

  /** The board restarts as soon as nothing is open. */
  restartDue(why: string): void {
    this.#restartFor = why;
    this.look();
  }

  /** After each input of the machine; the board's heartbeat is one, so time-outs come within it. */
  look(): void {
    const { machine, network, restart, say } = this.#options;
    const idle = machine.nothingOpen;
    if (idle !== this.#idle) {
      this.#idle = idle;
      network.idle(idle);
      this.#give({ on: "idle", idle });
    }
    if (this.#trial.phase !== "none" && this.#trial.phase !== "confirmed") this.#judge();
    const why = this.#restartFor;
    if (why === undefined || !idle) return;
    this.#restartFor = undefined;
    say(`restart: ${why}`);
    restart();
  }

  #judge(): void {
    const { machine } = this.#options;
    // Both only in an image whose ledger works: another layout would forget what the fleet does not have.
    const works = machine.ledgerWorks;
    if (works && !this.#busUp && machine.busUp) {
      this.#busUp = true;
      this.#give({ on: "busUp" });
    }
    if (works && !this.#acked && machine.ackedSeq > this.#ackedAtBoot) {
      this.#acked = true;
      this.#give({ on: "acked" });
    }
    this.#give({ on: "tick" });
  }

  #give(input: TrialInput): void {
    const { nowMs, confirm, rollBack, say } = this.#options;
    const { state, effect } = stepTrial(this.#trial, input, nowMs());
    this.#trial = state;
    if (effect?.do === "confirm") say(confirm() ? "image: confirmed" : "image: cannot be confirmed");
    if (effect?.do === "rollBack") {
      say("image: not healthy in time, the one before comes back");
      if (!rollBack()) say("image: there is none before it");
    }
  }
}
