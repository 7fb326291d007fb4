/** Settings of a machine, version by version; what each means, shared/wire/documents.ts says. */
import Type, { type Static } from "typebox";
import { LANGUAGES } from "../../../shared/panel-phrases.js";
import { FITTED } from "../../../shared/wire/documents.js";
import { Amount, Instant, nullable } from "../common.js";
import { Order } from "../orders/schema.js";

const Mask = Type.Integer({ minimum: 0, maximum: 65_535, description: "Bit n allows MDB type n" });

const fields = {
  maxCredit: Amount,
  coinMask: Mask,
  billMask: Mask,
  floatCounts: Type.Optional(
    Type.Array(Type.Integer({ minimum: 0, maximum: 255 }), {
      maxItems: 16,
      description: "Coins of each type that change never touches",
    }),
  ),
  forcedVend: Type.Optional(Type.Boolean()),
  everyPrice: Type.Optional(Type.Boolean()),
  ackFirst: Type.Optional(Type.Integer({ minimum: 1, maximum: 3 })),
  cancelAfterMs: Type.Optional(Type.Integer({ minimum: 5_000, maximum: 600_000 })),
  tooWarmMilliC: Type.Optional(Type.Integer({ minimum: -40_000, maximum: 60_000 })),
  telemetryMs: Type.Optional(Type.Integer({ minimum: 10_000, maximum: 86_400_000 })),
  fitted: Type.Optional(Type.Array(Type.Enum([...FITTED]), { uniqueItems: true, maxItems: FITTED.length })),
  highSecurityMask: Type.Optional(Mask),
  recycleMask: Type.Optional(Mask),
  payByValue: Type.Optional(Type.Boolean()),
  language: Type.Optional(
    Type.Enum([...LANGUAGES], { description: "What the panel speaks until somebody at it chooses another" }),
  ),
};

export const ServiceCode = Type.Object(
  {
    who: Type.Integer({ minimum: 1, maximum: 65_535, description: "A number of the operator's own" }),
    rights: Type.Integer({ minimum: 0, maximum: 4_294_967_295 }),
    code: Type.String({ pattern: "^[0-9]{4,8}$" }),
  },
  { additionalProperties: false },
);

export const SettingsBody = Type.Object(
  {
    basedOn: Type.Integer({
      minimum: 0,
      description: "The newest version that was seen, 0 for none: 409 if there is a newer one by now",
    }),
    ...fields,
    serviceCodes: Type.Optional(
      Type.Array(ServiceCode, {
        maxItems: 20,
        description: "Absent: as in the newest version. With the first one they must be given, if only as none",
      }),
    ),
  },
  { additionalProperties: false },
);

export const Settings = Type.Object({
  version: Type.Integer(),
  createdAt: Instant,
  createdBy: nullable(Type.String()),
  ...fields,
  serviceCodes: Type.Array(Type.Object({ who: Type.Integer(), rights: Type.Integer() })),
});
export type Settings = Static<typeof Settings>;

export const SettingsOrdered = Type.Object({ settings: Settings, order: Order });
