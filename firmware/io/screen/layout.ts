/** From the core's view and the screen's own state to plates: the whole picture, a pure function. */
import { formatVoucherCode, VOUCHER_CODE_LENGTH } from "../../../shared/voucher.js";
import {
  bigWords,
  bodyOf,
  detailOf,
  type FootButton,
  footPlates,
  headlineOf,
  headPlates,
  type Scenery,
  said,
} from "./frame.js";
import { GAP_PX } from "./grid.js";
import { FONTS } from "./looks.js";
import { menuPlates } from "./menu.js";
import { type Area, centered, fitting, type Line, lineIn, type Plate, type Words, wrapped } from "./plates.js";
import { cancelButton, productPlates, statusPlate } from "./products.js";
import { sceneOf } from "./state.js";
import { reasonFor } from "./texts.js";

/** Largest QR code, px. */
const MOST_QR_PX = 220;
const STATUS_PX = 24;
/** A body lower than this has price and credit beside each other. */
const LEAST_TALL_PX = 160;

/** Plates from below to above; the first is the ground. */
export function pictureOf(scenery: Scenery): Plate[] {
  const { width, height, view } = scenery;
  const ground: Plate = { id: "ground", x: 0, y: 0, w: width, h: height, fill: "ground", words: [] };
  switch (sceneOf(view)) {
    case "menu":
      return [ground, ...menuPlates(scenery)];
    case "code":
      return [ground, ...codePlates(scenery)];
    case "products":
      return [ground, ...productPlates(scenery)];
    case "paying":
      return [ground, ...payingPlates(scenery)];
    default:
      return [ground, ...messagePlates(scenery)];
  }
}

/** A picture of nothing: the panel is dark. */
export function darkPicture(width: number, height: number): Plate[] {
  return [{ id: "ground", x: 0, y: 0, w: width, h: height, fill: "ground", words: [] }];
}

/** A product is chosen: what it costs, what is paid, what remains. */
function payingPlates(scenery: Scenery): Plate[] {
  const { view, measure } = scenery;
  const product = view.products.find(({ slot }) => slot === view.slot);
  const name = product?.name ?? view.slot ?? "";
  const detail = detailOf(scenery);
  const body = bodyOf(scenery);
  const flat = body.h < LEAST_TALL_PX;
  const rowPx = FONTS.medium.lineHeightPx;
  const sums: Area = { x: GAP_PX, y: body.y + GAP_PX, w: body.w - 2 * GAP_PX, h: (flat ? 1 : 2) * rowPx + 8 };
  const status: Area = { ...body, y: body.y + body.h - STATUS_PX, h: STATUS_PX };
  const big: Area = { ...body, y: sums.y + sums.h, h: status.y - sums.y - sums.h };
  const rows: readonly (readonly [string, string])[] = [
    [said(scenery, "price"), product?.price ?? ""],
    [said(scenery, "credit"), view.credit],
  ];
  const words = rows.flatMap(([label, amount], row): Words[] => {
    const half = Math.floor(sums.w / 2);
    const area = flat ? { ...sums, x: sums.x + row * half, w: half } : sums;
    const y = sums.y + 4 + (flat ? 0 : row * rowPx);
    return [
      lineIn(area, y + 3, { text: label, font: "small", color: "ink" }, "left", measure),
      lineIn(area, y, { text: amount, font: "medium", color: "ink" }, "right", measure),
    ];
  });
  return [
    ...headPlates(scenery, name, view.slot ?? ""),
    { ...sums, id: "sums", fill: "tile", words },
    {
      ...big,
      id: "big",
      fill: "ground",
      words: bigWords(big, headlineOf(scenery), detail === name ? "" : detail, measure),
    },
    statusPlate(scenery, status, false),
    ...footPlates(scenery, [cancelButton(scenery, view.creditMinor > 0 ? "moneyBack" : "cancel")]),
  ];
}

/** Something to read: wait, take your money, out of service and why. */
function messagePlates(scenery: Scenery): Plate[] {
  const { view, measure } = scenery;
  const atDoor = view.outCause === "doorOpen";
  const body = bodyOf(scenery, atDoor);
  const reason = reasonFor(view.outCause);
  const detail = reason === undefined ? detailOf(scenery) : said(scenery, reason);
  const buttons: FootButton[] = atDoor
    ? [
        {
          id: "service",
          text: said(scenery, "service"),
          press: { do: "input", input: { on: "key", key: "#" } },
          fill: "key",
          small: false,
        },
      ]
    : [];
  const credit = view.creditMinor > 0 ? `${said(scenery, "credit")} ${view.credit}` : "";
  return [
    ...headPlates(scenery, credit, ""),
    { ...body, id: "big", fill: "ground", words: bigWords(body, headlineOf(scenery), detail, measure) },
    ...footPlates(scenery, buttons),
  ];
}

/** A voucher or a claim: the code to scan and to type. */
function codePlates(scenery: Scenery): Plate[] {
  const { view, measure } = scenery;
  const { code } = view;
  if (code === undefined) return [];
  const body = bodyOf(scenery);
  const wide = body.w > body.h * 1.5;
  const side = Math.min(MOST_QR_PX, wide ? body.h - 2 * GAP_PX : Math.floor(body.h * 0.62));
  const qrArea: Area = wide
    ? { x: GAP_PX, y: body.y + Math.floor((body.h - side) / 2), w: side, h: side }
    : { x: Math.floor((body.w - side) / 2), y: body.y + GAP_PX, w: side, h: side };
  const text: Area = wide
    ? { x: qrArea.x + side, y: body.y, w: body.w - qrArea.x - side, h: body.h }
    : { x: 0, y: qrArea.y + side, w: body.w, h: body.y + body.h - qrArea.y - side };
  const typed = code.code.length === VOUCHER_CODE_LENGTH ? formatVoucherCode(code.code) : code.code;
  const advice = said(scenery, code.kind === "voucher" ? "worthMoney" : "askSupport");
  const w = text.w - 12;
  const font = fitting(typed, ["medium", "bold"], w, measure);
  const lines: Line[] = [
    ...wrapped(typed, font, w, 2, measure).map((line): Line => ({ text: line, font, color: "white" })),
    ...wrapped(advice, "small", w, 3, measure).map((line): Line => ({ text: line, font: "small", color: "accent" })),
  ];
  const done = { do: "input", input: { on: "cancel" } } as const;
  return [
    ...headPlates(scenery, headlineOf(scenery), ""),
    { ...qrArea, id: "qr", fill: "white", words: [], qr: code.qr },
    { ...text, id: "code", fill: "ground", words: centered(text, lines, measure) },
    ...footPlates(scenery, [
      { id: "have-it", text: said(scenery, "haveIt"), press: done, fill: "accent", small: false },
    ]),
  ];
}
