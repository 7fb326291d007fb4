/** Thieves at the machine's mechanics: those who pull money back out, and those who kick and shake for goods. */
import { choose, insertAny, payCash } from "./paying.js";
import { type Visit, waitForSale } from "./people.js";
import { pick } from "./random-machine.js";

/** A bill is recognised, or was not taken, within this. */
const BILL_MS = 5_000;
/** The order to stack comes so soon after the escrow that only a quick hand is before it. */
const QUICK_HAND_MS = 40;
const STACKING_MS = 400;

/** Bills on a string, coins on a string, and fingers in the cup while it is paid. */
export function billFisher(at: Visit): void {
  const { cabinet, rng } = at;
  choose(at);
  // up to the bill that completes the price and waits in escrow until all is ready for the turn
  if (rng.chance(300_000)) payCash(at, Math.floor(at.priceMinor / 2), 700);
  for (let i = rng.between(1, 4); i > 0; i--) {
    const way = pick(rng, ["escrow", "stacking", "coin", "either"] as const);
    if (way === "coin") fishCoin(at);
    else fishBill(at, way);
    cabinet.runFor(rng.below(3_000));
    if (rng.chance(200_000)) insertAny(at);
  }
  if (rng.chance(300_000)) payCash(at, at.priceMinor, 700);
  cabinet.cancel();
  waitForSale(at);
}

function fishBill({ cabinet, rng, machine, priceMinor }: Visit, way: "escrow" | "stacking" | "either"): void {
  const { validator } = cabinet;
  if (validator === undefined) return;
  const completing = machine.billsMinor.filter((valueMinor) => valueMinor >= priceMinor);
  const bills = completing.length > 0 && rng.chance(500_000) ? completing.slice(0, 1) : machine.billsMinor;
  if (cabinet.insertBill(pick(rng, bills)) === undefined) return;
  cabinet.waitFor(() => validator.path.motion !== "in", BILL_MS);
  if (way === "stacking") {
    cabinet.waitFor(() => validator.path.motion !== "escrow", BILL_MS);
    cabinet.runFor(rng.below(STACKING_MS));
  } else {
    cabinet.runFor(rng.below(way === "escrow" ? QUICK_HAND_MS : STACKING_MS));
  }
  const pulled = validator.pullBack();
  if (pulled) cabinet.fished += 1;
  // some validators only feel that somebody tries
  if (!pulled || rng.chance(300_000)) validator.fish();
}

/** The coin passes the tests and is pulled up again before its gate. */
function fishCoin({ cabinet, rng, machine }: Visit): void {
  const { changer } = cabinet;
  if (changer === undefined) return;
  changer.acceptor.nextCoin("noCredit");
  cabinet.insertCoin(pick(rng, machine.coinsMinor));
  cabinet.runFor(rng.between(100, 600));
  if (rng.chance(400_000)) changer.fish();
}

/** Rocks the machine until products hang over the edge, and kicks them loose before, in and after their sale. */
export function kicker(at: Visit): void {
  const { cabinet, rng, column } = at;
  cabinet.turns.troubled.add(column);
  if (rng.chance(500_000)) cabinet.spirals.nextTurn(column, "hang");
  if (rng.chance(250_000)) kick(at);
  choose(at);
  payCash(at, at.priceMinor, 900);
  for (let i = rng.between(1, 6); i > 0; i--) {
    kick(at);
    cabinet.runFor(rng.below(3_000));
  }
  waitForSale(at);
  kick(at);
  cabinet.runFor(2_000);
}

/** What hangs falls; now and then the foremost product of some column goes over its edge. */
function kick({ cabinet, rng, column }: Visit): void {
  cabinet.kicked += cabinet.spirals.kick();
  if (!rng.chance(150_000)) return;
  const shaken = rng.chance(500_000) ? column : pick(rng, cabinet.shelf).column;
  if (cabinet.spirals.knockDown(shaken)) cabinet.kicked += 1;
}
