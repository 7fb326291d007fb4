/** Is the process alive, and can it do its work. Outside `/api/v1`: for supervisors, no sign-in. */
import Type, { type Static } from "typebox";

export const Health = Type.Object({ status: Type.Literal("ok") });
export type Health = Static<typeof Health>;

const Part = Type.Enum(["ok", "down"]);
export const Readiness = Type.Object({
  status: Type.Enum(["ready", "notReady"]),
  database: Part,
  broker: Part,
  live: Part,
});
export type Readiness = Static<typeof Readiness>;
