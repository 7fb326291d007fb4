/** What is fuzzed: something that reads bytes of strangers. */

export interface Target {
  readonly name: string;
  /** Which door the bytes come through, for people. */
  readonly about: string;
  /** Inputs that are right: what is tried is made of them. */
  readonly corpus: readonly Uint8Array[];
  readonly maxBytes: number;
  /** Reads `bytes`. Throws, or rejects, exactly if the reader is wrong; refusing an input is right. */
  run(bytes: Uint8Array): void | Promise<void>;
  close?(): Promise<void>;
}

/** Throws with both, if they are not the same. */
export function mustEqual(left: unknown, right: unknown, what: string): void {
  const [a, b] = [JSON.stringify(left), JSON.stringify(right)];
  if (a !== b) throw new Error(`${what}: ${a} and ${b}`);
}
