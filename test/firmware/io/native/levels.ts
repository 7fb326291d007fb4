/** A line as an analyser sees it: words to levels, levels to the bursts that the pulse counter makes of them. */

export const WORD_BITS = 11;
/** 9,600 baud, and what a UART's clock may be off. */
export const BIT_US = 104.17;
export const SLOW_BIT_US = BIT_US * 1.02;
export const FAST_BIT_US = BIT_US * 0.98;
export const BURST_IDLE_US = 1_300;

/** A line's levels from its first start bit on: [high, µs]. */
export type Level = readonly [high: boolean, us: number];

/** The levels in an answer of the wire's program, which it tells as 16 bits of hex each. */
export function levelsIn(answer: string): Level[] {
  const runs = / t([0-9a-f]+)/.exec(answer)?.[1]?.match(/.{4}/g) ?? [];
  return runs.map((run) => Number.parseInt(run, 16)).map((run): Level => [(run & 0x8000) !== 0, run & 0x7fff]);
}

/** The levels of words, `gapUs` of rest between them; each low level lasts `skewUs` longer than it should. */
export function levelsOf(words: readonly number[], bitUs: number, gapUs = 0, skewUs = 0): Level[] {
  const levels: Level[] = [];
  for (const word of words) {
    const frame = (1 << 10) | (word << 1);
    for (let bit = 0; bit < WORD_BITS; bit += 1) {
      const from = Math.round(bit * bitUs);
      levels.push([((frame >> bit) & 1) === 1, Math.round((bit + 1) * bitUs) - from]);
    }
    if (gapUs > 0) levels.push([true, gapUs]);
  }
  const merged: [boolean, number][] = [];
  for (const [high, us] of levels) {
    const last = merged.at(-1);
    if (last?.[0] === high) last[1] += us;
    else merged.push([high, us]);
  }
  return merged.map(([high, us]): Level => [high, high ? us - skewUs : us + skewUs]);
}

/**
 * The words in levels that begin with a start bit, each bit read in its middle as a UART does; throws where a word has
 * no stop bit. Behind the levels the line rests.
 */
export function wordsOf(levels: readonly Level[], bitUs: number): number[] {
  const edges: { readonly fromUs: number; readonly high: boolean }[] = [];
  let endUs = 0;
  for (const [high, us] of levels) {
    edges.push({ fromUs: endUs, high });
    endUs += us;
  }
  const isHigh = (atUs: number): boolean =>
    atUs >= endUs || edges.findLast(({ fromUs }) => fromUs <= atUs)?.high === true;
  const words: number[] = [];
  let startUs: number | undefined = 0;
  while (startUs !== undefined && startUs < endUs) {
    const from: number = startUs;
    const bits = Array.from({ length: WORD_BITS }, (_none, bit) => isHigh(from + (bit + 0.5) * bitUs));
    if (bits[0] !== false || bits.at(-1) !== true) throw new Error(`no word at ${from} µs`);
    words.push(bits.slice(1, -1).reduce((word, high, bit) => word | (high ? 1 << bit : 0), 0));
    // the next start bit is the first fall after the middle of this stop bit
    startUs = edges.find(({ fromUs, high }) => !high && fromUs > from + (WORD_BITS - 0.5) * bitUs)?.fromUs;
  }
  return words;
}

export interface Burst {
  readonly startUs: number;
  /** The line has rested for BURST_IDLE_US. */
  readonly heardUs: number;
  readonly runs: string;
}

/** A burst as the wire's program is told of it. */
export function burstLine({ startUs, heardUs, runs }: Burst): string {
  return `u ${startUs} ${heardUs} ${runs}`;
}

/** What the pulse counter makes of levels that begin at `startUs`: split where the line rests too long. */
export function burstsOf(levels: readonly Level[], startUs: number): Burst[] {
  const bursts: Burst[] = [];
  let runs = "";
  let fromUs = startUs;
  let atUs = startUs;
  for (const [index, [high, us]] of levels.entries()) {
    const rests = high && (us > BURST_IDLE_US || index === levels.length - 1);
    if (!rests) runs += ((high ? 0x8000 : 0) | us).toString(16).padStart(4, "0");
    if (rests) {
      // the run that never ended reads as 0
      bursts.push({ startUs: fromUs, heardUs: atUs + BURST_IDLE_US, runs: `${runs}8000` });
      runs = "";
      fromUs = atUs + us;
    }
    atUs += us;
  }
  return bursts;
}
