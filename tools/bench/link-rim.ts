/** The native MDB link on the simulated board: runs the reference of firmware/mdb/link.ts on the wire's words. */
import { createLink, type LinkInput, linkStep, NEVER_US } from "../../firmware/mdb/link.js";
import type { LinkPort, LinkSendOptions } from "../../firmware/ports/hardware.js";
import type { LinkResult } from "../../firmware/ports/inputs.js";
import type { Wire } from "./wire.js";
import type { Timer, World } from "./world.js";

export class LinkRim implements LinkPort {
  readonly #world: World;
  readonly #wire: Wire;
  readonly #report: (result: LinkResult) => void;
  readonly #link = createLink();
  readonly #detach: () => void;
  #timer: Timer | undefined;
  #breakOff: (() => void) | undefined;

  /** `report`: where results go, in order (the queue of the JavaScript side). */
  constructor(world: World, wire: Wire, report: (result: LinkResult) => void) {
    this.#world = world;
    this.#wire = wire;
    this.#report = report;
    this.#detach = wire.attach("vmc", { word: (word, atUs) => this.#step({ do: "word", word, atUs }) });
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

  /** Power is gone: a word under way breaks off, nothing is reported any more. */
  powerOff(): void {
    this.#detach();
    this.#breakOff?.();
    this.#world.cancel(this.#timer);
  }

  #step(input: LinkInput): void {
    for (const out of linkStep(this.#link, input, this.#world.nowUs)) {
      if (out.do === "transmit") this.#breakOff = this.#wire.send("vmc", out.words);
      else if (out.do === "break") this.#wire.lineBreak(out.durationUs);
      else this.#report(out.result);
    }
    this.#world.cancel(this.#timer);
    const dueUs = this.#link.nextDueUs;
    if (dueUs !== NEVER_US) this.#timer = this.#world.schedule(dueUs, () => this.#step({ do: "tick" }));
  }
}
