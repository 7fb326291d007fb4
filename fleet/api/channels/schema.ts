/** Channels: where alerts go, which of them and when; their outbox and dead letters. */
import Type, { type Static } from "typebox";
import { MAX_URL_LENGTH } from "../../hooks/target.js";
import { RuleName } from "../alert-rules/schema.js";
import { Cursor, Instant, Limit, NextCursor, nullable, Uuid } from "../common.js";
import { FaultSeverity } from "../faults/schema.js";

export const MAX_RECIPIENTS = 20;
const closed = { additionalProperties: false } as const;

const Url = Type.String({ maxLength: MAX_URL_LENGTH, description: "Of a webhook: https, to a public address" });
const Recipients = Type.Array(Type.String({ format: "email", maxLength: 254 }), {
  minItems: 1,
  maxItems: MAX_RECIPIENTS,
  description: "Of e-mail",
});
const Name = Type.String({ minLength: 1, maxLength: 100 });
const Rules = nullable(Type.Array(RuleName, { description: "Null: all" }));
const Quiet = Type.Enum(["send", "hold"], {
  description: "What is not critical: sent in quiet hours, or held until they end",
});

export const Channel = Type.Object({
  id: Uuid,
  name: Name,
  kind: Type.Enum(["email", "webhook"]),
  url: nullable(Type.String()),
  to: nullable(Type.Array(Type.String())),
  enabled: Type.Boolean(),
  leastSeverity: FaultSeverity,
  rules: nullable(Type.Array(Type.String())),
  resolved: Type.Boolean({ description: "Told as well when an alert is resolved" }),
  inQuietHours: Quiet,
  waiting: Type.Integer({ description: "Messages in its outbox" }),
  dead: Type.Integer({ description: "Messages that could not be sent; POST …/replays sends them again" }),
});
export type Channel = Static<typeof Channel>;
export const ChannelList = Type.Object({ channels: Type.Array(Channel) });

/** secret: of a webhook, shown now and never again. */
export const MadeChannel = Type.Object({ ...Channel.properties, secret: nullable(Type.String()) });

const Choices = {
  enabled: Type.Optional(Type.Boolean()),
  leastSeverity: Type.Optional(FaultSeverity),
  rules: Type.Optional(Rules),
  resolved: Type.Optional(Type.Boolean()),
  inQuietHours: Type.Optional(Quiet),
};
export const ChannelBody = Type.Object(
  {
    name: Name,
    kind: Type.Enum(["email", "webhook"]),
    url: Type.Optional(Url),
    to: Type.Optional(Recipients),
    ...Choices,
  },
  closed,
);
export type ChannelBody = Static<typeof ChannelBody>;
export const ChannelPatch = Type.Object(
  { name: Type.Optional(Name), url: Type.Optional(Url), to: Type.Optional(Recipients), ...Choices },
  closed,
);

export const ChannelParams = Type.Object({ id: Uuid });
export const Queued = Type.Object({ deliveryId: Uuid });
export const Replayed = Type.Object({ replayed: Type.Integer() });
export const ReplayBody = Type.Object(
  { deliveryId: Type.Optional(Uuid) },
  { ...closed, description: "Without deliveryId: all dead letters of the channel" },
);

export const Delivery = Type.Object({
  id: Uuid,
  event: Type.String(),
  state: Type.Enum(["waiting", "sent", "dead"]),
  tries: Type.Integer(),
  error: nullable(Type.String()),
  createdAt: Instant,
  endedAt: nullable(Instant),
});
export type Delivery = Static<typeof Delivery>;
export const DeliveryQuery = Type.Object({
  state: Type.Optional(Type.Enum(["waiting", "sent", "dead"])),
  limit: Type.Optional(Limit),
  cursor: Type.Optional(Cursor),
});
export const DeliveryList = Type.Object({ deliveries: Type.Array(Delivery), nextCursor: NextCursor });
