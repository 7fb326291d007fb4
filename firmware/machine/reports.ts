/** What the machine says of itself: to the fleet (birth, will, telemetry) and on the panel. Reads, never decides. */
import { FAULTS } from "../../shared/faults.js";
import { formatMinor } from "../../shared/money/amounts.js";
import { CLOCK_QUALITIES, type ClockQuality } from "../../shared/records/kinds.js";
import { encodeStatus, type TelemetryMessage } from "../../shared/wire/messages.js";
import { exactChangeOnly } from "../cash/acceptance.js";
import type { CashFacts } from "../cash/state.js";
import { type CodeView, panelView, type PanelView, type ProductView } from "../panel/view.js";
import type { Announcement } from "../ports/hardware.js";
import type { Notice, SaleState } from "../sale/state.js";
import { currencyOf, type Rooms, slotFaulty, slotOf } from "./conditions.js";

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
      orderCounter: 0,
      nonce,
    });
  };
  return {
    birth: (connection) => status(true, connection),
    will: (connection) => status(false, connection),
  };
}

export interface ClockNow {
  readonly wallS: number | undefined;
  readonly quality: ClockQuality;
}

export function telemetryMessage(rooms: Rooms, cash: CashFacts, clock: ClockNow, nowMs: number): TelemetryMessage {
  const { ledger, identity } = rooms;
  const { durable } = ledger;
  const faults = durable.faults.map((open) => open.fault);
  if (rooms.doorOpen) faults.push(FAULTS.doorOpen.code);
  if (exactChangeOnly(rooms.cash, cash)) faults.push(FAULTS.exactChangeOnly.code);
  const slots = rooms.planogram?.slots ?? [];
  return {
    epoch: identity.epoch,
    seq: ledger.newestSeq,
    boot: durable.bootNo,
    uptimeS: Math.floor(nowMs / 1000),
    planogramVersion: rooms.planogram?.version ?? 0,
    inventory: Uint8Array.from(slots, ({ slot }) => Math.min(255, durable.stock[slot] ?? 0)),
    revenueMinor: durable.counters.salesMinor,
    vends: durable.counters.sales,
    faults: faults.filter((fault, i) => faults.indexOf(fault) === i),
    state: rooms.sale.at,
    creditMinor: durable.creditMinor,
    tubes: Uint8Array.from(durable.tubes, (count) => Math.min(255, count)),
    clockQuality: CLOCK_QUALITIES.indexOf(clock.quality),
    unackedRecords: ledger.newestSeq - ledger.mark,
    ...(rooms.climate.tempMilliC === undefined ? {} : { tempMilliC: rooms.climate.tempMilliC }),
    ...(rooms.cash.validator === undefined ? {} : { stackerBills: rooms.cash.validator.stackerCount }),
    ...(clock.wallS === undefined ? {} : { wallS: clock.wallS }),
  };
}

export function productsOf(rooms: Rooms): ProductView[] {
  const currency = currencyOf(rooms.settings);
  return (rooms.planogram?.slots ?? []).map(({ slot, productId, name, priceMinor }) => {
    const stock = rooms.ledger.durable.stock[slot] ?? 0;
    const price = formatMinor(priceMinor, currency);
    return { slot, productId, name, priceMinor, price, stock, available: stock > 0 && !slotFaulty(rooms, slot) };
  });
}

export function viewOf(rooms: Rooms, cash: CashFacts, entry: string): PanelView {
  const { sale } = rooms;
  const slot = "slot" in sale ? sale.slot : undefined;
  const notice = "notice" in sale ? sale.notice : undefined;
  return panelView({
    state: sale.at,
    slot,
    priceMinor: slot === undefined ? undefined : slotOf(rooms, slot)?.priceMinor,
    creditMinor: rooms.ledger.durable.creditMinor,
    currency: currencyOf(rooms.settings),
    notice: notice?.say,
    outCause: sale.at === "OUT_OF_SERVICE" ? sale.cause : undefined,
    entry,
    exactChangeOnly: exactChangeOnly(rooms.cash, cash),
    code: codeView(rooms, notice),
    busy: isBusy(sale),
    products: productsOf(rooms),
  });
}

function isBusy(sale: SaleState): boolean {
  return sale.at === "ACCEPTING_PAYMENT" && sale.phase !== "collecting";
}

function codeView(rooms: Rooms, notice: Notice | undefined): CodeView | undefined {
  if (notice === undefined || (notice.say !== "voucher" && notice.say !== "claim")) return undefined;
  const currency = currencyOf(rooms.settings);
  const amount = formatMinor(notice.amountMinor, currency);
  const qr = `SPIRAL:${rooms.identity.machineId}:${rooms.identity.epoch}:${notice.code}`;
  return { kind: notice.say, code: notice.code, amount, qr };
}
