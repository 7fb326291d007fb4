/** What goes out through a channel: alerts as they stood when something happened to them, or a test. */
import Type, { type Static } from "typebox";
import { nullable } from "../api/common.js";

export const AlertNote = Type.Object({
  kind: Type.Enum(["opened", "changed", "resolved"]),
  id: Type.String(),
  machine: nullable(Type.String()),
  rule: Type.String(),
  slotCode: nullable(Type.String()),
  severity: Type.Enum(["info", "warning", "error", "critical"]),
  sentence: Type.String(),
  openedAt: Type.String(),
  resolvedAt: nullable(Type.String()),
});
export type AlertNote = Static<typeof AlertNote>;

/** leftOut: news that found no room in the outbox. */
export const MessageBody = Type.Object({
  alerts: Type.Array(AlertNote),
  leftOut: Type.Integer(),
});
export type MessageBody = Static<typeof MessageBody>;

export interface Message {
  /** Idempotency key: the same at every try. */
  readonly id: string;
  /** alert.opened, alert.changed, alert.resolved, alert.digest or test. */
  readonly event: string;
  readonly createdAt: Date;
  readonly body: MessageBody;
}

const MAX_SUBJECT_LENGTH = 150;
const KINDS = { opened: "", changed: "Changed: ", resolved: "Resolved: " } as const;

export function subjectOf({ event, body: { alerts } }: Message): string {
  const [first] = alerts;
  if (event === "test" || first === undefined) return "Spiral: a test of this channel";
  const more = alerts.length === 1 ? "" : ` (and ${alerts.length - 1} more)`;
  return `${KINDS[first.kind]}${first.sentence}${more}`.replace(/\s+/g, " ").slice(0, MAX_SUBJECT_LENGTH);
}

export function textOf({ event, body: { alerts, leftOut } }: Message): string {
  if (event === "test") return "This is a test. Alerts will come like this.\n";
  const lines = alerts.map(({ kind, severity, sentence, openedAt, resolvedAt }) => {
    const when = resolvedAt === null ? `since ${openedAt}` : `until ${resolvedAt}`;
    return `[${severity}] ${KINDS[kind]}${sentence}\n    ${when}`;
  });
  if (leftOut > 0) lines.push(`${leftOut} more were left out: there were too many.`);
  return `${lines.join("\n\n")}\n`;
}
