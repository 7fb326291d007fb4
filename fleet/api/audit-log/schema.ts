/** Who changed what, with before and after: appended in the transaction of each change, never altered. */
import Type, { type Static } from "typebox";
import { Cursor, Instant, Limit, NextCursor, nullable } from "../common.js";

export const ChangeEntry = Type.Object({
  id: Type.Integer(),
  at: Instant,
  user: nullable(Type.String({ description: "Name of the person" })),
  key: nullable(Type.String({ description: "Name of the program's key; both null: the service itself" })),
  action: Type.String(),
  subject: Type.String(),
  subjectId: Type.String(),
  before: Type.Unknown({ description: "Null: was not" }),
  after: Type.Unknown({ description: "Null: is no more" }),
});
export type ChangeEntry = Static<typeof ChangeEntry>;

const Word = Type.String({ minLength: 1, maxLength: 100 });

export const ChangeQuery = Type.Object({
  subject: Type.Optional(Word),
  subjectId: Type.Optional(Word),
  action: Type.Optional(Word),
  user: Type.Optional(Type.String({ minLength: 1, maxLength: 100, description: "Name of the person" })),
  from: Type.Optional(Instant),
  to: Type.Optional(Instant),
  limit: Type.Optional(Limit),
  cursor: Type.Optional(Cursor),
});

export const ChangeList = Type.Object({ changes: Type.Array(ChangeEntry), nextCursor: NextCursor });
