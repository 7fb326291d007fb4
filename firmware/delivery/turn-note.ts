/**
 * A turn as the native rim noted it on flash, because the mains failed and JavaScript may have stood still: all that
 * machine and beam did from its start until the beam had been watched for long enough. Read at the next power-up, it is
 * taken as it would have been taken then.
 *
 * Bytes of the only page, big-endian: u32 number of the sale, u8 column, u8 beam at the start (bit 0 dark, 1 foreign
 * light), u8 count of events, u8 0; for each event u32 µs since the start of the turn, u8 kind (by index of KINDS), u8
 * value (STOPS, or 1 = yes), u16 0; u32 µs for which all was watched; u32 CRC-32 of all before.
 */
import { crc32, Reader } from "../../shared/bytes.js";
import { deepFreeze } from "../../shared/freeze.js";
import type { FlashPort } from "../ports/hardware.js";
import type { MotorStop } from "../ports/inputs.js";
import type { DeliveryEvent } from "../ports/rooms.js";
import { DELIVERY_AT_BOOT, type DeliveryInput, type DeliveryState, LOOK_AGAIN_MS } from "./state.js";
import { deliveryDueMs, stepDelivery } from "./step.js";

export const NOTE_KINDS = deepFreeze(["leftHome", "motorStopped", "beam", "glare", "powerFail"] as const);
export const NOTE_STOPS = deepFreeze(["home", "timeout", "stall", "ordered"] as const satisfies readonly MotorStop[]);
/** More than a turn, its drop and a hand in the tray make; a turn with more is not noted. */
export const MAX_NOTE_EVENTS = 24;
export const NOTE_BYTES = 256;
const HEAD_BYTES = 8;
const EVENT_BYTES = 8;
const DARK = 1;
const GLARE = 2;

export interface TurnNote {
  readonly saleNo: number;
  readonly column: number;
  /** The beam when the turn began. */
  readonly dark: boolean;
  readonly glare: boolean;
  /** In their order; times in ms since the turn began. */
  readonly inputs: readonly DeliveryInput[];
  readonly watchedMs: number;
}

/** What is noted there; undefined: nothing, or power went before it was written. */
export function readNote(flash: FlashPort): TurnNote | undefined {
  const bytes = flash.read(0, NOTE_BYTES);
  const end = HEAD_BYTES + EVENT_BYTES * (bytes[6] ?? 0) + 4;
  if (end + 4 > NOTE_BYTES) return undefined;
  const reader = new Reader(bytes);
  const saleNo = reader.u32();
  const column = reader.u8();
  const beam = reader.u8();
  const count = reader.u8();
  reader.u8();
  const inputs: DeliveryInput[] = [];
  for (let left = count; left > 0; left--) {
    const atMs = msOf(reader.u32());
    const on = NOTE_KINDS[reader.u8()];
    const value = reader.u8();
    reader.u16();
    if (on === "motorStopped") inputs.push({ on, column, why: NOTE_STOPS[value] ?? "ordered", atMs });
    else if (on === "beam") inputs.push({ on, dark: value !== 0, atMs });
    else if (on === "glare") inputs.push({ on, present: value !== 0, atMs });
    else inputs.push(on === "leftHome" ? { on, column, atMs } : { on: "powerFail", atMs });
  }
  const watchedMs = msOf(reader.u32());
  if (reader.u32() !== crc32(bytes.subarray(0, end))) return undefined;
  return { saleNo, column, dark: (beam & DARK) !== 0, glare: (beam & GLARE) !== 0, inputs, watchedMs };
}

/** Nothing may turn before: the rim writes into erased flash. Keeps JavaScript waiting where something is noted. */
export function clearNote(flash: FlashPort): void {
  if (flash.read(0, NOTE_BYTES).some((byte) => byte !== 0xff)) flash.eraseBlock(0);
}

/** What the sale would have been told in that turn. hasLeft: that its spiral has left home is on flash already. */
export function eventsOf(note: TurnNote, homeOnly: boolean, hasLeft: boolean): readonly DeliveryEvent[] {
  const { column, dark, glare } = note;
  const turn = {
    kind: "turn",
    column,
    homeOnly,
    // It was not turned again.
    retry: false,
    turn: 1,
    startedMs: 0,
    leftHome: hasLeft,
    proven: true,
    blind: !homeOnly && (dark || glare),
  } as const;
  const beam = { ...DELIVERY_AT_BOOT.beam, dark, ours: dark, deafUntilMs: -1, glare };
  let state: DeliveryState = { ...DELIVERY_AT_BOOT, phase: { is: "turning", turn }, beam };
  const told: DeliveryEvent[] = [];
  let nowMs = 0;
  const take = (input: DeliveryInput, atMs: number): void => {
    // A deadline may lie before what was looked at last: time does not run backwards.
    nowMs = Math.max(nowMs, atMs);
    const step = stepDelivery(state, input, nowMs);
    state = step.state;
    for (const effect of step.effects) if (effect.do === "tellSale") told.push(effect.event);
  };
  const passTo = (untilMs: number): void => {
    for (let dueMs = deliveryDueMs(state); dueMs <= untilMs; dueMs = deliveryDueMs(state)) take({ on: "tick" }, dueMs);
  };
  for (const input of note.inputs) {
    const atMs = "atMs" in input ? input.atMs : 0;
    passTo(atMs);
    take(input, atMs);
  }
  passTo(note.watchedMs + 2 * LOOK_AGAIN_MS);
  return told;
}

function msOf(us: number): number {
  return Math.floor(us / 1_000);
}
