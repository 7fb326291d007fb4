/**
 * The start of an ESP32 board: hands the chip's own classes to the drivers, looks at every port, and puts the machine
 * on what it found. The only place where they meet; each board's own module says which pins and which panel it has.
 */
import Digital from "embedded:io/digital";
import I2C from "embedded:io/i2c";
import Serial from "embedded:io/serial";
import flash from "embedded:storage/flash";
import keyValue from "embedded:storage/key-value";
import config from "mc/config";
import Timer from "timer";
import type { PanelView } from "../../shared/panel-view.js";
import { FITTED_BY_DEFAULT, isFitted, type Settings } from "../../shared/wire/documents.js";
import { type ChipPort, HEARTBEAT_MS } from "../io/board.js";
import type { PinMap, ScreenUse } from "../io/boards/pin-map.js";
import { openClock } from "../io/clock.js";
import type { Timers } from "../io/ecma-419.js";
import { freeBytes, random, restart, restartCause } from "../io/native/chip.js";
import DeliveryRim from "../io/native/delivery-rim.js";
import DeviceKey from "../io/native/device-key.js";
import { confirmImage, imageState, imageVersion, rollBackImage } from "../io/native/firmware-image.js";
import MdbLine from "../io/native/mdb-line.js";
import Watchdog from "../io/native/watchdog.js";
import { buildTimeS } from "../io/net/config.js";
import type { Clockwork } from "../io/net/sockets.js";
import { startNetWorker } from "../io/net/start-worker.js";
import { Parts } from "../io/parts.js";
import { runSelfTest } from "../io/self-test.js";
import { checksOf, type SelfTestFacts } from "../io/self-test-checks.js";
import type { LookAtCable } from "../io/self-test-network.js";
import { smbusOn } from "../io/smbus.js";
import { PAGE_MS, textPages } from "../panel/text-display.js";
import type { PanelPort } from "../ports/hardware.js";
import type { WorldInput } from "../ports/inputs.js";
import { openDocuments } from "../settings.js";
import { type Run, runBoard } from "./run.js";

/** Held at power-up, the service button has the self-test run again and again; so often. */
const SELF_TEST_AGAIN_MS = 5_000;
/** The displays' set-up is over by then. */
const PARTS_READY_MS = 500;

export interface BoardStart {
  readonly map: PinMap;
  /** A graphic panel; absent: the text display of the map. deliver: to the machine, once it listens. */
  readonly openPanel?: (deliver: (input: WorldInput) => void) => PanelPort<PanelView>;
  /** Of a board with a screen: what its driver says of it. */
  readonly screen?: () => ScreenUse | undefined;
  /** Of a board with a chip for the cable; not once the network's worker has it. */
  readonly lookAtCable?: LookAtCable;
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
  let run: Run | undefined;
  // The first start makes it, for minutes and beside everything else: the network opens as soon as it is there.
  const key = new DeviceKey({
    onReady: () => {
      say(`device key: ${key.state}`);
      run?.network.keyIsMade();
    },
  });
  const facts = (): SelfTestFacts => ({
    ...factsOf(parts, chip),
    keyState: key.state,
    used: run?.network.addresses.used,
    screen: start.screen?.(),
  });
  const look = (): void => {
    runSelfTest(checksOf(parts, facts(), start.lookAtCable), say, () => {
      if (parts.serviceButton?.sample() === true) timers.after(SELF_TEST_AGAIN_MS, look);
      else {
        run = startOn(start, parts, chip, key, facts);
        machineFeeds = run !== undefined;
      }
    });
  };
  timers.after(PARTS_READY_MS, look);
}

/** Undefined: no machine can run on it; the lines of the self-test say why. */
function startOn(
  start: BoardStart,
  parts: Parts<PanelView>,
  chip: ChipPort,
  key: DeviceKey,
  testFacts: () => SelfTestFacts,
): Run | undefined {
  const { openPanel } = start;
  return runBoard({
    parts,
    chip,
    image: { onTrial: imageState() === "trial", confirm: confirmImage, rollBack: rollBackImage },
    identity: parts.secrets?.identity(imageVersion()),
    columns: documentsOf(parts).slots.map(({ column }) => column),
    openPanel:
      openPanel === undefined
        ? undefined
        : (deliver) => {
            // Piu opens its own.
            parts.touchPanel?.close();
            return openPanel(deliver);
          },
    testFacts,
    network: {
      secrets: parts.secrets?.network(),
      claim: parts.secrets?.pendingClaim(),
      key,
      buildS: buildTimeS(config.builtS),
      clockwork: clockworkOf(parts.timers),
      startWorker: startNetWorker,
    },
    say,
  });
}

function factsOf(parts: Parts<PanelView>, chip: ChipPort): Omit<SelfTestFacts, "keyState" | "used" | "screen"> {
  const { slots, settings } = documentsOf(parts);
  const secrets = parts.secrets;
  const network = secrets?.network();
  const claim = secrets?.pendingClaim();
  return {
    cause: chip.cause,
    freeBytes: chip.freeBytes(),
    machineId: secrets?.identity(imageVersion())?.machineId,
    networkProvisioned: network !== undefined || claim !== undefined,
    isClaimed: claim === undefined,
    ssid: (network ?? claim?.place)?.ssid,
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
