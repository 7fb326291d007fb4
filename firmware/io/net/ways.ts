/**
 * The ways a board has to the network, and the choice between them: the first that is up in the order of preference,
 * Ethernet before Wi-Fi. Whoever uses the network sees sockets, and when the way changes sockets that are closed. The
 * choice itself is a pure step: away from a way that is down at once, back to a better one only when it has been up
 * for a quiet time, which doubles each time the better one fails again soon.
 */
import { deepFreeze } from "../../../shared/freeze.js";
import type { WayName } from "./frames.js";
import { type InterfaceOptions, NetInterface } from "./interface.js";
import type {
  Clockwork,
  DatagramClass,
  DatagramOptions,
  Datagrams,
  Resolve,
  Socket,
  SocketClass,
  SocketOptions,
} from "./sockets.js";

/** Up for so long before it is gone back to. */
export const QUIET_FIRST_MS = 10_000;
export const QUIET_MAX_MS = 640_000;
/** In use for so long without a loss, a way is trusted as at first. */
export const STEADY_MS = 600_000;
/** Sockets at once over all ways: broker, update, time, and two to spare. */
export const MAX_OPEN = 5;

export interface OpenWay {
  /** Dotted; undefined: none, or nobody knows. */
  readonly address: string | undefined;
  close(): void;
}

/** One way: its interface, and what goes over it. */
export interface Way {
  readonly name: WayName;
  readonly tcp: SocketClass;
  readonly datagrams: DatagramClass;
  readonly resolve: Resolve;
  /** Keeps it up from now on, and tells each change. Throws where its configuration is none. */
  open(onUp: (up: boolean) => void): OpenWay;
}

/** A way whose interface is the platform's: kept up by `NetInterface`. */
export class InterfaceWay implements Way {
  readonly name: Way["name"];
  readonly tcp: SocketClass;
  readonly datagrams: DatagramClass;
  readonly resolve: Resolve;
  readonly #options: Omit<InterfaceOptions, "onUp">;

  constructor(sockets: Pick<Way, "name" | "tcp" | "datagrams" | "resolve">, options: Omit<InterfaceOptions, "onUp">) {
    this.name = sockets.name;
    this.tcp = sockets.tcp;
    this.datagrams = sockets.datagrams;
    this.resolve = sockets.resolve;
    this.#options = options;
  }

  open(onUp: (up: boolean) => void): OpenWay {
    return new NetInterface({ ...this.#options, onUp });
  }
}

// ---- the choice, a pure step ------------------------------------------------------------------------------------

export interface ChoiceState {
  /** Of each way, the best first: since when it is up; undefined: it is down. */
  readonly upSinceMs: readonly (number | undefined)[];
  readonly chosen: number | undefined;
  readonly chosenSinceMs: number;
  readonly quietMs: number;
}

export type ChoiceInput = { readonly on: "way"; readonly way: number; readonly up: boolean } | { readonly on: "tick" };

export function choiceOf(ways: number): ChoiceState {
  return deepFreeze<ChoiceState>({
    upSinceMs: Array.from({ length: ways }, () => undefined),
    chosen: undefined,
    chosenSinceMs: 0,
    quietMs: QUIET_FIRST_MS,
  });
}

export function stepChoice(was: ChoiceState, input: ChoiceInput, nowMs: number): ChoiceState {
  let state = was;
  if (input.on === "way" && input.up !== (was.upSinceMs[input.way] !== undefined)) {
    const since = input.up ? nowMs : undefined;
    state = { ...was, upSinceMs: was.upSinceMs.map((old, way) => (way === input.way ? since : old)) };
  }
  const { chosen, chosenSinceMs, upSinceMs } = state;
  const best = upSinceMs.findIndex((since) => since !== undefined);
  if (chosen !== undefined && upSinceMs[chosen] === undefined) {
    // what was in use is lost: whatever is left, and the better one has to show itself for longer than the last time
    const early = nowMs - chosenSinceMs < STEADY_MS;
    const quietMs = early && best > chosen ? Math.min(QUIET_MAX_MS, state.quietMs * 2) : QUIET_FIRST_MS;
    return choose({ ...state, quietMs }, best, nowMs);
  }
  if (chosen === undefined) return best < 0 ? state : choose(state, best, nowMs);
  return nowMs >= choiceDueMs(state) ? choose(state, best, nowMs) : state;
}

/** When a better way has been up for long enough, absolute ms. */
export function choiceDueMs({ chosen, upSinceMs, quietMs }: ChoiceState): number {
  const best = upSinceMs.findIndex((since) => since !== undefined);
  const since = upSinceMs[best];
  return chosen === undefined || since === undefined || best >= chosen ? Infinity : since + quietMs;
}

function choose(state: ChoiceState, way: number, nowMs: number): ChoiceState {
  return { ...state, chosen: way < 0 ? undefined : way, chosenSinceMs: nowMs };
}

// ---- carried out ------------------------------------------------------------------------------------------------

export interface WayChoiceOptions {
  /** The best first; may be none. */
  readonly ways: readonly Way[];
  readonly clockwork: Clockwork;
  /** There is a way, or none any more. Not told when one is changed for another: then sockets are closed. */
  readonly onUp: (up: boolean) => void;
}

/** What goes over a way and ends with it. */
interface Bound {
  lost(): void;
}

export class WayChoice {
  /** Over whichever way is in use when a socket is made; throws where there is none. */
  readonly tcp: SocketClass;
  readonly datagrams: DatagramClass;
  readonly #options: WayChoiceOptions;
  readonly #open = new Map<Way, OpenWay>();
  readonly #bound: Bound[] = [];
  #state: ChoiceState;
  #up = false;
  #closed = false;
  /** Changes from one way to another since power-up. */
  changes = 0;

  constructor(options: WayChoiceOptions) {
    this.#options = options;
    this.#state = choiceOf(options.ways.length);
    const choice = this;
    this.tcp = class extends BoundSocket {
      constructor(socket: SocketOptions) {
        super(choice, socket);
      }
    };
    this.datagrams = class extends BoundDatagrams {
      constructor(datagrams: DatagramOptions) {
        super(choice, datagrams);
      }
    };
  }

  /** Apart from the constructor, so that whoever is told can already ask. */
  start(): void {
    this.#options.ways.forEach((way, i) => {
      try {
        this.#open.set(
          way,
          way.open((up) => this.#input({ on: "way", way: i, up })),
        );
      } catch {
        // no such interface, or its configuration is none: the others go on
      }
    });
  }

  /** Which way is in use; undefined: none. */
  get inUse(): Way | undefined {
    const { chosen } = this.#state;
    return chosen === undefined ? undefined : this.#options.ways[chosen];
  }

  /** Its address, while it has one. */
  get addressInUse(): string | undefined {
    const { inUse } = this;
    return inUse === undefined ? undefined : this.#open.get(inUse)?.address;
  }

  readonly resolve: Resolve = (host, answer) => {
    const way = this.inUse;
    if (way === undefined) return answer(undefined);
    // an answer that comes when the way has changed may be another network's
    way.resolve(host, (address) => answer(way === this.inUse ? address : undefined));
  };

  bind(bound: Bound): Way {
    const way = this.inUse;
    if (way === undefined || this.#closed) throw new Error("no network");
    if (this.#bound.length >= MAX_OPEN) throw new RangeError("no socket");
    this.#bound.push(bound);
    return way;
  }

  unbind(bound: Bound): void {
    const at = this.#bound.indexOf(bound);
    if (at >= 0) this.#bound.splice(at, 1);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#options.clockwork.alarm(undefined, () => {});
    for (const way of this.#open.values()) way.close();
  }

  #input(input: ChoiceInput): void {
    if (this.#closed) return;
    const { clockwork, onUp } = this.#options;
    const nowMs = clockwork.nowMs();
    const was = this.#state.chosen;
    this.#state = stepChoice(this.#state, input, nowMs);
    const { chosen } = this.#state;
    const dueMs = choiceDueMs(this.#state);
    clockwork.alarm(dueMs === Infinity ? undefined : Math.max(0, dueMs - nowMs), () => this.#input({ on: "tick" }));
    if (was !== undefined && chosen !== undefined && was !== chosen) this.changes += 1;
    if (was !== undefined && was !== chosen) for (const bound of this.#bound.splice(0)) bound.lost();
    const up = this.#state.chosen !== undefined;
    if (up === this.#up) return;
    this.#up = up;
    onUp(up);
  }
}

class BoundSocket implements Socket, Bound {
  readonly #choice: WayChoice;
  readonly #onError: () => void;
  #socket: Socket | undefined;

  constructor(choice: WayChoice, options: SocketOptions) {
    this.#choice = choice;
    this.#onError = options.onError;
    const way = choice.bind(this);
    try {
      this.#socket = new way.tcp({ ...options, onError: () => this.lost() });
    } catch (error) {
      choice.unbind(this);
      throw error;
    }
  }

  read(byteLength: number): ArrayBuffer | number | undefined {
    return this.#inner().read(byteLength);
  }

  write(bytes: Uint8Array): number | undefined {
    return this.#inner().write(bytes);
  }

  close(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#choice.unbind(this);
    socket?.close();
  }

  lost(): void {
    if (this.#socket === undefined) return;
    try {
      this.close();
    } catch {
      // it is gone, which is what is told now
    }
    this.#onError();
  }

  #inner(): Socket {
    if (this.#socket === undefined) throw new Error("socket is closed");
    return this.#socket;
  }
}

class BoundDatagrams implements Datagrams, Bound {
  readonly #choice: WayChoice;
  readonly #onError: () => void;
  #datagrams: Datagrams | undefined;

  constructor(choice: WayChoice, options: DatagramOptions) {
    this.#choice = choice;
    this.#onError = options.onError;
    const way = choice.bind(this);
    try {
      this.#datagrams = new way.datagrams({ ...options, onError: () => this.lost() });
    } catch (error) {
      choice.unbind(this);
      throw error;
    }
  }

  read(): ArrayBuffer | undefined {
    return this.#inner().read();
  }

  write(bytes: Uint8Array, address: string, port: number): void {
    this.#inner().write(bytes, address, port);
  }

  close(): void {
    const datagrams = this.#datagrams;
    this.#datagrams = undefined;
    this.#choice.unbind(this);
    datagrams?.close();
  }

  lost(): void {
    if (this.#datagrams === undefined) return;
    try {
      this.close();
    } catch {
      // it is gone, which is what is told now
    }
    this.#onError();
  }

  #inner(): Datagrams {
    if (this.#datagrams === undefined) throw new Error("socket is closed");
    return this.#datagrams;
  }
}
