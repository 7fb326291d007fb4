/** A small fault of the core, as a replacement of text, and the tests that must notice it. */
export interface Mutant {
  /** What is wrong with it, in a few words. */
  readonly name: string;
  readonly file: string;
  /** Occurs exactly once in the file. */
  readonly find: string;
  readonly replace: string;
  /** Test files, the likeliest first; the first that fails has caught it. */
  readonly tests: readonly string[];
}
