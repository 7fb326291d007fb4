/**
 * The drop beam: an emitter and a receiver across the chute. Falling products darken it for 20–80 ms; dirt blocks it,
 * sunlight keeps it lit whatever happens. Its edges are latched by the native rim, which also looks for foreign light.
 */
import type { BeamPort } from "../../firmware/ports/hardware.js";
import type { Truth } from "./truth.js";
import type { World } from "./world.js";

/** The receiver follows its emitter after so long. */
const EMITTER_DELAY_US = 400;
/** The rim darkens the emitter so often, for a moment, to see whether the receiver follows. */
const BLINK_US = 10_000;

/** dark: the receiver's edge. glare: foreign light came or went. */
export interface BeamNews {
  readonly on: "beam" | "glare";
  readonly yes: boolean;
  readonly atUs: number;
}

export class Beam implements BeamPort {
  readonly #world: World;
  readonly #truth: Truth;
  readonly #tell: (news: BeamNews) => void;
  /** It has been covered or outshone since the world began. */
  everBlinded = false;
  #powered = false;
  #emitting = false;
  #blocked = false;
  #sunlit = false;
  #crossing = 0;
  #dark = true;
  /** A fall that the receiver has seen begin. */
  #pulse = false;
  /** What the rim has told of foreign light since power-up. */
  #glare = false;
  #blinkDue = false;

  constructor(world: World, truth: Truth, tell: (news: BeamNews) => void) {
    this.#world = world;
    this.#truth = truth;
    this.#tell = tell;
  }

  /** What the receiver says now; without power nothing, which reads as dark. */
  get dark(): boolean {
    return this.#dark;
  }

  /** Foreign light, as the rim has told it. */
  get glare(): boolean {
    return this.#glare;
  }

  /** Someone or something covers it. */
  get blocked(): boolean {
    return this.#blocked;
  }

  /** A fall that the receiver has seen begin is under way. */
  get pulse(): boolean {
    return this.#pulse;
  }

  setPower(on: boolean): void {
    if (!on && this.#pulse) this.#endPulse(true);
    this.#powered = on;
    this.#emitting = on;
    this.#dark = !on || this.#seesDark();
    this.#glare = false;
    this.#mayGlare();
  }

  emitter(on: boolean): void {
    this.#world.after(EMITTER_DELAY_US, () => {
      if (!this.#powered) return;
      if (!on && this.#pulse) this.#endPulse(true);
      this.#emitting = on;
      this.#update();
    });
  }

  setBlocked(blocked: boolean): void {
    this.everBlinded ||= blocked;
    if (blocked && this.#pulse) this.#endPulse(true);
    this.#blocked = blocked;
    this.#seeRest();
    this.#update();
  }

  setSunlit(sunlit: boolean): void {
    this.everBlinded ||= sunlit;
    if (sunlit && this.#pulse) this.#endPulse(true);
    this.#sunlit = sunlit;
    this.#seeRest();
    this.#update();
  }

  /** The receiver sees again while something falls: the rest of its shadow may be taken for a drop, or for none. */
  #seeRest(): void {
    if (this.#crossing === 0 || this.#pulse || !this.#powered || !this.#emitting) return;
    if (this.#blocked || this.#sunlit) return;
    this.#truth.beamPulses += 1;
    this.#truth.beamPulsesUncertain += 1;
  }

  /** Something falls through, dark for so long. oddly: not as the one product of a turn. */
  cross(darkUs: number, oddly = false): void {
    this.#crossing += 1;
    if (this.#crossing > 1) {
      this.#truth.overlappingDrops += 1;
    } else if (this.#powered && !this.#dark && !this.#sunlit) {
      this.#pulse = true;
    } else {
      this.#truth.unseenDrops += 1;
      if (oddly) this.#truth.unseenOddDrops += 1;
    }
    this.#update();
    this.#world.after(darkUs, () => {
      this.#crossing -= 1;
      if (this.#crossing === 0 && this.#pulse) this.#endPulse(false);
      this.#update();
    });
  }

  #endPulse(uncertain: boolean): void {
    this.#pulse = false;
    this.#truth.beamPulses += 1;
    if (uncertain) this.#truth.beamPulsesUncertain += 1;
  }

  #seesDark(): boolean {
    return this.#blocked || (!this.#sunlit && (!this.#emitting || this.#crossing > 0));
  }

  #update(): void {
    this.#mayGlare();
    if (!this.#powered || this.#seesDark() === this.#dark) return;
    this.#dark = !this.#dark;
    this.#tell({ on: "beam", yes: this.#dark, atUs: this.#world.nowUs });
  }

  /** Blinks that would tell nothing new are left out. */
  #mayGlare(): void {
    if (this.#blinkDue || !this.#powered || this.#foreignLight() === this.#glare) return;
    this.#blinkDue = true;
    this.#world.after(BLINK_US - (this.#world.nowUs % BLINK_US), () => {
      this.#blinkDue = false;
      // Blinks rest while the emitter is off for a self-test.
      if (!this.#powered || !this.#emitting || this.#foreignLight() === this.#glare) return;
      this.#glare = !this.#glare;
      this.#tell({ on: "glare", yes: this.#glare, atUs: this.#world.nowUs });
    });
  }

  #foreignLight(): boolean {
    return this.#sunlit && !this.#blocked;
  }
}
