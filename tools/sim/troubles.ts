/** What goes wrong, a kind each: how it begins, and how it is repaired. What cannot be here is left out in silence. */

import { BLIND_MS } from "../../firmware/delivery/state.js";
import { type BlockHeader, decodeHeader } from "../../firmware/ledger/header.js";
import type { ReaderMoment } from "../bench/card-reader-options.js";
import type { CutPhase } from "../bench/flash.js";
import { Rng } from "../bench/rng.js";
import { flipBits, loseVmcAcks, loseWord, silence } from "../bench/wire-faults.js";
import { ALL_DEVICES } from "./devices.js";
import { LATER_TROUBLES } from "./later-troubles.js";
import { orderNewPrices } from "./new-prices.js";
import { sendOrder } from "./orders.js";
import type { Trouble, TroubleKind } from "./plan.js";
import { pick } from "./random-machine.js";
import type { SimCabinet } from "./sim-cabinet.js";

interface Scene {
  readonly cabinet: SimCabinet;
  readonly rng: Rng;
  readonly forMs: number;
}

type Repair = () => void;

const MAX_STALL_MS = 3_000;
const READER_MOMENTS: readonly ReaderMoment[] = Object.freeze<ReaderMoment[]>([
  "tapped",
  "sessionSaid",
  "vendRequested",
  "approvalSaid",
  "successHeard",
  "failureHeard",
  "completeHeard",
]);
const CUT_PHASES: readonly CutPhase[] = Object.freeze<CutPhase[]>(["before", "during", "after"]);

/** Begins it now. What it returns ends it; undefined = it ends by itself. */
export function begin(cabinet: SimCabinet, trouble: Trouble): Repair | undefined {
  const { turns, world } = cabinet;
  turns.troubleStrikes(world.nowUs);
  const repair = TROUBLES[trouble.kind]({ cabinet, rng: new Rng(trouble.seed), forMs: trouble.forMs });
  if (!isRepair(repair)) return undefined;
  turns.troubleBegins(world.nowUs);
  let over = false;
  return () => {
    if (!over) turns.troubleEnds(world.nowUs);
    over = true;
    repair();
  };
}

function isRepair(value: unknown): value is Repair {
  return typeof value === "function";
}

/** Troubles that were ordered and have not struck yet do not strike any more. */
export function endAll(cabinet: SimCabinet): void {
  cabinet.effectsToCut = 0;
  cabinet.ledgerFlash.cancelCut();
  cabinet.wire.clearFaults();
  cabinet.spirals.clearMishaps();
  cabinet.changer?.acceptor.clearMishaps();
  cabinet.validator?.path.clearMishaps();
  for (const hopper of cabinet.hoppers) hopper?.bowls.clearMishaps();
  for (const reader of cabinet.readers) {
    reader?.troubles.splice(0);
    reader?.malfunction(undefined);
  }
  cabinet.network.setAvailable(true);
}

/** What a trouble returns is how it is repaired, if it is a function. */
const TROUBLES: { readonly [kind in TroubleKind]: (scene: Scene) => unknown } = {
  ...LATER_TROUBLES,
  cutNow({ cabinet, forMs }) {
    cabinet.darkMs = 1_000 + forMs;
    cabinet.failMains();
  },
  cutAtFlash({ cabinet, rng, forMs }) {
    // brown-outs in the middle of an operation are what a hold-up is against
    if (!cabinet.powered || (cabinet.options.holdUpMs ?? 0) > 0) return;
    cabinet.darkMs = 1_000 + forMs;
    cabinet.ledgerFlash.cutAt(rng.between(1, 6), pick(rng, CUT_PHASES), rng.uint32());
  },
  cutAtEffect({ cabinet, rng, forMs }) {
    if ((cabinet.options.holdUpMs ?? 0) > 0) return;
    cabinet.darkMs = 1_000 + forMs;
    cabinet.effectsToCut = rng.between(1, 60);
  },
  productHangs: (scene) => scene.cabinet.spirals.nextTurn(anyColumn(scene), "hang"),
  productShort: (scene) => scene.cabinet.spirals.nextTurn(anyColumn(scene), "short"),
  productDouble: (scene) => scene.cabinet.spirals.nextTurn(anyColumn(scene), "double"),
  productLate: (scene) => scene.cabinet.spirals.nextTurn(anyColumn(scene), scene.rng.between(100, 20_000)),
  columnJam(scene) {
    const column = anyColumn(scene);
    scene.cabinet.spirals.setJammed(column, true);
    return () => scene.cabinet.spirals.setJammed(column, false);
  },
  motorStuck(scene) {
    const column = anyColumn(scene);
    scene.cabinet.spirals.setMotorStuck(column, true);
    return () => scene.cabinet.spirals.setMotorStuck(column, false);
  },
  homeSwitch(scene) {
    const column = anyColumn(scene);
    scene.cabinet.turns.lyingSwitches.add(column);
    scene.cabinet.spirals.setHomeSwitch(column, pick(scene.rng, ["stuckClosed", "stuckOpen"] as const));
    return () => scene.cabinet.spirals.setHomeSwitch(column, "works");
  },
  beamBlocked({ cabinet }) {
    // Darkness this short is a product, for the beam and for us: a hand stays longer.
    const shortestUs = cabinet.world.nowUs + (BLIND_MS + 1) * 1_000;
    cabinet.disturbBeam("blocked", true);
    let covered = true;
    return () => {
      // Repaired again at the end of all troubles, it would lift another hand before its time.
      if (covered) cabinet.world.schedule(shortestUs, () => cabinet.disturbBeam("blocked", false));
      covered = false;
    };
  },
  beamSunlit({ cabinet }) {
    cabinet.disturbBeam("sunlit", true);
    return () => cabinet.disturbBeam("sunlit", false);
  },
  silence({ cabinet, rng }) {
    const fault = silence(cabinet.wire, pick(rng, ALL_DEVICES).address);
    return () => fault.remove();
  },
  unplugged({ cabinet, rng }) {
    const device = pick(rng, ALL_DEVICES).of(cabinet);
    device?.setPlugged(false);
    return () => device?.setPlugged(true);
  },
  deviceReset({ cabinet, rng }) {
    const device = pick(rng, ALL_DEVICES).of(cabinet);
    if (device === undefined || !cabinet.powered) return;
    device.setPlugged(false);
    device.setPlugged(true);
  },
  noise({ cabinet, rng }) {
    cabinet.wire.noisePerMillion = rng.between(10, 20_000);
    return () => {
      cabinet.wire.noisePerMillion = 0;
    };
  },
  lostWord({ cabinet, rng }) {
    const from = pick(rng, ["vmc", "peripheral"] as const);
    const { address } = pick(rng, ALL_DEVICES);
    if (rng.chance(400_000)) loseVmcAcks(cabinet.wire, address, rng.between(1, 3));
    else cabinet.wire.inject({ from, address, skip: rng.below(200), times: 1, act: loseWord(rng.below(4)) });
  },
  bentWord({ cabinet, rng }) {
    const from = pick(rng, ["vmc", "peripheral"] as const);
    const act = flipBits(rng.below(6), 1 << rng.below(9));
    cabinet.wire.inject({ from, skip: rng.below(500), times: rng.between(1, 3), act });
  },
  tubeJam({ cabinet, rng }) {
    const { changer } = cabinet;
    const type = rng.below(changer?.options.types.length ?? 1);
    changer?.tubes.jam(type, { afterCoins: rng.below(3), noticed: rng.chance(500_000) });
    return () => changer?.tubes.unjam(type);
  },
  coinMishap({ cabinet, rng }) {
    cabinet.changer?.acceptor.nextCoin(pick(rng, ["noCredit", "routingError", "jam"] as const));
    return () => cabinet.changer?.acceptor.clearJam();
  },
  billMishap({ cabinet, rng }) {
    cabinet.validator?.path.nextBill(pick(rng, ["jam", "unrecognised"] as const));
    return () => cabinet.validator?.path.takeOut("customer");
  },
  networkDown({ cabinet }) {
    cabinet.network.setAvailable(false);
    return () => cabinet.network.setAvailable(true);
  },
  networkBad({ cabinet, rng }) {
    const good = { ...cabinet.network.quality };
    Object.assign(cabinet.network.quality, {
      delayMs: rng.between(10, 900),
      jitterMs: rng.below(5_000),
      losePerMillion: rng.below(400_000),
      doublePerMillion: rng.below(500_000),
    });
    return () => Object.assign(cabinet.network.quality, good);
  },
  fleetDown({ cabinet }) {
    cabinet.fleet.up = false;
    return () => {
      cabinet.fleet.up = true;
    };
  },
  fleetRestored({ cabinet, rng }) {
    const { machineId } = cabinet.options;
    cabinet.fleet.restore(machineId, rng.below(cabinet.fleet.mark(machineId) + 1));
  },
  clockJump({ cabinet, rng }) {
    cabinet.clockJumped = true;
    const wallS = Math.max(0, cabinet.wallS + rng.between(-400_000_000, 400_000_000));
    cabinet.js.deliver({ on: "wall", wallS, quality: pick(rng, ["synced", "kept"] as const) });
  },
  stall({ cabinet, rng }) {
    cabinet.js.stall(rng.below(MAX_STALL_MS));
  },
  tooWarm({ cabinet }) {
    const { milliC } = cabinet.thermometer;
    cabinet.thermometer.milliC = 9_500;
    return () => {
      cabinet.thermometer.milliC = milliC;
    };
  },
  newPrices: ({ cabinet, rng }) => orderNewPrices(cabinet, rng),
  order: ({ cabinet, rng }) => sendOrder(cabinet, rng),
  readerTrouble({ cabinet, rng }) {
    const reader = cabinet.readers[rng.below(2)];
    const at = pick(rng, READER_MOMENTS);
    reader?.troubles.push({
      at,
      what: pick(rng, ["selfReset", "silence", "unplug"] as const),
      forMs: rng.below(8_000),
    });
    return () => {
      reader?.troubles.splice(0);
      if (reader?.plugged === false) reader.setPlugged(true);
    };
  },
  hopperTrouble({ cabinet, rng }) {
    const hopper = cabinet.hoppers[rng.below(2)];
    const what = pick(rng, ["jam", "double", "ghost", "reset", "defective"] as const);
    if (what === "jam") hopper?.bowls.jam(0, rng.below(3));
    else if (what === "double") hopper?.bowls.doubleNext(0);
    else if (what === "ghost") hopper?.bowls.ghostNext(0);
    else if (what === "reset") hopper?.resetItself();
    else hopper?.bowls.setDefective(0, true);
    return () => {
      hopper?.bowls.unjam(0);
      hopper?.bowls.setDefective(0, false);
    };
  },
  recyclerJam({ cabinet, rng }) {
    const recycler = cabinet.validator?.recycler;
    if (recycler !== undefined) recycler.jamAfter = rng.below(3);
    return () => recycler?.unjam();
  },
  /** Somebody takes coins out of a tube or puts some in while the power is away. */
  tubesByHand({ cabinet, rng }) {
    const { changer } = cabinet;
    if (changer === undefined || !cabinet.settled) return;
    cabinet.failMains();
    cabinet.world.after(1_000_000, () => {
      if (cabinet.powered) return;
      const type = rng.below(changer.options.types.length);
      if (rng.chance(500_000)) changer.tubes.empty(type, rng.between(1, 10));
      else changer.tubes.fill(type, rng.between(1, 10));
    });
  },
  bitRot({ cabinet, rng }) {
    const { oldestSeq, records } = cabinet.readFlash();
    for (const line of cabinet.history.take(oldestSeq, records)) cabinet.note(line);
    for (let i = rng.between(1, 3); i > 0; i--) {
      const programmed = programmedBytes(cabinet);
      if (programmed.length > 0) rot(cabinet, pick(rng, programmed), rng.below(8));
    }
  },
};

function rot({ ledgerFlash, history }: SimCabinet, offset: number, bit: number): void {
  ledgerFlash.flipBit(offset, bit);
  history.rottenBits += 1;
  const { blockBytes } = ledgerFlash;
  const header = ledgerFlash.snapshot().bytes.subarray(offset - (offset % blockBytes));
  if (decodeHeader(header) === undefined) history.headerLost = true;
}

/**
 * Offsets of all that is written in the blocks in force: what is erased and waits for its record is not yet a record
 * that could rot, and blocks that were given up are nobody's.
 */
function programmedBytes({ ledgerFlash }: SimCabinet): number[] {
  const { bytes } = ledgerFlash.snapshot();
  const { blocks, blockBytes } = ledgerFlash;
  const headers = Array.from({ length: blocks }, (_, block) => decodeHeader(bytes.subarray(block * blockBytes)));
  let newest: BlockHeader | undefined;
  for (const header of headers) if (header !== undefined && header.number > (newest?.number ?? 0)) newest = header;
  const oldest = newest?.oldest ?? 0;
  const offsets: number[] = [];
  headers.forEach((header, block) => {
    if (header === undefined || header.number < oldest) return;
    for (let at = block * blockBytes; at < (block + 1) * blockBytes; at++) if (bytes[at] !== 0xff) offsets.push(at);
  });
  return offsets;
}

/** Where something will be wrong. */
function anyColumn({ cabinet, rng }: Scene): number {
  const { column } = pick(rng, cabinet.shelf);
  cabinet.turns.troubled.add(column);
  return column;
}
