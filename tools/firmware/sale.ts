/**
 * One sale by touching the screen, as a pure step: what the simulated machine traces goes in, what to touch next comes
 * out. It judges by the records alone: sold is what the ledger holds as settled.
 */

/** What a line of the log says. */
export type News =
  /** Purchase state and display. */
  | { readonly news: "view"; readonly state: string; readonly words: string }
  /** A record is on flash. */
  | { readonly news: "record"; readonly kind: string }
  /** Where to touch for it, in pixels of the simulated screen. */
  | { readonly news: "place"; readonly id: string; readonly x: number; readonly y: number }
  /** JavaScript threw; whether somebody caught it is not said. */
  | { readonly news: "threw"; readonly what: string }
  /** The engine gave up. */
  | { readonly news: "broken"; readonly why: string };

export type Stage = "starting" | "choosing" | "paying" | "turning" | "ending" | "sold" | "failed";

export interface Sale {
  readonly stage: Stage;
  /** id to the middle of what can be touched. */
  readonly places: ReadonlyMap<string, { readonly x: number; readonly y: number }>;
  readonly touches: number;
  /** When the last touch was made; the next one waits for its effect. */
  readonly touchedMs: number;
  readonly lastWords: string;
  readonly records: readonly string[];
  /** The last exception, caught or not. */
  readonly threw: string;
  readonly why: string;
}

export const SALE: Sale = Object.freeze({
  stage: "starting",
  places: new Map(),
  touches: 0,
  touchedMs: Number.NEGATIVE_INFINITY,
  lastWords: "",
  records: [],
  threw: "",
  why: "",
});

/** A touch that has had no effect for so long is made again. */
export const TOUCH_AGAIN_MS = 8_000;
/** A sale needs about four; beyond this the screen does not react. */
export const MAX_TOUCHES = 24;
/** How the simulator names the button that puts in a bill. */
export const BILL = "control $1";
const PRODUCT = /^slot-/;
/** Records that show that money has come in. */
const MONEY_IN: readonly string[] = ["coinIn", "billStacked"];
const FAILURES: readonly string[] = ["saleFailed", "outcomeUnknown"];

export interface SaleStep {
  readonly sale: Sale;
  /** What to touch now. */
  readonly touch: { readonly id: string; readonly x: number; readonly y: number } | undefined;
}

/** What `line` of the log says, if it says something. Times before it and marks of the terminal are left out. */
export function newsIn(line: string): News | undefined {
  const text = plainText(line);
  const threw = /# Exception: (.*)/.exec(text)?.[1];
  if (threw !== undefined) return { news: "threw", what: threw };
  const broken = /(XS abort.*|#xsbug-log disconnected.*)/.exec(text)?.[1];
  if (broken !== undefined) return { news: "broken", why: broken };
  const said = /\d+ ms {2}(.*)$/.exec(text)?.[1];
  if (said === undefined) return undefined;
  const record = /^record (\w+)$/.exec(said)?.[1];
  if (record !== undefined) return { news: "record", kind: record };
  const place = /^place (.+) (\d+),(\d+)$/.exec(said);
  if (place !== null) return { news: "place", id: place[1] ?? "", x: Number(place[2]), y: Number(place[3]) };
  const view = /^([A-Z_]+): (.*)$/.exec(said);
  return view === null ? undefined : { news: "view", state: view[1] ?? "", words: said };
}

/** `line` without what only a terminal understands. */
export function plainText(line: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
  return line.replaceAll(/\u001b\[[0-9;]*[A-Za-z]/g, "").replace(/^(?:\(xsdb\) )?(?:\[Thread \d+\] )?/, "");
}

/** What the sale makes of a line of the log. */
export function hear(sale: Sale, news: News): Sale {
  if (isOver(sale)) return sale;
  switch (news.news) {
    case "threw":
      return { ...sale, threw: news.what };
    case "broken": {
      const threw = sale.threw === "" ? "" : `, after the exception "${sale.threw}"`;
      return { ...sale, stage: "failed", why: `The firmware broke off: ${news.why}${threw}` };
    }
    case "place": {
      const places = new Map(sale.places).set(news.id, { x: news.x, y: news.y });
      return { ...sale, places };
    }
    case "record":
      return hearRecord({ ...sale, records: [...sale.records, news.kind] }, news.kind);
    case "view":
      return hearView({ ...sale, lastWords: news.words }, news.state);
  }
}

/** What to touch at `nowMs`, if anything. */
export function nextTouch(sale: Sale, nowMs: number): SaleStep {
  const id = isOver(sale) ? undefined : wanted(sale);
  const place = id === undefined ? undefined : sale.places.get(id);
  if (id === undefined || place === undefined) return { sale, touch: undefined };
  if (nowMs - sale.touchedMs < TOUCH_AGAIN_MS) return { sale, touch: undefined };
  if (sale.touches >= MAX_TOUCHES) {
    const why = `The screen was touched ${MAX_TOUCHES} times; the last it said was "${sale.lastWords}".`;
    return { sale: { ...sale, stage: "failed", why }, touch: undefined };
  }
  return { sale: { ...sale, touches: sale.touches + 1, touchedMs: nowMs }, touch: { id, ...place } };
}

export function isOver({ stage }: Sale): boolean {
  return stage === "sold" || stage === "failed";
}

function hearRecord(sale: Sale, kind: string): Sale {
  if (FAILURES.includes(kind)) return { ...sale, stage: "failed", why: `The sale did not end well: ${kind}.` };
  if (kind === "saleSettled") return { ...sale, stage: "ending" };
  // The next bill may follow at once.
  return sale.stage === "paying" && MONEY_IN.includes(kind) ? freshTouch(sale) : sale;
}

function hearView(sale: Sale, state: string): Sale {
  switch (state) {
    case "IDLE":
      if (sale.stage === "ending") return { ...sale, stage: "sold" };
      return sale.stage === "starting" ? freshTouch({ ...sale, stage: "choosing" }) : sale;
    case "PRODUCT_SELECTED":
    case "ACCEPTING_PAYMENT":
      return sale.stage === "choosing" ? freshTouch({ ...sale, stage: "paying" }) : sale;
    case "DISPENSING":
      return sale.stage === "paying" ? { ...sale, stage: "turning" } : sale;
    default:
      return sale;
  }
}

function freshTouch(sale: Sale): Sale {
  return { ...sale, touchedMs: Number.NEGATIVE_INFINITY };
}

/** What is to be touched in this stage. */
function wanted(sale: Sale): string | undefined {
  if (sale.stage === "paying") return BILL;
  return sale.stage === "choosing" ? [...sale.places.keys()].find((id) => PRODUCT.test(id)) : undefined;
}

/** Why the sale is not done when its time is up. */
export function whyNotSold({ stage, lastWords, places }: Sale): string {
  const last = lastWords === "" ? "It said nothing." : `The last it said was "${lastWords}".`;
  switch (stage) {
    case "starting":
      return lastWords === ""
        ? "The machine traced nothing: the simulator did not start it, or its debugger's port was closed to it."
        : `The machine never asked for a choice. ${last}`;
    case "choosing":
      return places.size === 0
        ? `The machine has no touch screen in the simulator: it told no place to touch. ${last}`
        : `Touching a product chose none. ${last}`;
    case "paying":
      return places.has(BILL) ? `The money did not suffice. ${last}` : `There is no button for money. ${last}`;
    case "turning":
      return `The product was paid and the sale not settled. ${last}`;
    default:
      return `The sale was settled and the machine did not come to rest. ${last}`;
  }
}
