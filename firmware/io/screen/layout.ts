/** From the core's view and the screen's own state to plates: the whole picture, a pure function. */
import type { CodeView } from "../../../shared/panel-view.js";
import { formatVoucherCode, VOUCHER_CODE_LENGTH } from "../../../shared/voucher.js";
import {
  bigWords,
  bodyOf,
  detailOf,
  type FootButton,
  footParts,
  headlineOf,
  headParts,
  type Part,
  type Scenery,
  said,
} from "./frame.js";
import { GAP_PX } from "./grid.js";
import { FONTS } from "./looks.js";
import { menuParts } from "./menu.js";
import { type Area, centered, fitting, type Line, lineIn, type Plate, type Words, wrapped } from "./plates.js";
import { cancelButton, productParts, statusPlate } from "./products.js";
import { sceneOf } from "./state.js";
import { reasonFor } from "./texts.js";

/** Largest QR code, px. */
const MOST_QR_PX = 220;
const STATUS_PX = 24;
/** A body lower than this has price and credit beside each other. */
const LEAST_TALL_PX = 160;

/** Makes the plates, from below to above; the first is the ground. */
export function partsOf(scenery: Scenery): Part[] {
  const { width, height, view } = scenery;
  const ground: Part = () => groundOf(width, height);
  switch (sceneOf(view)) {
    case "menu":
      return [ground, ...menuParts(scenery)];
    case "code":
      return [ground, ...codeParts(scenery)];
    case "products":
      return [ground, ...productParts(scenery)];
    case "paying":
      return [ground, ...payingParts(scenery)];
    default:
      return [ground, ...messageParts(scenery)];
  }
}

/** The whole picture at once. */
export function pictureOf(scenery: Scenery): Plate[] {
  return partsOf(scenery).map((part) => part());
}

/** A picture of nothing: the panel is dark. */
export function darkPicture(width: number, height: number): Plate[] {
  return [groundOf(width, height)];
}

function groundOf(width: number, height: number): Plate {
  return { id: "ground", x: 0, y: 0, w: width, h: height, fill: "ground", words: [] };
}

/** A product is chosen: what it costs, what is paid, what remains. */
function payingParts(scenery: Scenery): Part[] {
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
    ...headParts(scenery, name, view.slot ?? ""),
    () => ({ ...sums, id: "sums", fill: "tile", words }),
    () => bigPlate(scenery, big, detail === name ? "" : detail),
    () => statusPlate(scenery, status, false),
    ...footParts(scenery, [cancelButton(scenery, view.creditMinor > 0 ? "moneyBack" : "cancel")]),
  ];
}

/** Something to read: wait, take your money, out of service and why. */
function messageParts(scenery: Scenery): Part[] {
  const { view } = scenery;
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
  return [...headParts(scenery, credit, ""), () => bigPlate(scenery, body, detail), ...footParts(scenery, buttons)];
}

/** The headline, as large as it fits. */
function bigPlate(scenery: Scenery, area: Area, detail: string): Plate {
  const words = bigWords(area, headlineOf(scenery), detail, scenery.measure);
  return { ...area, id: "big", fill: "ground", words };
}

/** A voucher or a claim: the code to scan and to type. */
function codeParts(scenery: Scenery): Part[] {
  const { code } = scenery.view;
  if (code === undefined) return [];
  const body = bodyOf(scenery);
  const wide = body.w > body.h * 1.5;
  const side = Math.min(MOST_QR_PX, wide ? body.h - 2 * GAP_PX : Math.floor(body.h * 0.64));
  const qrArea: Area = wide
    ? { x: GAP_PX, y: body.y + Math.floor((body.h - side) / 2), w: side, h: side }
    : { x: Math.floor((body.w - side) / 2), y: body.y + GAP_PX, w: side, h: side };
  const text: Area = wide
    ? { x: qrArea.x + side, y: body.y, w: body.w - qrArea.x - side, h: body.h }
    : { x: 0, y: qrArea.y + side, w: body.w, h: body.y + body.h - qrArea.y - side };
  const done = { do: "input", input: { on: "cancel" } } as const;
  return [
    ...headParts(scenery, headlineOf(scenery), ""),
    () => ({ ...qrArea, id: "qr", fill: "white", words: [], qr: code.qr }),
    () => typedCode(scenery, text, code),
    ...footParts(scenery, [
      { id: "have-it", text: said(scenery, "haveIt"), press: done, fill: "accent", small: false },
    ]),
  ];
}

function typedCode(scenery: Scenery, area: Area, { kind, code }: CodeView): Plate {
  const { measure } = scenery;
  const typed = code.length === VOUCHER_CODE_LENGTH ? formatVoucherCode(code) : code;
  const advice = said(scenery, kind === "voucher" ? "worthMoney" : "askSupport");
  const w = area.w - 12;
  const font = fitting(typed, ["medium", "bold"], w, measure);
  const lines: Line[] = [
    ...wrapped(typed, font, w, 2, measure).map((text): Line => ({ text, font, color: "white" })),
    ...wrapped(advice, "small", w, 3, measure).map((text): Line => ({ text, font: "small", color: "accent" })),
  ];
  return { ...area, id: "code", fill: "ground", words: centered(area, lines, measure) };
}
