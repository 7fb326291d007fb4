/**
 * New prices from the fleet, whatever the customer is doing: the order is repeated until it is answered, as the fleet
 * does. And the panel is watched: a price that is shown to whoever has chosen stays until they are done.
 */
import type { DocumentName } from "../../shared/records/kinds.js";
import { encodePlanogram } from "../../shared/wire/documents.js";
import { putDocument } from "../bench/put-document.js";
import type { Rng } from "../bench/rng.js";
import { meet } from "./met.js";
import type { SimCabinet } from "./sim-cabinet.js";

const REPEATS_AFTER_US = 7_000_000;
/** More than the fleet needs on a network that loses four of ten messages. */
const MAX_SENDS = 12;

export function orderNewPrices(cabinet: SimCabinet, rng: Rng): void {
  const { version, slots } = cabinet.machine?.rooms.planogram ?? cabinet.planogram;
  const bytes = encodePlanogram({
    version: version + rng.below(3),
    slots: slots.map((slot) => ({ ...slot, priceMinor: slot.priceMinor + 10 * rng.below(5) })),
  });
  meet(cabinet, "pricesInSale");
  orderDocument(cabinet, "planogram", bytes);
}

/** Any document in the same way. */
export function orderDocument(cabinet: SimCabinet, name: DocumentName, bytes: Uint8Array): void {
  const counter = 1 + Math.max(0, ...cabinet.orders.keys());
  cabinet.orders.set(counter, { genuine: true, late: false });
  send(cabinet, counter, name, bytes, MAX_SENDS);
}

function send(cabinet: SimCabinet, counter: number, name: DocumentName, bytes: Uint8Array, sendsLeft: number): void {
  putDocument(cabinet, counter, name, bytes);
  if (sendsLeft <= 1) return;
  cabinet.world.after(REPEATS_AFTER_US, () => {
    const answered = cabinet.fleet
      .records(cabinet.options.machineId)
      .some((record) => record.kind === "commandApplied" && record.counter === counter);
    if (!answered) send(cabinet, counter, name, bytes, sendsLeft - 1);
  });
}

const CHOSEN: readonly string[] = Object.freeze(["PRODUCT_SELECTED", "ACCEPTING_PAYMENT", "DISPENSING"]);

/** The price of what is chosen never changes in front of whoever has chosen it; behind the menu it is a technician. */
export function watchPrices(cabinet: SimCabinet): void {
  let slot: string | undefined;
  let priceMinor: number | undefined;
  cabinet.onView((view) => {
    const isCustomers = view !== undefined && view.menu === undefined;
    const chosen = isCustomers && CHOSEN.includes(view.state) ? view.slot : undefined;
    const nowMinor = view?.products.find((product) => product.slot === chosen)?.priceMinor;
    if (chosen !== undefined && chosen === slot && nowMinor !== priceMinor) {
      cabinet.note(`the price of ${chosen} went from ${priceMinor} to ${nowMinor} before a customer's eyes`);
    }
    slot = chosen;
    priceMinor = nowMinor;
  });
}
