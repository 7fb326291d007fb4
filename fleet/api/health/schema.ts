/** Is the process alive, and can it do its work. Outside `/api/v1`: for supervisors, no sign-in. */
import Type, { type Static } from "typebox";

export const Health = Type.Object({ status: Type.Literal("ok") });
export type Health = Static<typeof Health>;

/** `unused`: not of this process' roles. */
const Part = Type.Enum(["ok", "down", "unused"]);
export const Readiness = Type.Object({
  /** `draining`: it will end soon; ask another one. */
  status: Type.Enum(["ready", "notReady", "draining"]),
  database: Part,
  broker: Part,
  live: Part,
});
export type Readiness = Static<typeof Readiness>;
