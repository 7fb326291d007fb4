/** POST redeems a voucher, once. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { epochOfCode, redemptionVerdict, type Verdict } from "../../../shared/redemption.js";
import { parseVoucherCode, plainVoucherCode, voucherKey } from "../../../shared/voucher.js";
import { decimalOf, minorOf, trimDecimal } from "../../store/amounts.js";
import { KEY_VERSION } from "../../store/master-key.js";
import { type KnownVoucher, redeem, redeemingMachine } from "../../store/redemptions.js";
import { ProblemError } from "../problems.js";
import { REDEEM_FAILURES } from "../responses.js";
import { callerOf } from "../rights.js";
import { Redemption, RedemptionBody, RedemptionHeaders, VoucherParams } from "./schema.js";

export const voucherRoutes: FastifyPluginAsyncTypebox<{ readonly master: Uint8Array }> = async (app, { master }) => {
  app.post(
    "/vouchers/:code/redemptions",
    {
      config: { right: "vouchers:redeem" },
      schema: {
        params: VoucherParams,
        headers: RedemptionHeaders,
        body: RedemptionBody,
        response: { 200: Redemption, 201: Redemption, 202: Redemption, ...REDEEM_FAILURES },
      },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      const { serial, amount } = request.body;
      const machine = await redeemingMachine(app.databases.app, caller, serial);
      if (machine === undefined) throw new ProblemError("no-such-machine", serial);
      const { currency, decimals } = machine;
      const code = plainVoucherCode(request.params.code);
      const epoch = epochOfCode(request.params.code, machine.epoch);
      const amountMinor = minorOf(amount, decimals);
      if (code === undefined || epoch === undefined) throw new ProblemError("no-such-voucher");
      if (amountMinor === undefined || amountMinor <= 0) throw new ProblemError("voucher-amount");
      const key = voucherKey(master, serial, epoch, KEY_VERSION);
      const idempotencyKey = request.headers["idempotency-key"];
      const asked = { machineId: machine.id, epoch, code, caller, idempotencyKey };
      // Undefined: asked before.
      let verdict: Verdict | undefined;
      const row = await redeem(
        app.databases.app,
        { ...asked, amount: decimalOf(amountMinor, decimals), currency },
        (known) => {
          if (known.redemption?.idempotencyKey === idempotencyKey) return undefined;
          const presented = { code, machineId: serial, epoch, amountMinor, currency };
          verdict = redemptionVerdict(key, presented, issuedIn(known, code, decimals));
          if (verdict === "pending" && known.redemption !== undefined) verdict = "redeemed";
          return verdict === "pay" ? "redeemed" : verdict === "pending" ? "pending" : undefined;
        },
      );
      if (verdict !== undefined) refuse(verdict);
      if (row === undefined) throw new ProblemError("no-such-voucher");
      const { state, redeemedAt } = row;
      reply.code(state === "pending" ? 202 : verdict === undefined ? 200 : 201);
      return {
        code,
        serial,
        amount: trimDecimal(row.amount, decimals),
        currency: row.currency,
        state,
        redeemedAt: redeemedAt?.toISOString() ?? null,
      };
    },
  );
};

function issuedIn({ issued, redemption }: KnownVoucher, code: string, decimals: number) {
  const parts = parseVoucherCode(code);
  const amountMinor = issued === undefined ? undefined : minorOf(issued.amount, decimals);
  if (issued === undefined || amountMinor === undefined || !parts.ok) return undefined;
  return { number: parts.number, amountMinor, currency: issued.currency, redeemed: redemption !== undefined };
}

/** Throws the verdict's problem; returns where the voucher is paid, now or later. */
function refuse(verdict: Verdict): void {
  switch (verdict) {
    case "pay":
    case "pending":
      return;
    case "malformed":
    case "forged":
      throw new ProblemError("no-such-voucher");
    case "claim":
      throw new ProblemError("voucher-is-claim");
    case "otherAmount":
      throw new ProblemError("voucher-amount");
    case "redeemed":
      throw new ProblemError("voucher-redeemed");
  }
}
