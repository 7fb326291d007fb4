/** Stand-ins for what a board's machine imports: a simulated board behind them, and its worker with a fleet. */
import type { ImageState } from "../../../firmware/io/native/firmware-image.js";

import type { SimDevkit } from "../io/devkit.js";
import type { FleetWorker } from "../io/fleet-worker.js";
import { SimSpi } from "../io/spi.js";
import { type Modules, timeOf, timerOf } from "./stand-in.js";

/** Seconds: when the image was built. As `mcconfig` gives it: a text. */
export const BUILT_S = "1770000000";
/** The 32-bit counter wraps a minute after power-up. */
const TICKS_AT_START_MS = 2 ** 31 - 60_000;

export class BusMachine {
  readonly lines: string[] = [];
  readonly image: string[] = [];
  imageState: ImageState = "sole";
  keyState: "making" | "ready" | "failed" = "ready";
  cause = "power";
  /** Workers started. */
  readonly workers: { readonly module: string; readonly memory: unknown }[] = [];
  keyReady: () => void = () => {};
  /** Nothing is wired to it unless a test does. */
  readonly spi: SimSpi;
  readonly #kit: SimDevkit;
  readonly #fleet: FleetWorker;

  constructor(kit: SimDevkit, fleet: FleetWorker) {
    this.#kit = kit;
    this.#fleet = fleet;
    this.spi = new SimSpi(kit.carrier.chip);
    Reflect.set(globalThis, "trace", (text: string) => this.lines.push(text.trimEnd()));
  }

  modules(): Modules {
    const board = this;
    const kit = this.#kit;
    const { classes } = kit;
    const { world } = kit.carrier.chip;
    const chip = kit.chipPort();
    return {
      "embedded:io/digital": { default: classes.Digital },
      "embedded:io/i2c": { default: classes.I2C },
      "embedded:io/spi": { default: this.spi.SPI },
      "embedded:io/serial": { default: classes.Serial },
      "embedded:storage/flash": { default: classes.flash },
      "embedded:storage/key-value": { default: classes.keyValue },
      "mc/config": { default: { board: kit.map.board, builtS: BUILT_S } },
      time: { default: timeOf(world, TICKS_AT_START_MS) },
      timer: { default: timerOf(world) },
      worker: { default: this.#workerClass() },
      chip: {
        restartCause: () => board.cause,
        random: chip.random,
        freeBytes: chip.freeBytes,
        restart: chip.restart,
        hardwareAddress: () => new ArrayBuffer(6),
      },
      "delivery-rim": { default: classes.DeliveryRim },
      "device-key": {
        default: class DeviceKey {
          constructor({ onReady }: { readonly onReady: () => void }) {
            board.keyReady = onReady;
            if (board.keyState !== "making") world.after(0, onReady);
          }
          get state() {
            return board.keyState;
          }
          privateKey = () => new ArrayBuffer(3);
        },
      },
      "firmware-image": {
        imageState: () => board.imageState,
        imageVersion: () => "1.2.3",
        confirmImage: () => board.image.push("confirm") > 0,
        rollBackImage: () => board.image.push("rollBack") > 0,
        ImageWriter: class {},
      },
      "mdb-line": { default: classes.MdbLine },
      watchdog: {
        default: class Watchdog {
          feed = chip.feed;
        },
      },
    };
  }

  run(ms: number): void {
    this.#kit.run(ms);
  }

  #workerClass(): unknown {
    const board = this;
    return class Worker {
      onmessage: (message: unknown) => void = () => {};
      readonly #line;

      constructor(module: string, memory: unknown) {
        board.workers.push({ module, memory });
        this.#line = board.#fleet.start((message) => this.onmessage(message));
      }
      postMessage(frame: ArrayBuffer): void {
        this.#line.post(frame);
      }
      terminate(): void {
        this.#line.terminate();
      }
    };
  }
}
