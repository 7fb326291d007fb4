/** A devkit's W5500 on a simulated network: what tests of it begin with. */
import { DEVKIT } from "../../../firmware/io/boards/devkit.js";
import { ethernetWiringOf } from "../../../firmware/io/boards/ethernet.js";
import { W5500, type W5500Options } from "../../../firmware/io/net/w5500/chip.js";
import { Ethernet, type EthernetOptions } from "../../../firmware/io/net/w5500/ethernet.js";
import { SimChip } from "./chip.js";
import { SimLan, WorldClockwork } from "./lan.js";
import { SimDhcpServer, SimNameServer } from "./lan-servers.js";
import { SimSpi } from "./spi.js";
import { W5500Model } from "./w5500.js";

export const HARDWARE_ADDRESS = Uint8Array.of(0x24, 0x6f, 0x28, 0x01, 0x02, 0x06);
export const STATION = {
  address: Uint8Array.of(10, 0, 0, 9),
  mask: Uint8Array.of(255, 255, 255, 0),
  gateway: Uint8Array.of(10, 0, 0, 1),
};

export class EthernetBench {
  readonly chip = new SimChip();
  readonly world = this.chip.world;
  readonly lan = new SimLan(this.world);
  readonly spi = new SimSpi(this.chip);
  readonly model: W5500Model;
  readonly wiring;
  readonly changes: string[] = [];
  conflicts = 0;
  readonly #rng = this.world.forkRng();

  constructor() {
    const wiring = ethernetWiringOf(DEVKIT);
    if (wiring?.reset === undefined) throw new Error("the devkit has a W5500 with its reset line");
    this.wiring = wiring;
    this.model = new W5500Model(this.chip, this.lan, { interrupt: wiring.interrupt, reset: wiring.reset });
    this.spi.device = this.model;
  }

  readonly random = (bound: number): number => this.#rng.below(bound);

  options(change: Partial<W5500Options> = {}): W5500Options {
    return {
      ...this.wiring,
      io: this.spi.SPI,
      Digital: this.chip.Digital,
      hardwareAddress: HARDWARE_ADDRESS,
      clockwork: new WorldClockwork(this.world),
      random: this.random,
      onChanged: () => this.changes.push("changed"),
      onConflict: () => {
        this.conflicts += 1;
      },
      ...change,
    };
  }

  /** The driver alone, after it has found the chip and its cable. */
  driver(change: Partial<W5500Options> = {}): W5500 {
    const driver = new W5500(this.options(change));
    this.runMs(400);
    return driver;
  }

  /** The driver with an address given by hand. */
  station(change: Partial<W5500Options> = {}): W5500 {
    const driver = this.driver(change);
    driver.setStation(STATION);
    return driver;
  }

  ethernet(change: Partial<EthernetOptions> = {}): Ethernet {
    return new Ethernet({
      ...this.wiring,
      io: this.spi.SPI,
      Digital: this.chip.Digital,
      hardwareAddress: HARDWARE_ADDRESS,
      hostName: "M-1",
      makeClockwork: () => new WorldClockwork(this.world),
      random: this.random,
      ...change,
    });
  }

  /** A router with addresses and names. */
  router(): { readonly dhcp: SimDhcpServer; readonly names: SimNameServer } {
    return { dhcp: new SimDhcpServer(this.lan), names: new SimNameServer(this.lan) };
  }

  runMs(ms: number): void {
    this.world.runFor(ms * 1_000);
  }
}
