/** What the front panel's page is told: what customers can see and take, and the service side behind the door. */
import { PAGE_MS, textPages } from "../../firmware/panel/text-display.js";
import type { LedgerLine, Mischief, PanelState, ServiceSide, TextPanel } from "../../fleet/web/panel/contract.js";
import { faultSentence } from "../../shared/faults.js";
import { decodeBody } from "../../shared/records/codec.js";
import type { Cabinet } from "../bench/cabinet.js";

export interface Around {
  /** The network cable is in, and the connection to the fleet stands. */
  readonly cable: boolean;
  readonly connected: boolean;
  readonly operatorUrl: string;
}

export function panelState(cabinet: Cabinet, { cable, connected, operatorUrl }: Around): PanelState {
  const { truth } = cabinet;
  const { slots } = cabinet.planogram;
  const inTray = truth.products.filter(({ place }) => place === "tray");
  const tray = inTray.flatMap(({ column }) => slots.filter((slot) => slot.column === column));
  const turning = cabinet.spirals.turning;
  return {
    machineId: cabinet.identity.machineId,
    view: cabinet.view,
    text: textPanel(cabinet),
    surroundings: {
      cup: truth.coins.filter(({ place }) => place === "cup").map(({ valueMinor }) => valueMinor),
      billsBackMinor: truth.billFlowMinor("escrow", "customer") + truth.billFlowMinor("transport", "customer"),
      tray: tray.map(({ slot, name, productId }) => ({ slot, name, productId })),
      turning: slots.find(({ column }) => column === turning)?.slot,
      coinsMinor: cabinet.changer?.options.types.map(({ valueMinor }) => valueMinor) ?? [],
      billsMinor: cabinet.validator?.options.valuesMinor ?? [],
      takesCards: cabinet.readers.some((reader) => reader !== undefined),
    },
    service: serviceSide(cabinet),
    mischief: mischiefNow(cabinet, cable),
    currency: "USD",
    connected,
    operatorUrl,
  };
}

function textPanel({ view, panelColumns: columns }: Cabinet): TextPanel | undefined {
  if (columns === undefined) return undefined;
  return { columns, pages: view === undefined ? [] : textPages(view, columns), pageMs: PAGE_MS };
}

function serviceSide(cabinet: Cabinet): ServiceSide | undefined {
  const { machine, truth, identity } = cabinet;
  if (machine === undefined) return undefined;
  const { durable, sale } = machine.snapshot();
  const tubes = cabinet.changer?.tubes;
  return {
    sale: JSON.stringify(sale),
    creditMinor: durable.creditMinor,
    tubes: (tubes?.types ?? []).flatMap(({ valueMinor, capacity }, type) => {
      if (capacity === 0) return [];
      const jammed = tubes?.jamOf(type) !== undefined;
      return [{ type, valueMinor, found: tubes?.count(type) ?? 0, expected: durable.tubes[type] ?? 0, jammed }];
    }),
    cashBoxMinor: truth.coinsMinor("cashBox"),
    stackerBills: cabinet.validator?.path.stackerCount ?? 0,
    openBrackets: [
      ...(durable.vend === undefined ? [] : ["vend"]),
      ...(durable.payout === undefined ? [] : ["payout"]),
      ...(durable.stack === undefined ? [] : ["bill"]),
    ],
    faults: durable.faults.map(({ fault, slot }) => faultSentence(fault, identity.machineId, slot)),
    newestSeq: machine.rooms.ledger.newestSeq,
    ackedSeq: machine.rooms.ledger.mark,
    uptimeS: Math.floor(cabinet.js.nowMs / 1_000),
    tempMilliC: cabinet.thermometer.milliC,
  };
}

function mischiefNow(cabinet: Cabinet, cable: boolean): Mischief {
  const jammed = cabinet.planogram.slots.filter(({ column }) => cabinet.spirals.isJammed(column));
  return {
    powered: cabinet.powered,
    network: cable,
    doorOpen: cabinet.door.open,
    beamBlind: cabinet.beam.blocked,
    changerUnplugged: cabinet.changer?.plugged === false,
    validatorUnplugged: cabinet.validator?.plugged === false,
    jammedSlots: jammed.map(({ slot }) => slot),
  };
}

/** One record in words; one that cannot be decoded says why. */
export function ledgerLine(code: number, seq: number, body: Uint8Array): LedgerLine {
  const result = decodeBody(code, seq, body);
  if (!result.ok) return { seq, kind: `kind ${code}`, text: `${result.error} ${result.detail}` };
  const { kind, atMs: _atMs, wallS: _wallS, seq: _seq, ...fields } = result.record;
  const parts = Object.entries(fields);
  const text = parts.map(([name, value]) => `${name} ${value instanceof Uint8Array ? value.join(" ") : String(value)}`);
  return { seq, kind, text: text.join(", ") };
}
