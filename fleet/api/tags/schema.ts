/** Tags of machines: words an operator sorts them by, and by which a person's or key's view is narrowed. */
import Type from "typebox";
import { Tag } from "../keys/schema.js";

export const MAX_TAGS = 20;
export const MachineTags = Type.Object(
  { tags: Type.Array(Tag, { maxItems: MAX_TAGS, uniqueItems: true }) },
  { additionalProperties: false },
);
export const TagList = Type.Object({
  tags: Type.Array(Type.Object({ tag: Type.String(), machines: Type.Integer() })),
});
