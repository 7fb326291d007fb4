/** What a channel is to whoever sends: one file each beside this one. */
import type { Sent } from "../../hooks/post.js";
import type { Message } from "../message.js";

export type ChannelKind = "email" | "webhook";

export interface ChannelAddress {
  readonly id: string;
  /** Of a webhook. */
  readonly url: string;
  /** Of e-mail. */
  readonly to: readonly string[];
  readonly secretVersion: number;
  readonly secretSinceMs: number;
}

/** Sends `message`; never rejects. */
export type Send = (address: ChannelAddress, message: Message, nowMs: number) => Promise<Sent>;
