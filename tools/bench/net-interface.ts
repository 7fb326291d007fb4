/** Wi-Fi or Ethernet without a radio or a cable: an interface class whose fortunes the test decides. */
import type { InterfaceClass, InterfaceIo } from "../../firmware/io/net/interface.js";

export class SimInterface implements InterfaceIo {
  connection = 200;
  closed = false;
  readonly connects: unknown[] = [];
  readonly configured: unknown[] = [];
  disconnects = 0;
  readonly #onChanged: () => void;
  /** `connect` throws, as if it were already connecting. */
  refuses = false;

  constructor(options: { readonly onChanged: () => void }) {
    this.#onChanged = options.onChanged;
  }

  connect(options?: { readonly SSID: string; readonly password?: string }): void {
    if (this.closed) throw new Error("closed");
    this.connects.push(options);
    if (this.refuses) throw new Error("connect failed");
    this.connection = 300;
  }

  configure(options: unknown): void {
    if (this.closed) throw new Error("closed");
    this.configured.push(options);
  }

  disconnect(): void {
    if (this.closed) throw new Error("closed");
    this.disconnects += 1;
    this.connection = 200;
  }

  close(): void {
    this.closed = true;
  }

  /** What the access point, the cable, or DHCP did. */
  becomes(connection: 200 | 300 | 400 | 500): void {
    this.connection = connection;
    if (!this.closed) this.#onChanged();
  }
}

/** A class whose newest instance can be got at. */
export class SimInterfaces {
  readonly opened: SimInterface[] = [];
  /** What a new instance finds: 500 = the link is up already. */
  connection = 200;
  readonly io: InterfaceClass;

  constructor() {
    const world = this;
    this.io = class extends SimInterface {
      constructor(options: { readonly onChanged: () => void }) {
        super(options);
        this.connection = world.connection;
        world.opened.push(this);
      }
    };
  }

  get last(): SimInterface {
    const last = this.opened.at(-1);
    if (last === undefined) throw new Error("no interface was opened");
    return last;
  }
}
