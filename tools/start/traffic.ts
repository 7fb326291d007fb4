/** What the bus says, in words a person can read: the tap of the simulated wire for the front panel's service side. */
import type { TrafficLine } from "../../fleet/web/panel/contract.js";
import { BILL_VALIDATOR } from "../../shared/mdb/bill-validator.js";
import { CASHLESS_1, decodeCashless } from "../../shared/mdb/cashless.js";
import { decodeCommand, MDB_DEVICES } from "../../shared/mdb/codec.js";
import { ADDRESS_MASK, MODE_BIT } from "../../shared/mdb/link.js";
import { decodePoll } from "../../shared/mdb/poll.js";
import type { TappedTransmission } from "../bench/wire.js";

/** Lines kept for a page that opens later. */
export const MAX_TRAFFIC_LINES = 200;

const SHORT = new Map<string, TrafficLine["from"]>([
  ["coinChanger", "changer"],
  ["billValidator", "validator"],
  ["cashless1", "reader"],
]);

/** Follows both sides of the bus; an idle POLL and its ACK are left out unless asked for. */
export class TrafficLog {
  private n = 0;
  private lines: TrafficLine[] = [];
  private asked:
    | { readonly line: Omit<TrafficLine, "n">; readonly command: string; readonly address: number }
    | undefined;

  /** Takes a transmission; returns the lines that are news. */
  take(transmission: TappedTransmission): readonly TrafficLine[] {
    const { from, words, startUs } = transmission;
    const atMs = Math.round(startUs / 1000);
    const hex = words.map((word) => word.toString(16).padStart(3, "0")).join(" ");
    if (from === "vmc") return this.fromMaster(words, hex, atMs);
    const { asked } = this;
    this.asked = undefined;
    const quiet = asked?.command === "poll" && words.length === 1 && words[0] === MODE_BIT;
    if (quiet) return [];
    const name = asked === undefined ? "bus" : nameAt(asked.address);
    const answer = { atMs, from: name, words: hex, meaning: asked === undefined ? "" : answerMeaning(asked, words) };
    return this.keep(asked === undefined ? [answer] : [asked.line, answer]);
  }

  all(): readonly TrafficLine[] {
    return this.lines;
  }

  private fromMaster(words: readonly number[], hex: string, atMs: number): readonly TrafficLine[] {
    if (words.length === 1 && (words[0] ?? 0) < MODE_BIT) {
      const meaning = words[0] === 0 ? "ACK" : words[0] === 0xaa ? "RET" : "NAK";
      return this.keep([{ atMs, from: "VMC", words: hex, meaning }]);
    }
    const block = words.slice(0, -1).map((word) => word & 0xff);
    const decoded = decodeCommand(block);
    const command = decoded.ok ? decoded.command : "unknown";
    const fields = decoded.ok ? fieldsText(decoded.fields) : "";
    const address = (block[0] ?? 0) & ADDRESS_MASK;
    const line = { atMs, from: "VMC" as const, words: hex, meaning: `${nameAt(address)} ${command}${fields}` };
    // Whatever was asked before got no answer: it is shown, silence is news.
    const unanswered = this.asked;
    this.asked = { line, command, address };
    return unanswered === undefined || unanswered.command === "poll" ? [] : this.keep([unanswered.line]);
  }

  private keep(fresh: readonly Omit<TrafficLine, "n">[]): readonly TrafficLine[] {
    const numbered = fresh.map((line) => ({ ...line, n: ++this.n }));
    this.lines = [...this.lines, ...numbered].slice(-MAX_TRAFFIC_LINES);
    return numbered;
  }
}

function nameAt(address: number): TrafficLine["from"] {
  const device = MDB_DEVICES.find((table) => table.address === address);
  return SHORT.get(device?.name ?? "") ?? "bus";
}

function answerMeaning(
  asked: { readonly command: string; readonly address: number },
  words: readonly number[],
): string {
  if (words.length === 1) return words[0] === MODE_BIT ? "ACK" : words[0] === 0x1ff ? "NAK" : "?";
  const bytes = words.slice(0, -1).map((word) => word & 0xff);
  if (asked.address === CASHLESS_1.level1.address) return readerMeaning(bytes);
  if (asked.command !== "poll") return `${asked.command}: ${bytes.length} bytes`;
  const device = MDB_DEVICES.find((table) => table.address === asked.address) ?? BILL_VALIDATOR;
  const { events, unknown } = decodePoll(device, bytes);
  const told = events.map((event) => event.event + fieldsText(event));
  for (const code of unknown) told.push(`unknown ${code.toString(16)}`);
  return told.join(", ");
}

/** The demo machine's reader is level 1, and it writes nothing on our display. */
function readerMeaning(bytes: readonly number[]): string {
  const { messages, unknown } = decodeCashless(CASHLESS_1.level1, 0, bytes);
  const told = messages.map((message) => message.event + fieldsText(message));
  for (const code of unknown) told.push(`unknown ${code.toString(16)}`);
  return told.join(", ");
}

function fieldsText(fields: object): string {
  const parts = Object.entries(fields)
    .filter(([name]) => name !== "event")
    .map(([name, value]) => `${name} ${Array.isArray(value) ? value.join(" ") : String(value)}`);
  return parts.length === 0 ? "" : ` (${parts.join(", ")})`;
}
