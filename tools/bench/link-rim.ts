/** The native MDB link on the simulated board: runs the reference of firmware/mdb/link.ts on the wire's words. */
import { createLink, type LinkInput, linkStep, NEVER_US } from "../../firmware/mdb/link.js";
import type { LinkPort, LinkSendOptions } from "../../firmware/ports/hardware.js";
import type { LinkResult } from "../../firmware/ports/inputs.js";
import type { Sending, Wire } from "./wire.js";
import { Timer, type World } from "./world.js";

const TICK: LinkInput = Object.freeze({ do: "tick" });

export class LinkRim implements LinkPort {
  readonly #world: World;
  readonly #wire: Wire;
  readonly #report: (result: LinkResult) => void;
  readonly #link = createLink();
  /** One for all words: the link keeps none. */
  readonly #heard: { readonly do: "word"; word: number; atUs: number } = { do: "word", word: 0, atUs: 0 };
  readonly #detach: () => void;
  readonly #timer = new Timer(() => this.#step(TICK));
  #sending: Sending | undefined;

  /** `report`: where results go, in order (the queue of the JavaScript side). */
  constructor(world: World, wire: Wire, report: (result: LinkResult) => void) {
    this.#world = world;
    this.#wire = wire;
    this.#report = report;
    this.#detach = wire.attach("vmc", { word: (word, atUs) => this.#take(word, atUs) });
  }

  send(block: Uint8Array, options: LinkSendOptions): void {
    this.#step({ do: "send", block, options });
  }

  release(): void {
    this.#step({ do: "release" });
  }

  busReset(): void {
    this.#step({ do: "busReset" });
  }

  get counters(): Readonly<ReturnType<typeof createLink>["counters"]> {
    return this.#link.counters;
  }

  /** Before this no block of ours starts; undefined while the link is not at rest. */
  get restsFromUs(): number | undefined {
    return this.#link.phase === "idle" ? this.#link.readyAtUs : undefined;
  }

  /** So many POLLs have been answered by bare ACKs meanwhile. */
  leapt(polls: number, restsFromUs: number): void {
    this.#link.counters.blocks += polls;
    this.#link.readyAtUs = restsFromUs;
  }

  /** Power is gone: a word under way breaks off, nothing is reported any more. */
  powerOff(): void {
    this.#detach();
    this.#sending?.breakOff();
    this.#world.cancel(this.#timer);
  }

  #take(word: number, atUs: number): void {
    this.#heard.word = word;
    this.#heard.atUs = atUs;
    this.#step(this.#heard);
  }

  #step(input: LinkInput): void {
    for (const out of linkStep(this.#link, input, this.#world.nowUs)) {
      if (out.do === "transmit") this.#sending = this.#wire.send("vmc", out.words);
      else if (out.do === "break") this.#wire.lineBreak(out.durationUs);
      else this.#report(out.result);
    }
    const dueUs = this.#link.nextDueUs;
    if (dueUs === NEVER_US) this.#world.cancel(this.#timer);
    else if (!this.#timer.armed || this.#timer.atUs !== dueUs) this.#world.arm(this.#timer, dueUs);
  }
}
