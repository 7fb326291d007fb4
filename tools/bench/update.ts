/**
 * The simulated board's image slots: an ordered image is fetched piece by piece while nothing is open and a network is
 * there, started by a restart, and kept or put back after its trial. Which firmware it is, is a number to the machine;
 * the program is the same. What is in flash survives a power cut, also half an image.
 */
import type { UpdatePort } from "../../firmware/ports/hardware.js";
import type { WorldInput } from "../../firmware/ports/inputs.js";
import { decodeCbor, encodeCbor, isCborArray } from "../../shared/cbor.js";
import type { Timer, World } from "./world.js";

/** good: runs and stays. unsigned: refused. garbled: arrives as something else. sick: runs, and is put back. */
const IMAGES = Object.freeze(["good", "unsigned", "garbled", "sick"] as const);
export type SimImage = (typeof IMAGES)[number];

export const UPDATE_PIECES = 10;
const PIECE_US = 2_000_000;
/** How long an image is tried. */
export const SIM_TRIAL_MS = 120_000;
/** By number in UPDATE_FAULTS of firmware/io/net. */
const BAD_SIGNATURE = 1;
const WRONG_HASH = 6;

export interface UpdateWorld {
  readonly deliver: (input: WorldInput) => void;
  /** No money and no vend is under way. */
  readonly isIdle: () => boolean;
  readonly isOnline: () => boolean;
  /** Restarts the board at once. */
  readonly restart: () => void;
}

interface Slot {
  readonly version: string;
  readonly image: SimImage;
}

/** What stands for a signed manifest here. */
export function simManifest(version: string, image: SimImage = "good"): Uint8Array {
  return encodeCbor([version, image]);
}

export class SimUpdate implements UpdatePort {
  /** What runs at the next power-up. */
  running: Slot;
  onTrial = false;
  /** Of the image in the other slot. */
  pieces = 0;
  readonly #world: World;
  readonly #around: UpdateWorld;
  #before: Slot | undefined;
  #other: Slot | undefined;
  #ordered = false;
  #restartWaits = false;
  #begun = false;
  #timer: Timer | undefined;

  constructor(world: World, version: string, around: UpdateWorld) {
    this.#world = world;
    this.#around = around;
    this.running = { version, image: "good" };
  }

  begin(manifest: Uint8Array): void {
    this.#begun = true;
    const next = slotOf(manifest);
    if (next === undefined || next.image === "unsigned") return this.#tell("refused", BAD_SIGNATURE);
    const { version, image } = this.#other ?? {};
    if (version !== next.version || image !== next.image) this.pieces = 0;
    this.#other = next;
    this.#ordered = true;
    this.#later();
  }

  /** The program runs, or power is gone. */
  setPower(on: boolean): void {
    this.#world.cancel(this.#timer);
    this.#ordered = false;
    this.#restartWaits = false;
    if (!on) return;
    if (this.onTrial) this.#timer = this.#world.after(SIM_TRIAL_MS * 1_000, () => this.#judge());
    else if (this.#begun) this.#around.deliver({ on: "update", told: { news: "confirmed" } });
  }

  #later(): void {
    this.#world.cancel(this.#timer);
    this.#timer = this.#world.after(PIECE_US, () => this.#step());
  }

  #step(): void {
    const { isIdle, isOnline, restart } = this.#around;
    if (!isIdle()) return this.#later();
    if (this.#restartWaits) return restart();
    if (!this.#ordered || this.#other === undefined) return;
    if (this.pieces < UPDATE_PIECES) {
      if (isOnline()) this.pieces += 1;
      return this.#later();
    }
    this.#ordered = false;
    this.pieces = 0;
    if (this.#other.image === "garbled") return this.#tell("failed", WRONG_HASH);
    this.#before = this.running;
    this.running = this.#other;
    this.onTrial = true;
    this.#restartWaits = true;
    this.#tell("switched");
    this.#later();
  }

  #judge(): void {
    this.onTrial = false;
    if (this.running.image === "good" || this.#before === undefined) return this.#tell("confirmed");
    this.running = this.#before;
    this.#around.restart();
  }

  #tell(news: "refused" | "failed" | "switched" | "confirmed", detail?: number): void {
    this.#around.deliver({ on: "update", told: detail === undefined ? { news } : { news, detail } });
  }
}

function slotOf(manifest: Uint8Array): Slot | undefined {
  const cbor = decodeCbor(manifest);
  if (!cbor.ok || !isCborArray(cbor.value)) return undefined;
  const [version, name] = cbor.value;
  const image = IMAGES.find((candidate) => candidate === name);
  return typeof version === "string" && image !== undefined ? { version, image } : undefined;
}
