/** What the machine says of itself: to the fleet (birth, will, telemetry) and on the panel. Reads, never decides. */
import { FAULTS } from "../../shared/faults.js";
import { formatMinor } from "../../shared/money/amounts.js";
import { languageOf } from "../../shared/wire/documents.js";
import { encodeStatus, type TelemetryMessage } from "../../shared/wire/messages.js";
import { exactChangeOnly } from "../cash/acceptance.js";
import type { CashFacts } from "../cash/state.js";
import type { CodeView, PanelFacts } from "../panel/view.js";
import type { Announcement } from "../ports/hardware.js";
import { sessionAt, topUpOffer } from "../sale/cards-state.js";
import type { Notice, SaleState } from "../sale/state.js";
import { qualityNumber, type Wall, wallNowS } from "./clock.js";
import { meansLeft } from "./outlook.js";
import { currencyOf, type Rooms, slotOf } from "./rooms.js";
import type { Shelf } from "./shelf.js";

/** Birth and will: equal but for `online`, so that a late will can be told from the newest connection. */
export function announcement(rooms: Rooms, nonce: number): Announcement {
  const status = (online: boolean, connection: number): Uint8Array => {
    const { identity, ledger } = rooms;
    return encodeStatus({
      online,
      epoch: identity.epoch,
      boot: ledger.durable.bootNo,
      connection,
      firmware: identity.firmwareVersion,
      model: identity.model,
      oldestSeq: ledger.oldestSeq,
      newestSeq: ledger.newestSeq,
      orderCounter: ledger.durable.orderHighest,
      nonce,
    });
  };
  return {
    birth: (connection) => status(true, connection),
    will: (connection) => status(false, connection),
  };
}

/** Free memory is never the same twice: told in steps, it is no change each time. */
const MEMORY_STEP_BYTES = 4_096;

export interface ReportFacts {
  readonly wall: Wall;
  readonly nowMs: number;
  readonly freeBytes: number | undefined;
}

/** Everything cumulative in it is as of `seq`, so that a lost report loses nothing. */
export function telemetryMessage(rooms: Rooms, cash: CashFacts, facts: ReportFacts): TelemetryMessage {
  const { wall, nowMs, freeBytes } = facts;
  const { ledger, identity } = rooms;
  const { durable } = ledger;
  const { tempMilliC } = rooms.climate;
  const { validator } = rooms.cash;
  const wallS = wallNowS(wall, nowMs);
  return {
    epoch: identity.epoch,
    seq: ledger.newestSeq,
    boot: durable.bootNo,
    uptimeS: Math.floor(nowMs / 1000),
    planogramVersion: rooms.planogram?.version ?? 0,
    inventory: oneByteEach((rooms.planogram?.slots ?? []).map(({ slot }) => durable.stock[slot] ?? 0)),
    revenueMinor: durable.counters.salesMinor,
    vends: durable.counters.sales,
    faults: faultsNow(rooms, cash),
    state: rooms.sale.at,
    creditMinor: durable.creditMinor,
    clockQuality: qualityNumber(wall),
    unackedRecords: ledger.newestSeq - ledger.mark,
    cashBoxMinor: durable.counters.cashBoxMinor,
    // Until a changer's tubes were taken over nobody knows what they hold.
    ...(durable.tubesKnown ? { tubes: oneByteEach(durable.tubes) } : {}),
    ...(tempMilliC === undefined ? {} : { tempMilliC }),
    ...(validator === undefined ? {} : { stackerBills: validator.stackerCount }),
    ...(freeBytes === undefined ? {} : { freeMemoryBytes: freeBytes - (freeBytes % MEMORY_STEP_BYTES) }),
    ...(wallS === undefined ? {} : { wallS }),
  };
}

/** 255 = 255 or more. */
function oneByteEach(counts: readonly number[]): Uint8Array {
  return Uint8Array.from(counts, (count) => Math.min(255, count));
}

/** Codes of what is open in the ledger, and of conditions that come and go too often to be recorded. */
function faultsNow(rooms: Rooms, cash: CashFacts): number[] {
  const codes: number[] = [];
  const add = (code: number): void => {
    if (!codes.includes(code)) codes.push(code);
  };
  for (const { fault } of rooms.ledger.durable.faults) add(fault);
  if (rooms.doorOpen) add(FAULTS.doorOpen.code);
  if (exactChangeOnly(rooms.cash, cash)) add(FAULTS.exactChangeOnly.code);
  // By its nature this one cannot be a record.
  if (rooms.ledger.state.dropped > 0) add(FAULTS.quotaReached.code);
  return codes;
}

/** What the panel's view is computed from. entry: keys typed so far. */
export function panelFacts(rooms: Rooms, cash: CashFacts, shelf: Shelf, entry: string): PanelFacts {
  const { sale } = rooms;
  const slot = "slot" in sale ? sale.slot : undefined;
  const notice = "notice" in sale ? sale.notice : undefined;
  return {
    state: sale.at,
    slot,
    priceMinor: slot === undefined ? undefined : slotOf(rooms, slot)?.priceMinor,
    creditMinor: rooms.ledger.durable.creditMinor,
    currency: currencyOf(rooms.settings),
    language: languageOf(rooms.settings),
    notice: notice?.say,
    outCause: sale.at === "OUT_OF_SERVICE" ? sale.cause : undefined,
    entry,
    exactChangeOnly: exactChangeOnly(rooms.cash, cash),
    code: codeView(rooms, notice),
    busy: isBusy(sale),
    pay: payBy(rooms, cash),
    cardShown: sessionAt(rooms.cards) !== undefined,
    topUp: rooms.ledger.durable.creditMinor > 0 && topUpOffer(rooms.cards) !== undefined,
    readerText: rooms.cards.shows?.text,
    products: shelf.views,
  };
}

function isBusy(sale: SaleState): boolean {
  return sale.at === "ACCEPTING_PAYMENT" && sale.phase !== "collecting" && sale.phase !== "inviting";
}

/** What a customer may be asked to pay by. */
function payBy(rooms: Rooms, cash: CashFacts): PanelFacts["pay"] {
  const { coins, bills, cards } = meansLeft(rooms, cash);
  if (!cards) return "cash";
  return coins || bills ? "any" : "card";
}

function codeView(rooms: Rooms, notice: Notice | undefined): CodeView | undefined {
  if (notice === undefined || (notice.say !== "voucher" && notice.say !== "claim")) return undefined;
  const currency = currencyOf(rooms.settings);
  const amount = formatMinor(notice.amountMinor, currency);
  const qr = `SPIRAL:${rooms.identity.machineId}:${rooms.identity.epoch}:${notice.code}`;
  return { kind: notice.say, code: notice.code, amount, qr };
}
