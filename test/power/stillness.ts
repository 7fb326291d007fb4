/**
 * Cuts that cannot differ. While nothing moves in the world, what a power cut leaves is given by what lies where and by
 * what is on flash; JavaScript's memory is lost in any case. Two moments of one run with the same marks here leave the
 * same machine behind, so one cut stands for both. Whenever something moves (a motor, a coin, a bill, a falling or
 * hanging product, a payout), or a customer or a card is not done with, every moment is one of its own.
 */
import type { StoryCabinet } from "../stories/story.js";
import { FLASH_PARTS } from "./cut-points.js";

/** Marks of this moment; undefined = something moves, and no other moment is like it. */
export function stillness(cabinet: StoryCabinet): string | undefined {
  const { truth, changer, validator, spirals, js, network, beam, fleet, options } = cabinet;
  const pays = changer?.payout.busy === true || validator?.recycler?.busy === true;
  const hopperPays = cabinet.hoppers.some((hopper) => hopper?.busy === true);
  const falls = truth.productsAt("falling") > 0 || truth.productsAt("hanging") > 0 || beam.pulse;
  const moves = spirals.turning !== undefined || falls || truth.inMotionMinor > 0;
  const bill = validator?.path.motion ?? "empty";
  if (pays || hopperPays || moves || bill !== "empty" || truth.cards.heldMinor() > 0) return undefined;
  // What a device has yet to say, and a fall the machine has yet to hear of, are lost with the power.
  if ((changer?.waitingMinor ?? 0) > 0 || (validator?.waitingMinor ?? 0) > 0) return undefined;
  if (js.unfinished.some(({ on }) => on === "beam" || on === "leftHome" || on === "motorStopped")) return undefined;
  const { flows, ...sums } = truth.tallies;
  return JSON.stringify([
    FLASH_PARTS.map((part) => cabinet[part].operations),
    [flows, sums],
    truth.cards.charges.length + truth.cards.credits.length,
    cabinet.readers.map((reader) => [reader?.plugged, reader?.state]),
    [changer?.plugged, validator?.plugged, cabinet.hoppers.map((hopper) => hopper?.plugged)],
    // a batch that has left may still arrive and be committed
    [network.sent.messages, network.available, fleet.mark(options.machineId)],
    [cabinet.door.open, beam.blocked, beam.dark, cabinet.thermometer.milliC, cabinet.plugsPulled],
  ]);
}
