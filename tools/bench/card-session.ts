/**
 * The customer's side of a simulated card reader: the card that was tapped, what is asked of it, held, charged and
 * given back (MDB 4.2 §7, PDF p126-160). What the bus sees of it goes through the reader's queue.
 */
import type { CardReader } from "./card-reader.js";
import { bytesOfNumber, READER_OPTIONS } from "./card-reader-wire.js";
import type { Card, CardTruth, Charge } from "./card-truth.js";
import type { ReaderMessage } from "./reader-queue.js";
import type { Timer, World } from "./world.js";

const BEGIN_SESSION = 0x03;
const CANCEL_REQUEST = 0x04;
const APPROVED = 0x05;
const DENIED = 0x06;
const END_SESSION = 0x07;
const ERROR = 0x0a;
const REFUND_ERROR = 0xc0;
const REVALUE_APPROVED = 0x0d;
const REVALUE_DENIED = 0x0e;

/** A request on its way: asked, decided (its answer waits or was said), approved and heard. */
interface Asked {
  readonly amountMinor: number;
  readonly item: number;
  readonly negative: boolean;
  timer: Timer | undefined;
  answer: ReaderMessage | undefined;
  said: boolean;
  heard: boolean;
  approved: boolean;
}

export class CardSession {
  readonly #world: World;
  readonly #cards: CardTruth;
  readonly #reader: CardReader;
  #card: Card | undefined;
  #reading: Timer | undefined;
  #begin: ReaderMessage | undefined;
  #idle: Timer | undefined;
  #asked: Asked | undefined;
  #charge: Charge | undefined;
  #vends = 0;

  constructor(world: World, cards: CardTruth, reader: CardReader) {
    this.#world = world;
    this.#cards = cards;
    this.#reader = reader;
  }

  /** The card of the session or of an always idle request. */
  get card(): Card | undefined {
    return this.#card;
  }

  /** A request whose answer is not yet known to the VMC. */
  get asking(): boolean {
    return this.#asked !== undefined && !this.#asked.heard;
  }

  /** False: nothing reads it now. */
  tap(card: Card): boolean {
    const { state, quirks } = this.#reader;
    if (this.#card !== undefined || this.#reading !== undefined) return false;
    const asked = this.#asked;
    if (this.#reader.alwaysIdle && state === "vend" && asked !== undefined && asked.answer === undefined) {
      this.#card = card;
      this.#decideLater(asked);
      return true;
    }
    if (state !== "enabled" || (this.#reader.alwaysIdle && !quirks.sessionsWhenAlwaysIdle)) return false;
    this.#card = card;
    this.#reading = this.#world.after(quirks.readMs * 1_000, () => this.#read(card));
    this.#reader.moment("tapped");
    return true;
  }

  /** The customer presses cancel at the reader, or its own time is over. */
  customerCancels(): void {
    const { state, queue } = this.#reader;
    if (state === "sessionIdle") queue.push({ bytes: [CANCEL_REQUEST] });
    else if (this.asking && this.#asked?.answer === undefined) this.#deny();
  }

  /** READER CANCEL: the card being read is let go. */
  letGo(): void {
    this.#world.cancel(this.#reading);
    this.#reading = undefined;
    this.#reader.queue.takeBack(this.#begin);
    this.#begin = undefined;
    this.#card = undefined;
  }

  vendRequest(amountMinor: number, item: number, negative: boolean): void {
    const asked: Asked = {
      amountMinor,
      item,
      negative,
      timer: undefined,
      answer: undefined,
      said: false,
      heard: false,
      approved: false,
    };
    this.#world.cancel(this.#idle);
    this.#asked = asked;
    this.#reader.state = negative ? "negativeVend" : "vend";
    this.#reader.moment("vendRequested");
    if (this.#card !== undefined) this.#decideLater(asked);
    else asked.timer = this.#world.after(this.#reader.quirks.tapWaitMs * 1_000, () => this.#deny());
  }

  /** False: too late, the answer was heard. */
  vendCancel(): boolean {
    const asked = this.#asked;
    if (asked === undefined || asked.heard) return false;
    if (this.#reader.quirks.cancel === "approvalCrosses" && this.#card !== undefined) {
      if (asked.answer === undefined) {
        this.#world.cancel(asked.timer);
        this.#decide(asked);
      }
      return true;
    }
    // what was said and not heard is void: the VMC has given up waiting for it
    if (asked.said) return true;
    this.#reader.queue.takeBack(asked.answer);
    this.#dropHold("cancelled");
    this.#deny();
    return true;
  }

  /** False: nothing was approved. */
  vendSuccess(): boolean {
    if (!this.#settle()) return false;
    if (this.#charge !== undefined) this.#cards.capture(this.#charge, "success");
    else if (this.#asked !== undefined && this.#card !== undefined) {
      this.#cards.credit(this.#card, this.#reader.index, this.#asked.amountMinor, "negativeVend");
    }
    this.#vends += 1;
    this.#toIdle();
    this.#reader.moment("successHeard");
    return true;
  }

  /** False: nothing was approved. */
  vendFailure(): boolean {
    if (!this.#settle()) return false;
    const { refund } = this.#reader.quirks;
    const charge = this.#charge;
    const kept = refund === "fails" || refund === "silentCharged" || !this.#reader.options.refunds;
    if (charge !== undefined && kept) this.#cards.capture(charge, `failure, refund: ${refund}`);
    else if (charge !== undefined) this.#cards.release(charge, "failure");
    const tellsError = charge !== undefined && kept && refund !== "silentCharged";
    if (tellsError) this.#reader.queue.push({ bytes: [ERROR, REFUND_ERROR] });
    this.#toIdle();
    this.#reader.moment("failureHeard");
    return true;
  }

  revalue(amountMinor: number): ReaderMessage {
    const { revalueLimitMinor } = this.#reader.options;
    const card = this.#card;
    const yes = card !== undefined && amountMinor <= (revalueLimitMinor ?? 0) && this.#agrees(card, 0);
    this.#world.cancel(this.#idle);
    this.#reader.state = "revalue";
    return {
      bytes: [yes ? REVALUE_APPROVED : REVALUE_DENIED],
      said: () => {
        if (yes) this.#cards.credit(card, this.#reader.index, amountMinor, "revalue");
        this.#toIdle();
      },
    };
  }

  /** END SESSION, to be said when the reader has let the card go. */
  complete(): ReaderMessage {
    this.#world.cancel(this.#idle);
    this.#reader.moment("completeHeard");
    return {
      bytes: [END_SESSION],
      said: () => {
        this.#forget();
        this.#reader.state = "enabled";
      },
    };
  }

  /** RESET or power loss: between approval and success it counts as success (p128-160). */
  interrupt(why: string): void {
    const asked = this.#asked;
    const charged = asked?.heard === true || (asked?.said === true && this.#reader.quirks.keepsUnheardApproval);
    if (this.#charge?.state === "held") {
      if (charged) this.#cards.capture(this.#charge, why);
      else this.#cards.release(this.#charge, why);
    }
    this.#forget();
  }

  // ---- inside -----------------------------------------------------------------------------------------------------

  #read(card: Card): void {
    this.#reading = undefined;
    // always idle: the request came while the card was read, and is decided about
    if (this.#asked !== undefined) return;
    if (this.#reader.state !== "enabled") return this.#forget();
    const { quirks } = this.#reader;
    this.#begin = {
      bytes: [...this.#reader.lie(this.#sessionBytes(card)), ...quirks.junkBehindSession],
      last: quirks.junkBehindSession.length > 0 || quirks.lengthLie !== 0,
      said: () => {
        this.#begin = undefined;
        this.#vends = 0;
        this.#toIdle();
      },
      heard: () => this.#reader.moment("sessionSaid"),
    };
    this.#reader.queue.push(this.#begin);
  }

  #sessionBytes(card: Card): number[] {
    const { quirks, level, wide } = this.#reader;
    const money = wide ? 4 : 2;
    const funds = quirks.tellsFunds ? this.#reader.units(card.balanceMinor) : 256 ** money - 1;
    const head = [BEGIN_SESSION, ...bytesOfNumber(funds, money)];
    if (level === 1) return head;
    const media = [...bytesOfNumber(card.id, 4), 0, 0, 0];
    if (!wide) return [...head, ...media];
    const english = [0x65, 0x6e];
    return [...head, ...media, ...english, ...bytesOfNumber(this.#reader.options.country, 2), 0];
  }

  #decideLater(asked: Asked): void {
    const { approvalMs } = this.#reader.quirks;
    this.#world.cancel(asked.timer);
    if (approvalMs === "atOnce") this.#decide(asked);
    else asked.timer = this.#world.after(approvalMs * 1_000, () => this.#decide(asked));
  }

  #decide(asked: Asked): void {
    const card = this.#card;
    if (asked !== this.#asked || asked.answer !== undefined) return;
    const second = this.#vends > 0 && !this.#reader.options.multivend;
    const amountMinor = asked.negative ? 0 : asked.amountMinor;
    if (card === undefined || second || !this.#agrees(card, amountMinor)) return this.#deny();
    asked.approved = true;
    if (!asked.negative) {
      this.#charge = this.#cards.authorise(card, this.#reader.index, asked.amountMinor, asked.item);
    }
    const { quirks, wide } = this.#reader;
    const money = wide ? 4 : 2;
    const told = quirks.approvesAsToken ? 256 ** money - 1 : this.#reader.units(asked.amountMinor);
    this.#say(asked, {
      bytes: [APPROVED, ...bytesOfNumber(told, money)],
      said: () => {
        asked.said = true;
      },
      heard: () => {
        asked.heard = true;
        this.#reader.moment("approvalSaid");
      },
    });
  }

  #deny(): void {
    const asked = this.#asked;
    if (asked === undefined) return;
    this.#world.cancel(asked.timer);
    this.#say(asked, { bytes: [DENIED], said: () => this.#toIdle() });
  }

  #say(asked: Asked, message: ReaderMessage): void {
    asked.answer = message;
    this.#reader.queue.push(message);
  }

  #agrees(card: Card, amountMinor: number): boolean {
    const { approve, rule } = this.#reader.quirks;
    if (approve === "always") return true;
    if (approve === "never") return false;
    if (approve === "rule") return rule(amountMinor);
    return !card.blocked && card.balanceMinor >= amountMinor;
  }

  /** SUCCESS and FAILURE are legal behind an approval only; that it comes shows that 05 was heard. */
  #settle(): boolean {
    return this.#asked?.approved === true && this.#asked.said;
  }

  #toIdle(): void {
    this.#asked = undefined;
    this.#charge = undefined;
    this.#reader.state = "sessionIdle";
    this.#world.cancel(this.#idle);
    this.#idle = this.#world.after(this.#reader.quirks.sessionMs * 1_000, () => this.customerCancels());
  }

  #dropHold(why: string): void {
    if (this.#charge !== undefined) this.#cards.release(this.#charge, why);
    this.#charge = undefined;
  }

  #forget(): void {
    for (const timer of [this.#reading, this.#idle, this.#asked?.timer]) this.#world.cancel(timer);
    this.#reading = undefined;
    this.#begin = undefined;
    this.#card = undefined;
    this.#asked = undefined;
    this.#charge = undefined;
    this.#vends = 0;
  }
}

/** True if a set of option bits lets requests come without a session. */
export function isAlwaysIdle(options: number): boolean {
  return (options & READER_OPTIONS.alwaysIdle) !== 0;
}
