/** What `decode` and `replay` print for people. */
import type { FieldRecord, FieldValue } from "../../shared/mdb/layout.js";
import type { DeviceReport, ReplayReport } from "./conclusions.js";
import { type BlockReport, hex, type ReplyReport, type TraceReport } from "./decode.js";

/** Fields that are sets of bits or BCD. */
const IN_HEX = /mask|options|country|bcd|misc/i;

export function printTrace(report: TraceReport): string[] {
  const lines: string[] = [];
  if (report.strayLines.length > 0) {
    lines.push(`Before the first block of the VMC, heard and left out: line ${report.strayLines.join(", ")}`);
  }
  for (const block of report.blocks) {
    lines.push(blockLine(block, report.timed));
    for (const reply of block.replies) lines.push(replyLine(reply));
    if (!block.replies.some(({ from }) => from === "peripheral")) lines.push("                 no answer");
  }
  lines.push("");
  for (const sums of report.devices) {
    const { device, blocks, silent, acks, dataBlocks, naks, rets, bad, unknownCodes } = sums;
    const trouble = `${naks} NAK, ${rets} RET, ${bad} bad, ${unknownCodes} unknown codes`;
    lines.push(
      `${device}: ${blocks} blocks, ${silent} without answer, ${acks} ACK, ${dataBlocks} with data, ${trouble}`,
    );
  }
  return lines;
}

function blockLine(block: BlockReport, timed: boolean): string {
  const time = timed ? seconds(block.atUs) : "-".padStart(14);
  const text = `${time}  ${block.device} ${block.command}${fieldsText(block.fields)}`;
  return `${text}${block.command === "unknown" ? `  [${hexWords(block.words)}]` : ""}${troubleText(block.problems)}`;
}

function replyLine(reply: ReplyReport): string {
  const after = `${reply.afterUs >= 0 ? "+" : ""}${reply.afterUs} us`.padStart(12);
  const who = reply.from === "vmc" ? "    VMC" : "   ";
  return `${after}  ${who} ${replyText(reply)}${troubleText(reply.problems)}`;
}

function replyText(reply: ReplyReport): string {
  if (reply.kind === "ack" || reply.kind === "nak" || reply.kind === "ret") return reply.kind.toUpperCase();
  const said = reply.events.map(({ event, ...rest }) => `${String(event)}${fieldsText(rest)}`);
  if (reply.fields !== undefined) said.push(fieldsText(reply.fields).trim());
  if (reply.unknown.length > 0) said.push(`unknown code ${hex(reply.unknown)}`);
  return said.length > 0 ? said.join(", then ") : `[${hexWords(reply.words)}]`;
}

function troubleText(problems: readonly string[]): string {
  return problems.length === 0 ? "" : `  ! ${problems.join("; ")}`;
}

function fieldsText(fields: FieldRecord): string {
  return Object.entries(fields)
    .map(([name, value]) => ` ${name}=${valueText(name, value)}`)
    .join("");
}

function valueText(name: string, value: FieldValue): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value !== "number") return `[${value.join(" ")}]`;
  return IN_HEX.test(name) ? `${value.toString(16).toUpperCase()}h` : String(value);
}

function hexWords(words: readonly number[]): string {
  return words.map((word) => word.toString(16).toUpperCase().padStart(3, "0")).join(" ");
}

export function seconds(us: number): string {
  return `${(us / 1_000_000).toFixed(6)} s`.padStart(14);
}

export function printReplay(report: ReplayReport): string[] {
  const lines: string[] = [];
  for (const device of report.devices) lines.push(...deviceLines(device, report.decimals));
  const { blocks, rets, naks, strays } = report.link;
  lines.push(`${blocks} blocks sent, ${rets} RET, ${naks} NAK heard, ${strays} stray words`);
  if (!report.complete) lines.push("The master did not get through the whole recording.");
  return lines;
}

function deviceLines(device: DeviceReport, decimals: number): string[] {
  if (!device.answered) return [`${device.device}: nobody there`];
  const lines = [`${device.device}:`];
  const states = device.states.map(({ state, atMs }) => `${state} (${(atMs / 1_000).toFixed(2)} s)`);
  lines.push(`  states           ${states.join(" > ") || "none: our master does not serve it"}`);
  if (isReader(device)) lines.push(...readerLines(device, decimals));
  if (isPaidIn(device)) lines.push(`  credit           ${money(device.creditMinor, decimals)}`);
  lines.push(`  bad blocks       ${device.badBlocks}`);
  lines.push(`  re-initialised   ${device.reinitialisations}`);
  const rest: readonly (readonly [string, Readonly<Record<string, number>>])[] = [
    ["told", device.events],
    ["not sent by us", device.passedOver],
    ["ACK assumed for", device.assumedAcks],
    ["not recorded", device.unanswered],
  ];
  for (const [name, tally] of rest) {
    const parts = Object.entries(tally).map(([what, times]) => (times === 1 ? what : `${what} x ${times}`));
    if (parts.length > 0) lines.push(`  ${name.padEnd(16)} ${parts.join(", ")}`);
  }
  if (device.faults.length > 0) lines.push(`  faults           ${device.faults.join(", ")}`);
  return lines;
}

function isReader({ device }: DeviceReport): boolean {
  return device.startsWith("cashless");
}

function isPaidIn({ device }: DeviceReport): boolean {
  return device === "coinChanger" || device === "billValidator";
}

function readerLines({ sessions, vends }: DeviceReport, decimals: number): string[] {
  const lines = [`  sessions         ${sessions}`];
  if (vends.length === 0) lines.push("  vends            none was asked of it");
  for (const { item, amountMinor, approvedMinor, answer, settled } of vends) {
    const held = approvedMinor === undefined ? "" : ` ${money(approvedMinor, decimals)}`;
    lines.push(`  vend             item ${item} for ${money(amountMinor, decimals)}: ${answer}${held}, ${settled}`);
  }
  return lines;
}

function money(minor: number, decimals: number): string {
  return (minor / 10 ** decimals).toFixed(decimals);
}
