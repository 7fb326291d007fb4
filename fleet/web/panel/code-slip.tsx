/** A code to be kept, as text and as a QR code: a voucher for money, or a claim to ask support about. */

import type { CodeView } from "../../../shared/panel-view.js";
import { formatVoucherCode, VOUCHER_CODE_LENGTH } from "../../../shared/voucher.js";
import { QrCode } from "../parts/qr-code.js";
import { useAct } from "./machine.js";

export function CodeSlip({ code }: { readonly code: CodeView }) {
  const act = useAct();
  const isVoucher = code.kind === "voucher";
  return (
    <section className="slip" aria-label={isVoucher ? "Voucher" : "Claim"} data-testid="code-slip">
      <QrCode text={code.qr} label="QR code of this code" />
      <div>
        <h2>
          {isVoucher ? "Voucher" : "Claim"} <b>{code.amount}</b>
        </h2>
        <p className="slip-code" data-testid="code" data-code={code.code}>
          {code.code.length === VOUCHER_CODE_LENGTH ? formatVoucherCode(code.code) : code.code}
        </p>
        <p>{isVoucher ? "Worth money: keep this code." : "Keep this code and show it to support."}</p>
        <button type="button" className="button" onClick={() => act({ do: "cancel" })}>
          I have it
        </button>
      </div>
    </section>
  );
}
