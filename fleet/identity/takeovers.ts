/**
 * Two boards with one identity throw each other out of the broker, to and fro. One board on a bad line takes over from
 * itself too, from an address that may change; but a connection from where it was thrown out by another address is what
 * two boards make, and that is counted. Those behind one address are told apart by their births
 * (fleet/store/suspensions.ts). Pure.
 */

/** Returns within the window from which on there are two. */
export const RETURNS_LIMIT = 3;
export const WINDOW_MS = 3_600_000;
/** Machines remembered; beyond it the one that was thrown out longest ago is forgotten. */
export const MAX_WATCHED = 2_000;
/** Addresses remembered of one machine. */
const MAX_ADDRESSES = 8;

interface Watched {
  readonly sinceMs: number;
  /** From where it was thrown out by another address. */
  readonly displaced: string[];
  returns: number;
}

export class TakeoverWatch {
  readonly #machines = new Map<string, Watched>();

  get size(): number {
    return this.#machines.size;
  }

  /** `by` came while a connection from `displaced` lived. True if that speaks for two boards. */
  tookOver(serial: string, by: string, displaced: string, nowMs: number): boolean {
    if (by === displaced) return false;
    const known = this.#machines.get(serial);
    const fresh = known !== undefined && nowMs - known.sinceMs < WINDOW_MS;
    const watched: Watched = fresh ? known : { sinceMs: nowMs, displaced: [], returns: 0 };
    if (watched.displaced.includes(by)) watched.returns++;
    if (!watched.displaced.includes(displaced)) watched.displaced.push(displaced);
    if (watched.displaced.length > MAX_ADDRESSES) watched.displaced.shift();
    // Deleted and set again: the map's order is that of the last takeover.
    this.#machines.delete(serial);
    this.#machines.set(serial, watched);
    const [oldest] = this.#machines.keys();
    if (this.#machines.size > MAX_WATCHED && oldest !== undefined) this.#machines.delete(oldest);
    return watched.returns >= RETURNS_LIMIT;
  }

  forget(serial: string): void {
    this.#machines.delete(serial);
  }
}
