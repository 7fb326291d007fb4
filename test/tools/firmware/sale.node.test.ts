/** The seller in the simulator: what it touches, what it takes for a sale, and what it says when there is none. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  BILL,
  hear,
  MAX_TOUCHES,
  newsIn,
  nextTouch,
  plainText,
  SALE,
  type Sale,
  TOUCH_AGAIN_MS,
  whyNotSold,
} from "../../../tools/firmware/sale.js";

const test = suite("a sale in the simulator");

/** Feeds lines at one instant, looks once, and says what was touched. */
function at(sale: Sale, nowMs: number, ...lines: readonly string[]): { sale: Sale; touched: string | undefined } {
  let heard = sale;
  for (const line of lines) {
    const news = newsIn(line);
    if (news !== undefined) heard = hear(heard, news);
  }
  const step = nextTouch(heard, nowMs);
  return { sale: step.sale, touched: step.touch?.id };
}

const PLACES = ["9 ms  place slot-A1 60,100", `9 ms  place ${BILL} 90,280`];
const IDLE = "900 ms  IDLE: Please choose | ";
const CHOSEN = "1000 ms  ACCEPTING_PAYMENT: $1.75 | Coke";

test("reads the simulator's lines", () => {
  assert.equal(newsIn("12 ms  record billStacked"), { news: "record", kind: "billStacked" });
  assert.equal(newsIn("(xsdb) 12 ms  place control $1 30,200"), { news: "place", id: "control $1", x: 30, y: 200 });
  assert.equal(newsIn(IDLE), { news: "view", state: "IDLE", words: "IDLE: Please choose | " });
  assert.equal(newsIn("# Exception: throw!: board: inputs run away!"), {
    news: "threw",
    what: "throw!: board: inputs run away!",
  });
  assert.is(newsIn("xsdb listening on port 5002."), undefined);
  assert.is(newsIn("12 ms  dark"), undefined);
  assert.is(plainText("(xsdb) \u001b[2K\u001b[0G[Thread 1] 5 ms  dark"), "5 ms  dark");
});

test("chooses, pays until it suffices, and is done when the machine rests again", () => {
  const chosen = at(SALE, 0, ...PLACES, IDLE);
  assert.is(chosen.touched, "slot-A1");
  const paying = at(chosen.sale, 500, CHOSEN);
  assert.is(paying.touched, BILL);
  const waiting = at(paying.sale, 900, "2000 ms  record stackStarted");
  assert.is(waiting.touched, undefined, "the bill is still on its way");
  const again = at(waiting.sale, 1_500, "3000 ms  record billStacked");
  assert.is(again.touched, BILL);
  const turning = at(again.sale, 2_000, "4000 ms  record billStacked", "4001 ms  DISPENSING: One moment | ");
  assert.is(turning.touched, undefined);
  const settled = at(turning.sale, 2_500, "5000 ms  record saleSettled", "5001 ms  RETURNING_CHANGE: Thank you | ");
  assert.is(settled.sale.stage, "ending");
  const sold = at(settled.sale, 3_000, "7000 ms  IDLE: Please choose | ");
  assert.is(sold.sale.stage, "sold");
  assert.is(sold.sale.touches, 3);
  assert.is(at(sold.sale, 99_999).touched, undefined);
});

test("does not take for sold what is not on record", () => {
  const paying = at(at(SALE, 0, ...PLACES, IDLE).sale, 1, CHOSEN).sale;
  const back = at(paying, 2, "9 ms  DISPENSING: One moment | ", "9 ms  IDLE: Please choose | ");
  assert.is(back.sale.stage, "turning");
  for (const kind of ["saleFailed", "outcomeUnknown"]) {
    const failed = at(paying, 2, `9 ms  record ${kind}`).sale;
    assert.is(failed.stage, "failed");
    assert.match(failed.why, new RegExp(kind));
  }
});

test("touches again what had no effect, and gives up", () => {
  let { sale }: { sale: Sale } = at(SALE, 0, ...PLACES, IDLE);
  assert.is(at(sale, TOUCH_AGAIN_MS - 1).touched, undefined);
  for (let touches = 1; touches < MAX_TOUCHES; touches++) {
    const step = at(sale, touches * TOUCH_AGAIN_MS);
    assert.is(step.touched, "slot-A1");
    sale = step.sale;
  }
  const given = at(sale, MAX_TOUCHES * TOUCH_AGAIN_MS).sale;
  assert.is(given.stage, "failed");
  assert.match(given.why, /was touched 24 times; the last it said was "IDLE: Please choose/);
});

test("fails at once when the firmware breaks off, and goes on past an exception somebody caught", () => {
  const lines = [...PLACES, IDLE, "# Exception: throw!: asserted", "  #0: drain main.ts:40"];
  const threw = at(SALE, 0, ...lines);
  assert.is(threw.touched, "slot-A1");
  const broken = at(threw.sale, 1, "XS abort: unhandled exception").sale;
  assert.is(broken.stage, "failed");
  assert.match(broken.why, /broke off: XS abort: unhandled exception, after the exception "throw!: asserted"/);
  assert.match(at(SALE, 0, '#xsbug-log disconnected from "spiral"').sale.why, /broke off: #xsbug-log disconnected/);
});

test("says what it waited for when its time is up", () => {
  assert.match(whyNotSold(SALE), /traced nothing/);
  assert.match(whyNotSold(at(SALE, 0, "1 ms  OUT_OF_SERVICE: Sorry | ").sale), /never asked for a choice/);
  assert.match(whyNotSold(at(SALE, 0, IDLE).sale), /no touch screen/);
  assert.match(whyNotSold(at(SALE, 0, ...PLACES, IDLE).sale), /Touching a product chose none/);
  const paying = at(at(SALE, 0, ...PLACES, IDLE).sale, 1, CHOSEN).sale;
  assert.match(whyNotSold(paying), /did not suffice/);
  assert.match(whyNotSold({ ...paying, places: new Map() }), /no button for money/);
  assert.match(whyNotSold({ ...paying, stage: "turning" }), /not settled/);
  assert.match(whyNotSold({ ...paying, stage: "ending" }), /did not come to rest/);
});

test.run();
