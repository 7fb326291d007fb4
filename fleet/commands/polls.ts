/**
 * Machines that wait by HTTP for orders: bounded, one request a machine. Whoever looks for due orders is told who
 * waits, and tells for whom there is something; the request itself then takes it.
 */
import type { Connected } from "../store/certificates.js";

/** Requests that wait at once in one process; more are told to come again. */
export const MAX_POLLS = 5_000;

export type PollEnd =
  | "due"
  /** The time is over, the machine asks anew by another request, or is not to come in any more. */
  | "over"
  /** As many wait as may. */
  | "full";

interface Poll extends Connected {
  readonly end: (how: PollEnd) => void;
}

export class OrderPolls {
  private readonly polls = new Map<string, Poll>();
  private readonly limit: number;
  private isClosed = false;
  /** Told of each that begins to wait. */
  onWait: () => void = () => undefined;

  constructor(limit: number = MAX_POLLS) {
    this.limit = limit;
  }

  /** Waits until something is due for the machine, `waitMs` at most. `gone`: nobody listens any more. */
  wait({ serial, fingerprint }: Connected, waitMs: number, gone: AbortSignal): Promise<PollEnd> {
    if (this.isClosed || gone.aborted) return Promise.resolve("over");
    const before = this.polls.get(serial);
    if (before === undefined && this.polls.size >= this.limit) return Promise.resolve("full");
    before?.end("over");
    return new Promise((resolve) => {
      const end = (how: PollEnd): void => {
        clearTimeout(timer);
        gone.removeEventListener("abort", leave);
        if (this.polls.get(serial) === poll) this.polls.delete(serial);
        resolve(how);
      };
      const leave = (): void => end("over");
      const timer = setTimeout(leave, waitMs);
      const poll: Poll = { serial, fingerprint, end };
      gone.addEventListener("abort", leave, { once: true });
      this.polls.set(serial, poll);
      this.onWait();
    });
  }

  /** Requests that wait. */
  get size(): number {
    return this.polls.size;
  }

  waiting(): readonly Connected[] {
    return [...this.polls.values()];
  }

  /** Ends the wait of these. */
  end(serials: readonly string[], how: PollEnd): void {
    for (const serial of serials) this.polls.get(serial)?.end(how);
  }

  /** Nobody waits from now on. */
  close(): void {
    this.isClosed = true;
    this.end([...this.polls.keys()], "over");
  }
}
