/** The uplink's cursor against every answer a fleet can give (design "Sync"). */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  LINGER_MS,
  LINGER_OPEN_MS,
  MAX_WAIT_MS,
  RESEND_FIRST_MS,
  RESEND_MAX_MS,
  SYNC_AT_BOOT,
  type SyncFacts,
  type SyncInput,
  type SyncState,
  stepSync,
  syncDueMs,
} from "../../../firmware/uplink/sync.js";
import type { BatchMessage } from "../../../shared/wire/messages.js";

/** A ledger of `newest` records; batches of at most 4. */
class Uplink {
  state: SyncState = SYNC_AT_BOOT;
  mark = 0;
  newest = 0;
  /** Oldest the ring still has. */
  oldest = 1;
  readonly sent: BatchMessage[] = [];

  facts(): SyncFacts {
    return {
      epoch: 1,
      mark: this.mark,
      oldestSeq: this.oldest,
      newestSeq: this.newest,
      batchFrom: (firstSeq) => {
        const count = Math.min(4, this.newest - firstSeq + 1);
        if (count <= 0) return undefined;
        const records = Array.from({ length: count }, () => ({ code: 1, body: new Uint8Array(0) }));
        return { epoch: 1, firstSeq, chain: 0, records };
      },
      random: (bound) => bound - 1,
    };
  }

  step(input: SyncInput, nowMs: number): this {
    const step = stepSync(this.state, input, this.facts(), nowMs);
    this.state = step.state;
    for (const effect of step.effects) {
      if (effect.do === "sendBatch") this.sent.push(effect.batch);
      else this.mark = effect.mark;
    }
    return this;
  }

  ack(mark: number, nowMs: number, more: { waitMs?: number; incarnation?: number; epoch?: number } = {}): this {
    const { epoch = 1, incarnation = 1, waitMs } = more;
    const ack = waitMs === undefined ? { epoch, mark, incarnation } : { epoch, mark, incarnation, waitMs };
    return this.step({ on: "ack", ack }, nowMs);
  }
}

function connected(newest: number): Uplink {
  const uplink = new Uplink();
  uplink.newest = newest;
  return uplink.step({ on: "network", up: true }, 0);
}

const SOON = Object.freeze({ on: "committed", soon: true } as const);
const LATER = Object.freeze({ on: "committed", soon: false } as const);

const test = suite("uplink: sync");

test("records written while connected linger, then travel together", () => {
  const uplink = connected(0);
  assert.is(syncDueMs(uplink.state), Infinity);
  uplink.newest = 3;
  uplink.step(SOON, 1_000);
  assert.is(syncDueMs(uplink.state), 1_000 + LINGER_MS);
  uplink.step({ on: "tick" }, 1_000 + LINGER_MS);
  assert.is(uplink.sent.length, 1);
  assert.is(uplink.sent[0]?.firstSeq, 1);
  assert.is(uplink.sent[0]?.records.length, 3);
});

test("while a customer's money is inside, records wait for those that follow, at most ten seconds", () => {
  const uplink = connected(0);
  uplink.newest = 1;
  uplink.step(LATER, 1_000);
  assert.is(syncDueMs(uplink.state), 1_000 + LINGER_OPEN_MS);
  uplink.newest = 2;
  uplink.step(LATER, 5_000);
  assert.is(syncDueMs(uplink.state), 1_000 + LINGER_OPEN_MS, "the first one's time counts");
  uplink.newest = 3;
  uplink.step(SOON, 6_000);
  assert.is(syncDueMs(uplink.state), 6_000 + LINGER_MS);
  uplink.step(LATER, 6_100);
  assert.is(syncDueMs(uplink.state), 6_000 + LINGER_MS, "what follows does not put it off");
});

test("behind a batch on its way: what may wait does, what is urgent goes with the ack, a backlog never waits", () => {
  const sent = (): Uplink => connected(4).step({ on: "tick" }, 0);
  const waiting = sent();
  waiting.newest = 5;
  waiting.step(LATER, 10).ack(4, 50);
  assert.is(syncDueMs(waiting.state), 50 + LINGER_OPEN_MS);
  const urgent = sent();
  urgent.newest = 5;
  urgent.step(LATER, 10).step(SOON, 20).step(LATER, 30).ack(4, 50);
  assert.is(syncDueMs(urgent.state), 50);
  urgent.step({ on: "tick" }, 50);
  urgent.newest = 6;
  urgent.step(LATER, 60).ack(5, 70);
  assert.is(syncDueMs(urgent.state), 70 + LINGER_OPEN_MS, "it was urgent once");
  const backlog = connected(9).step({ on: "tick" }, 0).ack(4, 50);
  assert.is(syncDueMs(backlog.state), 50);
});

test("one unacked batch: the next goes out only after the ack", () => {
  const uplink = connected(9).step({ on: "tick" }, 0);
  uplink.step(SOON, 10).step({ on: "tick" }, 10 + LINGER_MS);
  assert.is(uplink.sent.length, 1);
  uplink.ack(4, 500).step({ on: "tick" }, 500);
  assert.is(uplink.mark, 4);
  assert.is(uplink.sent[1]?.firstSeq, 5);
});

test("silence: sent again after 30 s doubling to 15 min", () => {
  const uplink = connected(1).step({ on: "tick" }, 0);
  let boundMs = RESEND_FIRST_MS;
  for (let i = 1; i < 10; i++) {
    const dueMs = syncDueMs(uplink.state);
    const startedMs = dueMs - boundMs;
    assert.ok(startedMs >= 0, "never sooner than half the bound, never later than the bound");
    uplink.step({ on: "tick" }, dueMs - 1);
    assert.is(uplink.sent.length, i, "not before it is due");
    uplink.step({ on: "tick" }, dueMs);
    assert.is(uplink.sent.length, i + 1);
    boundMs = Math.min(RESEND_MAX_MS, boundMs * 2);
    assert.is(syncDueMs(uplink.state) - dueMs, boundMs, "full jitter, here at its upper end");
  }
});

test("a lost link starts anew from the mark, not from where it was", () => {
  const uplink = connected(6).step({ on: "tick" }, 0);
  uplink.step({ on: "network", up: false }, 100);
  assert.is(syncDueMs(uplink.state), Infinity);
  uplink.step({ on: "network", up: true }, 200).step({ on: "tick" }, 200);
  assert.is(uplink.sent[1]?.firstSeq, 1);
});

test("gap answer: the fleet names its mark, the machine goes back to it", () => {
  const uplink = connected(9);
  uplink.mark = 5;
  uplink.step({ on: "tick" }, 0);
  assert.is(uplink.sent[0]?.firstSeq, 6);
  uplink.ack(2, 50).step({ on: "tick" }, 50);
  assert.is(uplink.mark, 2);
  assert.is(uplink.sent[1]?.firstSeq, 3);
});

test("a restored fleet (new incarnation) rewinds the mark even without a batch on its way", () => {
  const uplink = connected(4).step({ on: "tick" }, 0).ack(4, 10);
  assert.is(syncDueMs(uplink.state), Infinity);
  uplink.ack(1, 20, { incarnation: 2 }).step({ on: "tick" }, 20);
  assert.is(uplink.mark, 1);
  assert.is(uplink.sent[1]?.firstSeq, 2);
});

test("an old ack that comes late does not move the mark back", () => {
  const uplink = connected(4).step({ on: "tick" }, 0).ack(4, 10).ack(2, 20);
  assert.is(uplink.mark, 4);
});

test("an ack that moves nothing (batch set aside) is not answered by hammering", () => {
  const uplink = connected(4).step({ on: "tick" }, 0);
  uplink.ack(0, 10).step({ on: "tick" }, 11);
  assert.is(uplink.sent.length, 1);
  assert.ok(syncDueMs(uplink.state) >= RESEND_FIRST_MS / 2);
});

test("waitMs holds the next batch back, no longer than the limit", () => {
  const uplink = connected(8).step({ on: "tick" }, 0).ack(4, 10, { waitMs: 5_000 });
  assert.is(syncDueMs(uplink.state), 5_010);
  const greedy = connected(8)
    .step({ on: "tick" }, 0)
    .ack(4, 10, { waitMs: 2 ** 40 });
  assert.is(syncDueMs(greedy.state), 10 + MAX_WAIT_MS);
});

test("waitMs also holds back records that come later, and the batch of a new connection", () => {
  const uplink = connected(4).step({ on: "tick" }, 0).ack(4, 10, { waitMs: 60_000 });
  assert.is(syncDueMs(uplink.state), Infinity, "nothing to send");
  uplink.newest = 5;
  uplink.step(SOON, 1_000);
  assert.is(syncDueMs(uplink.state), 60_010);
  uplink.step({ on: "network", up: false }, 2_000).step({ on: "network", up: true }, 3_000);
  assert.is(syncDueMs(uplink.state), 60_010);
});

test("a fleet restored to before the ring's oldest record gets that one, and is not hammered with it", () => {
  const uplink = connected(9);
  uplink.mark = 7;
  uplink.oldest = 5;
  uplink.step({ on: "tick" }, 0);
  uplink.ack(2, 50).step({ on: "tick" }, 50);
  assert.is(uplink.mark, 4);
  assert.is(uplink.sent[1]?.firstSeq, 5);
  uplink.ack(2, 100).step({ on: "tick" }, 101);
  assert.is(uplink.sent.length, 2, "the same answer again: the resend time runs");
  assert.ok(syncDueMs(uplink.state) >= 50 + RESEND_FIRST_MS / 2);
});

test("a step that changes nothing keeps the state: records behind a batch on its way cost nothing", () => {
  const uplink = connected(4).step({ on: "tick" }, 0);
  const { state } = uplink;
  assert.is(uplink.step(LATER, 10).state, state);
  const urgent = uplink.step(SOON, 20).state;
  assert.is(uplink.step(SOON, 30).state, urgent);
});

test("acks of another epoch or beyond the newest record are counted, not believed", () => {
  const uplink = connected(4).step({ on: "tick" }, 0);
  uplink.ack(4, 10, { epoch: 2 }).ack(99, 10);
  assert.is(uplink.mark, 0);
  assert.is(uplink.state.strangeAcks, 2);
});

test.run();
