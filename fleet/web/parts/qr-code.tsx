/** A text as a QR code, drawn as one path. */
import qrcode from "qrcode-generator";
import { useMemo } from "react";

/** Quiet zone of the standard (ISO/IEC 18004 §9.1), in modules. */
const QUIET = 4;

export function QrCode({
  text,
  label,
  size = 200,
}: {
  readonly text: string;
  readonly label: string;
  readonly size?: number;
}) {
  const { modules, path } = useMemo(() => draw(text), [text]);
  const side = modules + 2 * QUIET;
  return (
    <svg className="qr" viewBox={`0 0 ${side} ${side}`} width={size} height={size} role="img" aria-label={label}>
      <rect width={side} height={side} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  );
}

function draw(text: string): { readonly modules: number; readonly path: string } {
  const qr = qrcode(0, "M");
  qr.addData(text);
  qr.make();
  const modules = qr.getModuleCount();
  let path = "";
  for (let row = 0; row < modules; row++) {
    for (let column = 0; column < modules; column++) {
      if (qr.isDark(row, column)) path += `M${column + QUIET} ${row + QUIET}h1v1h-1z`;
    }
  }
  return { modules, path };
}
