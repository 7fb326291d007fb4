/**
 * The start of an ESP32 board: hands the chip's own classes to the drivers, looks at every port, and puts the machine
 * on what it found. The only place where they meet; each board's own module says which pins and which panel it has.
 */
import Digital from "embedded:io/digital";
import I2C from "embedded:io/i2c";
import Serial from "embedded:io/serial";
import flash from "embedded:storage/flash";
import keyValue from "embedded:storage/key-value";
import Timer from "timer";
import type { PanelView } from "../../shared/panel-view.js";
import { FITTED_BY_DEFAULT, isFitted, type Settings } from "../../shared/wire/documents.js";
import { boardOf, type ChipPort, HEARTBEAT_MS, type RunningBoard } from "../io/board.js";
import type { PinMap } from "../io/boards/pin-map.js";
import { openClock } from "../io/clock.js";
import type { Timers } from "../io/ecma-419.js";
import { freeBytes, random, restart, restartCause } from "../io/native/chip.js";
import DeliveryRim from "../io/native/delivery-rim.js";
import DeviceKey from "../io/native/device-key.js";
import { imageVersion } from "../io/native/firmware-image.js";
import MdbLine from "../io/native/mdb-line.js";
import Watchdog from "../io/native/watchdog.js";
import { openBoardNetwork } from "../io/net/board-network.js";
import type { Clockwork } from "../io/net/sockets.js";
import { startNetWorker } from "../io/net/start-worker.js";
import { Parts } from "../io/parts.js";
import { runSelfTest } from "../io/self-test.js";
import { checksOf, type SelfTestFacts } from "../io/self-test-checks.js";
import { smbusOn } from "../io/smbus.js";
import { startMachine } from "../main.js";
import { PAGE_MS, textPages } from "../panel/text-display.js";
import type { PanelPort } from "../ports/hardware.js";
import type { WorldInput } from "../ports/inputs.js";
import { openDocuments } from "../settings.js";

/** Held at power-up, the service button has the self-test run again and again; so often. */
const SELF_TEST_AGAIN_MS = 5_000;
/** The displays' set-up is over by then. */
const PARTS_READY_MS = 500;
/** No image was built before: the least that certificates are checked against until the time server has answered. */
const BUILD_FLOOR_S = 1_767_225_600;

export interface BoardStart {
  readonly map: PinMap;
  /** A graphic panel; absent: the text display of the map. deliver: to the machine, once it listens. */
  readonly openPanel?: (deliver: (input: WorldInput) => void) => PanelPort<PanelView>;
}

export function startBoard(start: BoardStart): void {
  const watchdog = new Watchdog();
  const timers = openTimers();
  // Until the machine feeds the watchdog itself, the loop does: whoever repairs the board has to be able to read.
  let machineFeeds = false;
  timers.every(HEARTBEAT_MS, () => {
    if (!machineFeeds) watchdog.feed();
  });
  const { map } = start;
  const text = { pages: textPages, pageMs: PAGE_MS };
  const classes = { Digital, I2C, SMBus: smbusOn(I2C), Serial, DeliveryRim, MdbLine, flash, keyValue };
  const parts = new Parts<PanelView>({ map, classes, timers, text });
  const chip: ChipPort = { cause: restartCause(), random, freeBytes, restart, feed: () => watchdog.feed() };
  // The first start makes it, for minutes: the network comes with the start after that.
  const key = new DeviceKey({ onReady: () => say(`device key: ${key.state}`) });
  const look = (): void => {
    runSelfTest(checksOf(parts, factsOf(parts, chip)), say, () => {
      if (parts.serviceButton?.sample() === true) timers.after(SELF_TEST_AGAIN_MS, look);
      else machineFeeds = startOn(start, parts, chip, key);
    });
  };
  timers.after(PARTS_READY_MS, look);
}

/** False: no machine can run on it; the lines of the self-test say why. */
function startOn(start: BoardStart, parts: Parts<PanelView>, chip: ChipPort, key: DeviceKey): boolean {
  let board: RunningBoard<PanelView> | undefined;
  const deliver = (input: WorldInput): void => board?.deliver(input);
  const identity = parts.secrets?.identity(imageVersion());
  if (identity === undefined) {
    say("no machine: the board has no identity");
    return false;
  }
  const { slots } = documentsOf(parts);
  const panel = start.openPanel?.(deliver);
  const network = openBoardNetwork({
    secrets: parts.secrets?.network(),
    machineId: identity.machineId,
    board: start.map.board,
    privateKey: key.state === "ready" ? new Uint8Array(key.privateKey()) : undefined,
    buildS: BUILD_FLOOR_S,
    newestRecordS: 0,
    clockwork: clockworkOf(parts.timers),
    startWorker: startNetWorker,
    deliver,
  });
  if (network === undefined) say("no network: no secrets, or the board's key is still being made");
  board = boardOf({
    parts,
    chip,
    identity,
    columns: slots.map(({ column }) => column),
    ...(panel === undefined ? {} : { panel }),
    ...(network === undefined ? {} : { network }),
  });
  if (board === undefined) {
    say("no machine: a part is missing that every machine needs");
    return false;
  }
  startMachine(board);
  return true;
}

function factsOf(parts: Parts<PanelView>, chip: ChipPort): SelfTestFacts {
  const { slots, settings } = documentsOf(parts);
  const secrets = parts.secrets;
  return {
    cause: chip.cause,
    freeBytes: chip.freeBytes(),
    machineId: secrets?.identity(imageVersion())?.machineId,
    networkProvisioned: secrets?.network() !== undefined,
    slots,
    isFitted: (device) => isFitted(settings, device),
  };
}

type Documents = Pick<SelfTestFacts, "slots"> & { readonly settings: Settings };
const NO_SETTINGS: Settings = Object.freeze<Settings>({
  version: 0,
  currency: 0,
  decimals: 0,
  maxCreditMinor: 0,
  coinMask: 0,
  billMask: 0,
  fitted: FITTED_BY_DEFAULT,
});

function documentsOf({ documentFlash }: Parts<PanelView>): Documents {
  const documents = documentFlash === undefined ? undefined : openDocuments(documentFlash);
  const slots = documents?.planogram?.document.slots ?? [];
  return { slots, settings: documents?.settings?.document ?? NO_SETTINGS };
}

function say(line: string): void {
  trace(`${line}\n`);
}

function clockworkOf({ nowMs, alarm }: Timers): Clockwork {
  let ringing: (() => void) | undefined;
  const set = alarm(() => ringing?.());
  return {
    nowMs,
    alarm: (afterMs, ring) => {
      ringing = ring;
      set(afterMs);
    },
  };
}

/** The SDK's timers; a timer that has run is gone there, and must not be cleared. */
function openTimers(): Timers {
  return {
    nowMs: openClock(),
    after: (ms, run) => {
      let timer: Timer | undefined = Timer.set(() => {
        timer = undefined;
        run();
      }, ms);
      return () => {
        if (timer !== undefined) Timer.clear(timer);
        timer = undefined;
      };
    },
    every: (ms, run) => {
      let timer: Timer | undefined = Timer.repeat(run, ms);
      return () => {
        if (timer !== undefined) Timer.clear(timer);
        timer = undefined;
      };
    },
    alarm: (run) => {
      // One timer for ever: a repeating one is not gone when it has run.
      const timer = Timer.repeat(() => {
        Timer.schedule(timer);
        run();
      }, HEARTBEAT_MS);
      Timer.schedule(timer);
      return (ms) => (ms === undefined ? Timer.schedule(timer) : Timer.schedule(timer, ms, HEARTBEAT_MS));
    },
  };
}
