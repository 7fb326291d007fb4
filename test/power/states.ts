/** What a machine without power is: two that are the same recover the same way. */
import { eventsOf, NOTE_BYTES, readNote } from "../../firmware/delivery/turn-note.js";
import type { FlashLedger } from "../../tools/bench/cabinet.js";
import type { SimFlash } from "../../tools/bench/flash.js";
import type { StoryCabinet } from "../stories/story.js";

/** Its flash parts, if not as the cabinet has them. */
export interface FlashParts {
  readonly ledger: FlashLedger;
  readonly ledgerTorn: boolean;
  readonly documentFlash: SimFlash;
  readonly noteFlash: SimFlash;
}

/**
 * Everything that a recovery depends on, without times: the ledger's state, how much fits it and its torn ends, the
 * documents, where coins, bills and products are and how they came there, how spirals and devices stand and what ails
 * them. A boot and a clock that was set leave only their record, of which nothing but the room it takes matters.
 */
export function stateOf(cabinet: StoryCabinet, parts = partsOf(cabinet)): string {
  const { truth, door, beam, network } = cabinet;
  const { durable, records, room } = parts.ledger;
  const mark = cabinet.fleet.mark(cabinet.options.machineId);
  const lasting = records.filter(({ kind }) => kind !== "boot" && kind !== "clockSet");
  const { flows, ...sums } = truth.tallies;
  return JSON.stringify([
    { ...durable, bootNo: 0, lastWallS: 0 },
    lasting.map(({ kind }) => kind),
    [room, parts.ledgerTorn, parts.documentFlash.crc, parts.documentFlash.unstableBits],
    [noteOf(cabinet, parts), parts.noteFlash.unstableBits > 0],
    lasting.filter(({ seq }) => seq > mark).length,
    [[...flows].sort(), sums],
    columnsOf(cabinet),
    devicesOf(cabinet),
    truth.cards.charges.map(({ state, amountMinor }) => [state, amountMinor]),
    [door.open, beam.blocked, network.available, cabinet.thermometer.milliC],
    [cabinet.plugsPulled, ...cabinet.cutInDropWindow],
  ]);
}

function partsOf(cabinet: StoryCabinet): FlashParts {
  const { ledgerFlash, documentFlash, noteFlash } = cabinet;
  return { ledger: cabinet.readFlash(), ledgerTorn: ledgerFlash.unstableBits > 0, documentFlash, noteFlash };
}

/** What the rim's note of a turn says of the open vend: events without their times; else only whether there is one. */
function noteOf({ planogram }: StoryCabinet, { ledger, noteFlash }: FlashParts): unknown {
  const { vend } = ledger.durable;
  // unstable bits read differently each time
  const flash = noteFlash.copy();
  const note = readNote(flash);
  if (note === undefined) return flash.read(0, NOTE_BYTES).every((byte) => byte === 0xff) ? "none" : "torn";
  if (vend === undefined || vend.paused === true || note.saleNo !== vend.saleNo) return "stale";
  const homeOnly = planogram.slots.find(({ slot }) => slot === vend.slot)?.homeOnly === true;
  return eventsOf(note, homeOnly, vend.turns > 0).map(({ delivery }) => delivery);
}

function columnsOf({ planogram, spirals }: StoryCabinet): unknown[] {
  const { awayFromHome } = spirals;
  return planogram.slots.map(({ column }) => {
    const { angle, releaseAt, products, hanging, jammed } = spirals.columnState(column);
    const stands = awayFromHome.includes(column) ? (angle < releaseAt ? "before" : "past") : "home";
    return [stands, products, hanging, jammed, spirals.ailmentsOf(column)];
  });
}

function devicesOf({ changer, validator, readers, hoppers }: StoryCabinet): unknown[] {
  const recycler = validator?.recycler;
  return [
    changer?.options.types.map((_, type) => [changer.tubes.count(type), changer.tubes.jamOf(type)]),
    [changer?.plugged, changer?.quirks],
    [validator?.path.motion, validator?.path.stackerCount, validator?.plugged, validator?.quirks],
    [recycler?.counts, recycler?.jammed, recycler?.jamAfter],
    hoppers.map((hopper) => [
      hopper?.plugged,
      hopper?.quirks,
      hopper?.options.types.map((_, type) => [hopper.bowls.count(type), hopper.bowls.believed(type)]),
    ]),
    readers.map((reader) => [reader?.plugged, reader?.quirks, reader?.troubles]),
  ];
}
