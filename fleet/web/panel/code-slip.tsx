/** A code to be kept, as text and as a QR code: a voucher for money, or a claim to ask support about. */

import qrcode from "qrcode-generator";
import { useMemo } from "react";
import type { CodeView } from "../../../shared/panel-view.js";
import { formatVoucherCode, VOUCHER_CODE_LENGTH } from "../../../shared/voucher.js";
import { useAct } from "./machine.js";

const QUIET_MODULES = 2;

export function CodeSlip({ code }: { readonly code: CodeView }) {
  const act = useAct();
  const isVoucher = code.kind === "voucher";
  return (
    <section className="slip" aria-label={isVoucher ? "Voucher" : "Claim"} data-testid="code-slip">
      <Qr text={code.qr} />
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

function Qr({ text }: { readonly text: string }) {
  const { path, size } = useMemo(() => modulesOf(text), [text]);
  return (
    <svg className="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label="QR code of this code">
      <rect width={size} height={size} fill="#ffffff" />
      <path d={path} fill="#000000" shapeRendering="crispEdges" />
    </svg>
  );
}

/** The dark modules as one path, with the quiet zone around. */
function modulesOf(text: string): { readonly path: string; readonly size: number } {
  const qr = qrcode(0, "M");
  qr.addData(text);
  qr.make();
  const count = qr.getModuleCount();
  let path = "";
  for (let row = 0; row < count; row++) {
    for (let column = 0; column < count; column++) {
      if (qr.isDark(row, column)) path += `M${column + QUIET_MODULES} ${row + QUIET_MODULES}h1v1h-1z`;
    }
  }
  return { path, size: count + 2 * QUIET_MODULES };
}
