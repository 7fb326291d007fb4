/** Everything the world can tell the machine. Times are monotonic ms since boot, latched where the thing happened. */
import type { Language } from "../../shared/panel-phrases.js";
import type { ClockQuality } from "../../shared/records/kinds.js";

/** Result of one exchange on the bus, or news from the link. Bytes are without CHK. */
export type LinkResult =
  | { readonly kind: "ack" }
  | { readonly kind: "nak" }
  | { readonly kind: "data"; readonly bytes: Uint8Array; readonly held: boolean }
  | { readonly kind: "silent" }
  | { readonly kind: "garbled"; readonly reason: string }
  | { readonly kind: "ackSent" } // of a held reply
  | { readonly kind: "ackWithheld" } // 4 ms were over
  | { readonly kind: "busReset" };

export type MotorStop = "home" | "timeout" | "stall" | "ordered";

/**
 * How an update gets on. refused: the image is not signed, or not for this board. failed: it did not arrive as signed,
 * or flash would not take it. switched: the next power-up starts it, on trial. confirmed: the running image is for
 * good; told at each power-up that is no trial, too. detail: number of the reason (UPDATE_FAULTS of io/net).
 */
export interface UpdateTold {
  readonly news: "refused" | "failed" | "switched" | "confirmed";
  readonly detail?: number | undefined;
}

export type WorldInput =
  | { readonly on: "tick" }
  | { readonly on: "link"; readonly result: LinkResult }
  | { readonly on: "key"; readonly key: string }
  /** Somebody has chosen what the panel speaks; the service menu is to speak it, too. */
  | { readonly on: "language"; readonly language: Language }
  | { readonly on: "select"; readonly slot: string }
  | { readonly on: "cancel" }
  /** The customer wants the credit on the card that is shown. */
  | { readonly on: "revalue" }
  | { readonly on: "door"; readonly open: boolean }
  /** The service person has counted a slot's products. Believed only while the door is open. */
  | { readonly on: "stocked"; readonly slot: string; readonly quantity: number }
  | { readonly on: "leftHome"; readonly column: number; readonly atMs: number }
  | { readonly on: "motorStopped"; readonly column: number; readonly why: MotorStop; readonly atMs: number }
  | { readonly on: "beam"; readonly dark: boolean; readonly atMs: number }
  /** Foreign light on the beam's receiver, or none any more: what falls through it nobody sees. See `BeamPort`. */
  | { readonly on: "glare"; readonly present: boolean; readonly atMs: number }
  /**
   * The mains are failing: the rim has stopped the motor, controller, beam and flash live on for some time. Whatever
   * follows, the board restarts afterwards, also if the mains come back before.
   */
  | { readonly on: "powerFail"; readonly atMs: number }
  /** A byte from the DEX port (EVA-DTS): see firmware/audit. */
  | { readonly on: "dex"; readonly bytes: Uint8Array }
  | { readonly on: "temperature"; readonly milliC: number | undefined }
  | { readonly on: "wall"; readonly wallS: number; readonly quality: ClockQuality }
  | { readonly on: "network"; readonly up: boolean }
  | { readonly on: "update"; readonly told: UpdateTold }
  /** The board has got on with its claim, or not: see `ClaimPort`. */
  | { readonly on: "claim" }
  | { readonly on: "message"; readonly topic: string; readonly payload: Uint8Array };
