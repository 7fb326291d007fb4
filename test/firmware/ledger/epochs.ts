/**
 * One board through many epochs, its power cut again and again, often in the very beginning of an epoch: what each
 * epoch had not sent is still there at the end, and none has taken another's records for its own.
 */
import * as assert from "uvu/assert";
import { decodeHeader, HEADER_BYTES } from "../../../firmware/ledger/header.js";
import { type Ledger, openLedger } from "../../../firmware/ledger/ledger.js";
import { chainNext } from "../../../shared/records/codec.js";
import { type CutPhase, SimFlash } from "../../../tools/bench/flash.js";
import { cutIn, type Pending } from "./cuts.js";
import { Account, draft, Lcg, ownedBy } from "./source.js";

const BLOCKS = 32;
const BLOCK_BYTES = 1_024;
const PHASES: readonly CutPhase[] = ["before", "during", "during", "after"];
const LIVES_AN_EPOCH = 8;
const APPENDS_A_LIFE = 90;
/** Operation of a power-up that programs the header of the newest block's copy. */
const HEADER_OPERATION = 7;

/** An epoch that is over. */
interface Past {
  readonly account: Account;
  /** Torn or not by the last cut: nobody has acted on it, so it may read or not. */
  readonly pending: Pending;
  /** Mark of its newest header: everything above must stay. */
  readonly mark: number;
}

/** Number of cuts that fell into power-up. */
export function manyEpochs(seed: number, epochs: number): number {
  const flash = new SimFlash({ blocks: BLOCKS, blockBytes: BLOCK_BYTES, seed });
  const lcg = new Lcg(seed);
  const past: Past[] = [];
  let cutsInRecovery = 0;
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const account = new Account(epoch);
    const pending: Pending = { item: undefined };
    for (let life = 0; life < LIVES_AN_EPOCH; life++) {
      const soon = life < 2 || lcg.below(3) === 0;
      // The header that an epoch leaves behind torn is the one that the next may read in two ways.
      const last = life === LIVES_AN_EPOCH - 1 && lcg.below(2) === 0;
      const operation = last ? HEADER_OPERATION : 1 + lcg.below(soon ? 8 : 120);
      flash.cutAt(operation, last ? "during" : (PHASES[lcg.below(PHASES.length)] ?? "after"), lcg.below(1 << 30));
      if (!live(flash, account, pending, lcg)) cutsInRecovery++;
      flash.powerOn();
    }
    for (const one of past) assertKept(flash, one);
    const { mark } = alone(flash, epoch);
    past.push({ account, pending, mark });
  }
  for (const one of past) assertKept(flash, one);
  return cutsInRecovery;
}

/** One power-up and what is appended until the cut. False if it came before the ledger was open. */
function live(flash: SimFlash, account: Account, pending: Pending, lcg: Lcg): boolean {
  let opened = false;
  cutIn(() => {
    const ledger = openLedger(flash, ownedBy(account.epoch));
    opened = true;
    assert.is(ledger.stands, undefined);
    account.settle(ledger, pending.item);
    pending.item = undefined;
    account.checkReadable(ledger);
    for (let i = 0; i < APPENDS_A_LIFE; i++) {
      if (lcg.below(8) === 0) ledger.acked(ledger.newestSeq - lcg.below(3));
      if (lcg.below(8) === 0) ledger.idleWork();
      pending.item = draft(lcg, i);
      if (ledger.append(pending.item.record, pending.item.stamp).ok) account.add(pending.item);
      pending.item = undefined;
    }
  });
  return opened;
}

/** The epoch's ledger on a copy where no other has left a block. */
function alone(flash: SimFlash, epoch: number): Ledger {
  const copy = new SimFlash({ blocks: BLOCKS, blockBytes: BLOCK_BYTES });
  copy.restore(flash.snapshot());
  for (let place = 0; place < BLOCKS; place++) {
    if (decodeHeader(copy.read(place * BLOCK_BYTES, HEADER_BYTES))?.epoch !== epoch) copy.eraseBlock(place);
  }
  return openLedger(copy, ownedBy(epoch));
}

/** What was sent may have gone, in part or whole; the chain vouches for what must be there. */
function assertKept(flash: SimFlash, { account, pending, mark }: Past): void {
  const ledger = alone(flash, account.epoch);
  const copy = account.clone();
  copy.settle(ledger, pending.item);
  for (let seq = mark + 1; seq <= copy.length; ) {
    const batch = ledger.readBatch(seq, 64, 8_192);
    assert.is(batch?.firstSeq, seq, `epoch ${account.epoch}, ${mark} were sent`);
    let chain = copy.chainAfter(seq - 1);
    for (const { code, body } of batch?.records ?? []) {
      chain = chainNext(chain, code, seq, body);
      assert.is(chain, copy.chainAfter(seq), `epoch ${account.epoch}, sequence ${seq}`);
      seq++;
    }
  }
}
