/** Webhooks: where the feed of changes is sent to, from which place on, and what became of each message. */
import Type, { type Static } from "typebox";
import { MAX_URL_LENGTH } from "../../hooks/target.js";
import { ChangeCursor, ChangeKind } from "../changes/schema.js";
import { Cursor, Instant, Limit, NextCursor, nullable, Uuid } from "../common.js";

/** Of one operator. */
export const MAX_WEBHOOKS = 20;
const closed = { additionalProperties: false } as const;

const Name = Type.String({ minLength: 1, maxLength: 100 });
const Url = Type.String({ maxLength: MAX_URL_LENGTH, description: "https, to a public address" });
const Kinds = Type.Array(ChangeKind, { minItems: 1, uniqueItems: true, description: "Which changes it is told" });
const After = Type.String({
  ...ChangeCursor,
  description: "Goes on behind this cursor of /changes; absent in a new one: from now on",
});

export const Webhook = Type.Object({
  id: Uuid,
  name: Name,
  url: Type.String(),
  kinds: Type.Array(ChangeKind),
  enabled: Type.Boolean(),
  cursor: Type.String({ description: "Behind it is what no message holds yet" }),
  behind: Type.Integer({ description: "Changes of all kinds behind `cursor`" }),
  stopped: nullable(
    Type.Object(
      { at: Instant, why: Type.String() },
      {
        description: "It could not go on: set that right, then enable it; POST …/replays before sends what died",
      },
    ),
  ),
  waiting: Type.Integer({ description: "Messages that wait to be sent, or sent again" }),
  dead: Type.Integer({ description: "Messages that could not be sent; POST …/replays sends them again" }),
});
export type Webhook = Static<typeof Webhook>;
export const WebhookList = Type.Object({ webhooks: Type.Array(Webhook) });

export const MadeWebhook = Type.Object({
  ...Webhook.properties,
  secret: Type.String({
    description:
      "Shown now and never again. Header spiral-signature: t=SECONDS,v1=HEX, HEX = HMAC-SHA256 of SECONDS.ID.BODY, " +
      "ID being header spiral-delivery: the same at every try, so a receiver can tell a repeat",
  }),
});

export const WebhookBody = Type.Object(
  { name: Name, url: Url, kinds: Kinds, enabled: Type.Optional(Type.Boolean()), after: Type.Optional(After) },
  closed,
);
export const WebhookPatch = Type.Object(
  {
    name: Type.Optional(Name),
    url: Type.Optional(Url),
    kinds: Type.Optional(Kinds),
    enabled: Type.Optional(
      Type.Boolean({ description: "True: it goes on where it was, or with the oldest that is kept" }),
    ),
    after: Type.Optional(After),
  },
  { ...closed, minProperties: 1 },
);

export const WebhookParams = Type.Object({ id: Uuid });
export const FeedQueued = Type.Object({ deliveryId: Uuid });
export const FeedReplayed = Type.Object({ replayed: Type.Integer() });
export const FeedReplayBody = Type.Object(
  { deliveryId: Type.Optional(Uuid) },
  { ...closed, description: "Without deliveryId: all dead letters of the webhook" },
);

export const FeedDelivery = Type.Object({
  id: Uuid,
  event: Type.Enum(["changes", "test"]),
  changes: Type.Integer({ description: "How many it holds" }),
  state: Type.Enum(["waiting", "sent", "dead"]),
  tries: Type.Integer(),
  error: nullable(Type.String()),
  createdAt: Instant,
  endedAt: nullable(Instant),
});
export type FeedDelivery = Static<typeof FeedDelivery>;
export const FeedDeliveryQuery = Type.Object({
  state: Type.Optional(Type.Enum(["waiting", "sent", "dead"])),
  limit: Type.Optional(Limit),
  cursor: Type.Optional(Cursor),
});
export const FeedDeliveryList = Type.Object({ deliveries: Type.Array(FeedDelivery), nextCursor: NextCursor });
