/** A seeded generator (sfc32) for simulated hardware: same numbers on every engine, no relation to cryptography. */

export type RngMark = readonly [number, number, number, number];

export class Rng {
  #a: number;
  #b: number;
  #c: number;
  #counter: number;

  constructor(seed: number) {
    this.#a = seed | 0;
    this.#b = (seed / 0x1_0000_0000) | 0;
    this.#c = 0x9e37_79b9 | 0;
    this.#counter = 1;
    for (let i = 0; i < 12; i++) this.uint32();
  }

  /** What to hand to `rewind`. */
  mark(): RngMark {
    return [this.#a, this.#b, this.#c, this.#counter];
  }

  /** Back to where it was marked: the draws since are drawn again. */
  rewind([a, b, c, counter]: RngMark): void {
    this.#a = a;
    this.#b = b;
    this.#c = c;
    this.#counter = counter;
  }

  /** Uniform in 0 … 2^32 − 1. */
  uint32(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** Uniform integer in 0 … bound − 1; bound 1 … 2^32. */
  below(bound: number): number {
    if (!Number.isInteger(bound) || bound < 1 || bound > 0x1_0000_0000) throw new RangeError(`rng: bound ${bound}`);
    const limit = 0x1_0000_0000 - (0x1_0000_0000 % bound);
    let drawn = this.uint32();
    while (drawn >= limit) drawn = this.uint32();
    return drawn % bound;
  }

  /** Uniform integer in low … high, both included. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  /** True in `perMillion` of a million draws. Draws nothing for 0, so that a switched-off chance changes no run. */
  chance(perMillion: number): boolean {
    return perMillion > 0 && this.below(1_000_000) < perMillion;
  }

  /** A generator of its own, so that one device's draws do not shift another's. */
  fork(): Rng {
    return new Rng(this.uint32());
  }
}
