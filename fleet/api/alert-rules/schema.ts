/** Rules of alerts with an operator's own numbers, its quiet hours, and what of a machine is to be still. */
import Type, { type Static } from "typebox";
import { RULE_CODES } from "../../alerts/rules.js";
import { Instant, nullable, Serial } from "../common.js";
import { FaultSeverity } from "../faults/schema.js";

export const RuleName = Type.Enum([...RULE_CODES]);
const closed = { additionalProperties: false } as const;

const Threshold = Type.Object({
  value: Type.Number({ description: "As it counts now" }),
  preset: Type.Number(),
  least: Type.Number(),
  most: Type.Number(),
  about: Type.String(),
});

export const Rule = Type.Object({
  rule: RuleName,
  about: Type.String(),
  per: Type.Enum(["machine", "slot", "operator"]),
  enabled: Type.Boolean(),
  severity: FaultSeverity,
  presetSeverity: FaultSeverity,
  thresholds: Type.Record(Type.String(), Threshold),
});
export type Rule = Static<typeof Rule>;
export const RuleList = Type.Object({ rules: Type.Array(Rule) });

export const RuleParams = Type.Object({ rule: RuleName });
/** What is left out is the table's. */
export const RuleBody = Type.Object(
  {
    enabled: Type.Boolean(),
    severity: Type.Optional(nullable(FaultSeverity)),
    thresholds: Type.Optional(Type.Record(Type.String({ maxLength: 40 }), Type.Number())),
  },
  closed,
);

const Minute = nullable(
  Type.Integer({ minimum: 0, maximum: 1_439, description: "Of the day in timeZone; both null: never quiet" }),
);
export const AlertSettings = Type.Object(
  {
    timeZone: Type.String({ maxLength: 64 }),
    quietFromMinute: Minute,
    quietToMinute: Minute,
    temperatureUnit: Type.Enum(["C", "F"]),
  },
  closed,
);
export type AlertSettings = Static<typeof AlertSettings>;

/** `rule` "all" is maintenance. */
export const Mute = Type.Object({ rule: Type.String(), untilAt: Instant, note: Type.String() });
export type Mute = Static<typeof Mute>;
export const MuteList = Type.Object({ mutes: Type.Array(Mute) });
export type MuteList = Static<typeof MuteList>;
export const MuteBody = Type.Object(
  { untilAt: Instant, note: Type.Optional(Type.String({ maxLength: 500 })) },
  { ...closed, description: "At most 30 days ahead" },
);
export type MuteBody = Static<typeof MuteBody>;
export const MuteParams = Type.Object({ serial: Serial, rule: Type.Enum(["all", ...RULE_CODES]) });
