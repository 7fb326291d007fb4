/**
 * An interface of the platform (Wi-Fi, or an Ethernet of the SDK) kept up: connects, notices what goes wrong, tries
 * again with back-off, for ever. The class is handed in: `embedded:network/interface/wifi` or `…/ethernet` of the
 * Moddable SDK, whose `connection` counts 200 (none), 300 (on its way), 400 (associated), 500 (has an address).
 */
import { type FixedAddress, fixedAddressText } from "./fixed-address.js";
import type { Clockwork } from "./sockets.js";

/** To have an address by: association, WPA and DHCP take up to 10 s on a busy channel. */
export const CONNECT_MS = 30_000;
export const RETRY_FIRST_MS = 2_000;
export const RETRY_MAX_MS = 60_000;

const CONNECTED = 500;
const NOT_CONNECTED = 200;

export interface InterfaceIo {
  readonly connection: number;
  /** Dotted, while it is connected. */
  readonly address?: string;
  configure?(options: {
    readonly static: { readonly address: string; readonly mask: string; readonly gateway: string };
  }): void;
  connect(options?: { readonly SSID: string; readonly password?: string }): void;
  disconnect(): void;
  close(): void;
}

export type InterfaceClass = new (options: { readonly onChanged: () => void }) => InterfaceIo;

export interface InterfaceOptions {
  readonly io: InterfaceClass;
  /** Wi-Fi's name, 1 to 32 bytes; absent = Ethernet. */
  readonly ssid?: string | undefined;
  /** 8 to 63 characters; absent = open. */
  readonly password?: string | undefined;
  /** By hand in place of DHCP: an interface that cannot have one is not opened. */
  readonly fixed?: FixedAddress | undefined;
  readonly clockwork: Clockwork;
  readonly random: (bound: number) => number;
  readonly onUp: (up: boolean) => void;
}

export class NetInterface {
  readonly #options: InterfaceOptions;
  readonly #io: InterfaceIo;
  #up = false;
  #trying = false;
  #retryMs = RETRY_FIRST_MS;
  #closed = false;
  /** Tries that failed since power-up. */
  failures = 0;

  constructor(options: InterfaceOptions) {
    const { ssid, password } = options;
    if (ssid !== undefined && (ssid.length < 1 || ssid.length > 32)) throw new RangeError("ssid");
    if (password !== undefined && (password.length < 8 || password.length > 63)) throw new RangeError("password");
    if (password !== undefined && ssid === undefined) throw new RangeError("password without ssid");
    this.#options = options;
    this.#io = new options.io({ onChanged: () => this.#changed() });
    if (options.fixed !== undefined) this.#fix(options.fixed);
    this.#changed();
    if (!this.#up) this.#try();
  }

  get up(): boolean {
    return this.#up;
  }

  /** Dotted; undefined: none, or its platform does not say. */
  get address(): string | undefined {
    return this.#up ? this.#io.address : undefined;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#up = false;
    this.#options.clockwork.alarm(undefined, () => {});
    this.#io.close();
  }

  #fix(fixed: FixedAddress): void {
    if (this.#io.configure === undefined) {
      this.close();
      throw new RangeError("no fixed address on this interface");
    }
    const { address, mask, gateway } = fixedAddressText(fixed);
    this.#io.configure({ static: { address, mask, gateway } });
  }

  #try(): void {
    const { ssid, password, clockwork } = this.#options;
    this.#trying = true;
    clockwork.alarm(CONNECT_MS, () => this.#failed());
    try {
      if (ssid === undefined) this.#io.connect();
      else this.#io.connect(password === undefined ? { SSID: ssid } : { SSID: ssid, password });
    } catch {
      this.#failed();
    }
  }

  #changed(): void {
    if (this.#closed) return;
    const { connection } = this.#io;
    const up = connection >= CONNECTED;
    if (up) {
      this.#trying = false;
      this.#retryMs = RETRY_FIRST_MS;
      this.#options.clockwork.alarm(undefined, () => {});
    }
    if (up !== this.#up) {
      this.#up = up;
      this.#options.onUp(up);
      if (!up) this.#later();
    } else if (this.#trying && connection <= NOT_CONNECTED) {
      this.#failed();
    }
  }

  /** Not in time, refused, or thrown at: the interface is put down, which some access points need. */
  #failed(): void {
    if (!this.#trying) return;
    this.#trying = false;
    this.failures += 1;
    try {
      this.#io.disconnect();
    } catch {
      // there was nothing to put down
    }
    this.#later();
  }

  #later(): void {
    if (this.#closed) return;
    const half = Math.floor(this.#retryMs / 2);
    const waitMs = half + this.#options.random(half + 1);
    this.#retryMs = Math.min(RETRY_MAX_MS, this.#retryMs * 2);
    this.#options.clockwork.alarm(waitMs, () => this.#try());
  }
}
