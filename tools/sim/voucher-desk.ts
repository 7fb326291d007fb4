/**
 * Where voucher codes are turned into money, as the fleet does it: by the record that was issued, its signature and
 * only once (`shared/redemption.ts`). Behind it the thieves: every code that any panel ever showed is presented, twice,
 * and bent.
 */
import { currencyByNumber } from "../../shared/money/currencies.js";
import type { LedgerRecord } from "../../shared/records/kinds.js";
import { redemptionVerdict } from "../../shared/redemption.js";
import { parseVoucherCode } from "../../shared/voucher.js";
import type { SimCabinet } from "./sim-cabinet.js";

type Voucher = Extract<LedgerRecord, { kind: "voucherIssued" }>;

export class VoucherDesk {
  readonly #vouchers = new Map<number, Voucher>();
  readonly #redeemed = new Set<number>();
  readonly #cabinet: SimCabinet;

  /** records: what the fleet has of the machine. */
  constructor(cabinet: SimCabinet, records: readonly LedgerRecord[]) {
    this.#cabinet = cabinet;
    for (const record of records) if (record.kind === "voucherIssued") this.#vouchers.set(record.voucherNo, record);
  }

  /** Minor units paid for a code. */
  redeem(code: string): number {
    const { machineId, epoch, voucherKey } = this.#cabinet.identity;
    const currency = currencyByNumber(this.#cabinet.random.options.settings?.currency ?? 0)?.code;
    if (currency === undefined) return 0;
    const parts = parseVoucherCode(code);
    const voucher = parts.ok ? this.#vouchers.get(parts.number) : undefined;
    const issued =
      voucher === undefined
        ? undefined
        : {
            number: voucher.voucherNo,
            amountMinor: voucher.amountMinor,
            currency,
            redeemed: this.#redeemed.has(voucher.voucherNo),
          };
    const presented = { code, machineId, epoch, amountMinor: voucher?.amountMinor, currency };
    if (redemptionVerdict(voucherKey, presented, issued) !== "pay" || voucher === undefined) return 0;
    this.#redeemed.add(voucher.voucherNo);
    return voucher.amountMinor;
  }
}

/** Codes as thieves present them: theirs, theirs again, in other letters, with one character changed. */
export function voucherThieves(cabinet: SimCabinet, records: readonly LedgerRecord[]): string[] {
  const desk = new VoucherDesk(cabinet, records);
  const found: string[] = [];
  let paidMinor = 0;
  for (const code of cabinet.codesSeen.vouchers) {
    for (let at = 0; at < code.length; at++) {
      const bent = code.slice(0, at) + (code[at] === "7" ? "8" : "7") + code.slice(at + 1);
      if (bent !== code && desk.redeem(bent) > 0) found.push(`a bent voucher code was paid: ${bent} for ${code}`);
    }
    const onceMinor = desk.redeem(code);
    if (onceMinor === 0) found.push(`the panel showed a voucher that nobody pays: ${code}`);
    paidMinor += onceMinor;
    if (desk.redeem(code.toLowerCase()) > 0) found.push(`voucher ${code} was paid twice`);
  }
  for (const code of cabinet.codesSeen.claims) {
    if (desk.redeem(code) > 0) found.push(`claim ${code} was paid as a voucher`);
  }
  const { vouchersMinor } = cabinet.durable.counters;
  if (paidMinor > vouchersMinor) found.push(`vouchers of ${vouchersMinor} were paid with ${paidMinor}`);
  return found;
}
