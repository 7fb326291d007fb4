/** The turn that the mains' failing ended while JavaScript stood still, as the rim noted it (delivery/turn-note.ts). */
import { eventsOf, readNote } from "../delivery/turn-note.js";
import type { FlashPort } from "../ports/hardware.js";
import type { DeliveryEvent } from "../ports/rooms.js";
import { type Rooms, slotOf } from "./rooms.js";

/**
 * What the open vend's sale would have been told then, and puts it where it was. A trouble of that time is looked for
 * anew. Nothing where all of it is on flash already: `turnPaused` is the last thing a turn can come to.
 */
export function sleptThrough(rooms: Rooms, flash: FlashPort): readonly DeliveryEvent[] {
  const { vend } = rooms.ledger.durable;
  if (vend === undefined || vend.paused === true) return [];
  const { slot, saleNo, turns } = vend;
  const note = readNote(flash);
  if (note?.saleNo !== saleNo) return [];
  rooms.sale = { at: "DISPENSING", slot, saleNo, recovered: false };
  const told = eventsOf(note, slotOf(rooms, slot)?.homeOnly === true, turns > 0);
  return told.filter(({ delivery }) => delivery !== "trouble");
}
