/**
 * Makes of a board's parts what the machine runs on (`Board` of firmware/main.ts): its ports, its sensors at power-up,
 * one clock, one alarm, one queue. Feeds the watchdog while inputs are dealt with, and restarts the board after the
 * mains have failed. Decides nothing else.
 */
import type { BootCause } from "../../shared/records/kinds.js";
import type {
  ClaimPort,
  Identity,
  MemoryPort,
  NetworkPort,
  PanelPort,
  RandomPort,
  SelfTestPort,
  SensorSnapshot,
  UpdatePort,
} from "../ports/hardware.js";
import type { WorldInput } from "../ports/inputs.js";
import type { Parts } from "./parts.js";

/** The loop turns at least so often, so that a watchdog of 10 s never sleeps over a quiet night. */
export const HEARTBEAT_MS = 2_000;
/** After the mains have failed: longer than the board holds up, so that only mains that came back see it. */
export const RESTART_AFTER_POWER_FAIL_MS = 1_500;
const BELOW_MAX = 0x1_0000_0000;

/** What the chip itself gives: native/chip and native/watchdog. */
export interface ChipPort {
  readonly cause: BootCause;
  random(length: number): ArrayBuffer;
  freeBytes(): number;
  restart(): void;
  /** The loop has turned. */
  feed(): void;
}

export interface BoardOptions<View> {
  readonly parts: Parts<View>;
  readonly chip: ChipPort;
  readonly identity: Identity;
  /** Columns of the planogram in force. */
  readonly columns: readonly number[];
  /** Graphic panel; absent: the text display of the parts. */
  readonly panel?: PanelPort<View>;
  /** Of a machine that has one. */
  readonly network?: NetworkPort;
  /** Of a board with two image slots. */
  readonly update?: UpdatePort;
  readonly selfTest?: SelfTestPort;
  /** Of a board that is still to be claimed. */
  readonly claim?: ClaimPort;
  /** The machine has dealt with an input, and with all that came of it. */
  readonly after?: () => void;
}

/** Part by part what firmware/machine asks of a board. */
export interface BoardPorts<View> {
  readonly link: NonNullable<Parts<View>["link"]>;
  readonly ledgerFlash: NonNullable<Parts<View>["ledgerFlash"]>;
  readonly documentFlash: NonNullable<Parts<View>["documentFlash"]>;
  readonly motors: NonNullable<Parts<View>["delivery"]>["motors"];
  readonly beam: NonNullable<Parts<View>["delivery"]>["beam"];
  readonly network: NetworkPort;
  readonly panel: PanelPort<View>;
  readonly random: RandomPort;
  readonly memory: MemoryPort;
  readonly compressor?: NonNullable<Parts<View>["compressor"]>;
  readonly dex?: NonNullable<Parts<View>["dex"]>;
  readonly update?: UpdatePort;
  readonly selfTest?: SelfTestPort;
  readonly claim?: ClaimPort;
}

export interface RunningBoard<View> {
  readonly ports: BoardPorts<View>;
  readonly identity: Identity;
  readonly cause: BootCause;
  readonly sensors: SensorSnapshot;
  nowMs(): number;
  wakeAt(atMs: number): void;
  listen(deliver: (input: WorldInput) => void): void;
  /** Whoever else has something to tell: network, screen. Before the machine listens it is lost. */
  deliver(input: WorldInput): void;
}

/** Undefined where a part is missing without which no machine can run; `parts.troubles` names it. */
export function boardOf<View>(options: BoardOptions<View>): RunningBoard<View> | undefined {
  const { parts, chip, identity, columns } = options;
  const { link, delivery, door, keypad, thermometer, compressor, dex, timers } = parts;
  const { ledgerFlash, documentFlash, noteFlash } = parts;
  const panel = options.panel ?? parts.textDisplay;
  if (link === undefined || delivery === undefined || door === undefined) return undefined;
  if (ledgerFlash === undefined || documentFlash === undefined || panel === undefined) return undefined;
  let toMachine: ((input: WorldInput) => void) | undefined;
  let depth = 0;
  const deliver = (input: WorldInput): void => {
    if (input.on === "powerFail") timers.after(RESTART_AFTER_POWER_FAIL_MS, () => chip.restart());
    depth += 1;
    toMachine?.(input);
    depth -= 1;
    chip.feed();
    // Not where a part has spoken from within a step of the machine.
    if (depth === 0) options.after?.();
  };
  const ring = timers.alarm(() => deliver({ on: "tick" }));
  return {
    ports: {
      link,
      ledgerFlash,
      documentFlash,
      ...(noteFlash === undefined ? {} : { noteFlash }),
      motors: delivery.motors,
      beam: delivery.beam,
      network: options.network ?? NO_NETWORK,
      panel,
      random: { below: (bound) => below(bound, chip) },
      memory: { freeBytes: () => chip.freeBytes() },
      ...(compressor === undefined ? {} : { compressor }),
      ...(dex === undefined ? {} : { dex }),
      ...(options.update === undefined ? {} : { update: options.update }),
      ...(options.selfTest === undefined ? {} : { selfTest: options.selfTest }),
      ...(options.claim === undefined ? {} : { claim: options.claim }),
    },
    identity,
    cause: chip.cause,
    sensors: {
      doorOpen: door.open,
      beamDark: delivery.beamDark,
      awayFromHome: delivery.awayFromHome(columns),
    },
    nowMs: () => delivery.nowMs(),
    wakeAt: (atMs) => ring(Math.max(0, Math.min(atMs - delivery.nowMs(), HEARTBEAT_MS))),
    listen: (listener) => {
      toMachine = listener;
      for (const part of [door, keypad, thermometer, dex, link, delivery]) part?.listen(deliver);
    },
    deliver,
  };
}

/** Nothing is sent and nothing comes: the ledger keeps everything until there is one. */
const NO_NETWORK: NetworkPort = Object.freeze<NetworkPort>({ publish: () => false, announce: () => {} });

/** Uniform below `bound`: draws above its last whole multiple are drawn again. */
function below(bound: number, { random }: Pick<ChipPort, "random">): number {
  const top = BELOW_MAX - (BELOW_MAX % bound);
  for (;;) {
    const drawn = new DataView(random(4)).getUint32(0);
    if (drawn < top) return drawn % bound;
  }
}
