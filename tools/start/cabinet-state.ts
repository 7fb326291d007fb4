/**
 * What a virtual cabinet keeps without power, as plain data: flash, coins, bills, products, spirals, and what somebody
 * did to it. A process that is killed is a power cut at the moment of its last capture: what was in the air then has
 * fallen.
 */
import Type, { type Static } from "typebox";
import { pulseEnds } from "../bench/board.js";
import { Cabinet, type CabinetOptions } from "../bench/cabinet.js";
import { US_CHANGER } from "../bench/changer.js";
import type { FlashImage } from "../bench/flash.js";
import type { CoinPlace, ProductPlace, Truth } from "../bench/truth.js";

const Count = Type.Integer({ minimum: 0 });
/** Equal things by value in minor units: [value, how many]. */
const Heap = Type.Array(Type.Tuple([Count, Count]));
type Heap = Static<typeof Heap>;

const Column = Type.Object({
  column: Count,
  angle: Count,
  releaseAt: Count,
  products: Count,
  hanging: Count,
  jammed: Type.Boolean(),
});

const Tallies = Type.Object({
  flows: Type.Array(Type.Tuple([Type.String(), Count])),
  maybeUnreportedCoinsMinor: Count,
  maybeUnreportedBillsMinor: Count,
  beamPulses: Count,
  beamPulsesUncertain: Count,
  unseenDrops: Count,
});

/** Everything but the bytes of the flash. */
export const CabinetThings = Type.Object({
  /** Of the board in the cabinet. */
  epoch: Type.Integer({ minimum: 1 }),
  /** When the cabinet was first switched on, Unix seconds: no record of it is older. */
  madeS: Count,
  /** Coins in each tube, by type. */
  tubes: Type.Array(Count),
  coins: Type.Object({ acceptor: Heap, chute: Heap, cashBox: Heap, cup: Heap }),
  stackerBills: Heap,
  /** Value of the bill between mouth and stacker; 0 = none. */
  billInsideMinor: Count,
  columns: Type.Array(Column),
  /** Columns of the products that fall, and of those in the tray. */
  falling: Type.Array(Count),
  tray: Type.Array(Count),
  /** What the checkers add up. */
  tallies: Tallies,
  jammedTubes: Type.Array(Count),
  beamBlocked: Type.Boolean(),
  doorOpen: Type.Boolean(),
  tempMilliC: Type.Integer(),
  changerUnplugged: Type.Boolean(),
  validatorUnplugged: Type.Boolean(),
  /** Flash bits that read differently each time: [block, base64 of its mask]. */
  unstable: Type.Array(Type.Tuple([Count, Type.String()])),
  wear: Type.Array(Count),
});
export type CabinetThings = Static<typeof CabinetThings>;

export interface CabinetState {
  readonly things: CabinetThings;
  /** Content of the ledger's flash. */
  readonly flash: Uint8Array;
}

/** The cabinet as it would be if power went now. Changes nothing. madeS: Unix seconds. */
export function captureCabinet(cabinet: Cabinet, madeS: number): CabinetState {
  const { truth, changer, validator, spirals, beam } = cabinet;
  const flash = cabinet.ledgerFlash.snapshot();
  const types = changer?.tubes.types ?? [];
  const inside = truth.bills.find(({ place }) => place === "transport" || place === "escrow");
  const things: CabinetThings = {
    epoch: cabinet.identity.epoch,
    madeS,
    tubes: types.map((_, type) => changer?.tubes.count(type) ?? 0),
    coins: {
      acceptor: coinsAt(truth, "acceptor"),
      chute: coinsAt(truth, "chute"),
      cashBox: coinsAt(truth, "cashBox"),
      cup: coinsAt(truth, "cup"),
    },
    stackerBills: heapOf(truth.bills.filter(({ place }) => place === "stacker").map(({ valueMinor }) => valueMinor)),
    billInsideMinor: inside?.valueMinor ?? 0,
    columns: cabinet.planogram.slots.map(({ column }) => ({ column, ...spirals.columnState(column) })),
    falling: columnsOf(truth, "falling"),
    tray: columnsOf(truth, "tray"),
    tallies: talliesAtCut(cabinet),
    jammedTubes: types.flatMap((_, type) => (changer?.tubes.jamOf(type) === undefined ? [] : [type])),
    beamBlocked: beam.blocked,
    doorOpen: cabinet.door.open,
    tempMilliC: cabinet.thermometer.milliC,
    changerUnplugged: changer?.plugged === false,
    validatorUnplugged: validator?.plugged === false,
    unstable: flash.unstable.flatMap((mask, block) => (mask === undefined ? [] : [[block, toBase64(mask)]])),
    wear: [...flash.wear],
  };
  return { things, flash: flash.bytes };
}

/** What the devices have not got rid of counts as perhaps unreported, as when they lose power. */
function talliesAtCut({ truth, changer, validator, beam, js }: Cabinet): CabinetThings["tallies"] {
  const { flows, ...sums } = truth.tallies;
  const pulse = beam.pulse ? 1 : 0;
  return {
    ...sums,
    flows: flows.map(([way, sum]) => [way, sum]),
    maybeUnreportedCoinsMinor: sums.maybeUnreportedCoinsMinor + (changer?.waitingMinor ?? 0),
    maybeUnreportedBillsMinor: sums.maybeUnreportedBillsMinor + (validator?.waitingMinor ?? 0),
    beamPulses: sums.beamPulses + pulse,
    beamPulsesUncertain: sums.beamPulsesUncertain + pulse + pulseEnds(js.unfinished),
  };
}

/**
 * A cabinet without power that holds what `state` says; coins on their way have arrived, products that fell lie in the
 * tray. `options.identity` names the board: if its epoch is another than the state's, it is a new board with empty
 * flash, and whoever brought it has filled the columns as planned.
 */
export function restoreCabinet(options: CabinetOptions, state: CabinetState | undefined): Cabinet {
  if (state === undefined) return new Cabinet(options);
  const { things } = state;
  const types = US_CHANGER.types.map((spec) => ({ ...spec, count: 0 }));
  const columns = things.columns.map(({ column }) => ({ column, products: 0 }));
  const cabinet = new Cabinet({ ...options, columns, changer: { ...US_CHANGER, types } });
  placeThings(cabinet, things);
  cabinet.truth.restoreTallies(things.tallies);
  settle(cabinet, things);
  const newBoard = cabinet.identity.epoch !== things.epoch;
  for (const column of things.columns) cabinet.spirals.restoreColumn(column.column, column);
  if (newBoard) fillAsPlanned(cabinet);
  else cabinet.ledgerFlash.restore(flashImage(state));
  return cabinet;
}

function placeThings({ truth, changer, validator, beam, door, thermometer }: Cabinet, things: CabinetThings): void {
  things.tubes.forEach((count, type) => {
    changer?.tubes.fill(type, count);
  });
  for (const place of ["cashBox", "cup"] as const) {
    for (const valueMinor of valuesIn(things.coins[place])) truth.newCoin(valueMinor, place);
  }
  for (const valueMinor of valuesIn(things.stackerBills)) validator?.path.load(valueMinor);
  if (things.billInsideMinor > 0) validator?.path.leaveInside(things.billInsideMinor);
  for (const column of things.tray) truth.newProduct(column, "tray");
  for (const type of things.jammedTubes) changer?.tubes.jam(type);
  beam.setBlocked(things.beamBlocked);
  door.set(things.doorOpen);
  thermometer.milliC = things.tempMilliC;
  if (things.changerUnplugged) changer?.setPlugged(false);
  if (things.validatorUnplugged) validator?.setPlugged(false);
}

/** Gravity needs no power: a coin before its gate falls into the cup, one behind it to its tube or the cash box. */
function settle({ truth, changer }: Cabinet, things: CabinetThings): void {
  for (const valueMinor of valuesIn(things.coins.acceptor))
    truth.moveCoin(truth.newCoin(valueMinor, "acceptor"), "cup");
  for (const valueMinor of valuesIn(things.coins.chute)) {
    const coin = truth.newCoin(valueMinor, "chute");
    const type = changer?.tubes.types.findIndex((spec) => spec.valueMinor === valueMinor) ?? -1;
    if (changer !== undefined && type >= 0 && !changer.tubes.isFull(type)) changer.tubes.put(coin, type);
    else truth.moveCoin(coin, "cashBox");
    truth.maybeUnreportedCoinsMinor += valueMinor;
  }
  for (const column of things.falling) {
    truth.moveProduct(truth.newProduct(column, "falling"), "tray");
    truth.unseenDrops += 1;
  }
}

function fillAsPlanned({ planogram, spirals }: Cabinet): void {
  for (const { column, quantity } of planogram.slots) {
    spirals.fill(column, Math.max(0, quantity - spirals.productsIn(column)));
  }
}

function flashImage({ things, flash }: CabinetState): FlashImage {
  const unstable = new Array<Uint8Array | undefined>(things.wear.length).fill(undefined);
  for (const [block, mask] of things.unstable) unstable[block] = Uint8Array.from(Buffer.from(mask, "base64"));
  return { bytes: flash, unstable, wear: things.wear };
}

function coinsAt(truth: Truth, place: CoinPlace): Heap {
  return heapOf(truth.coins.filter((coin) => coin.place === place).map(({ valueMinor }) => valueMinor));
}

function columnsOf(truth: Truth, place: ProductPlace): number[] {
  return truth.products.filter((product) => product.place === place).map(({ column }) => column);
}

function heapOf(values: readonly number[]): Heap {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort(([left], [right]) => left - right);
}

function valuesIn(heap: Heap): number[] {
  return heap.flatMap(([value, count]) => new Array<number>(count).fill(value));
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}
