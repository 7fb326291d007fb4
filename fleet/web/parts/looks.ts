/** What a product looks like, told by its name and category: shape, colours and motif of its picture. */
import { deepFreeze } from "../../../shared/freeze.js";

export type Shape = "bottle" | "can" | "bag" | "bar" | "gum";
export type Motif =
  | "chips"
  | "pretzel"
  | "nuts"
  | "blocks"
  | "mint"
  | "bubbles"
  | "drop"
  | "lemon"
  | "wave"
  | "leaf"
  | "dots";

export interface Look {
  readonly shape: Shape;
  readonly body: string;
  readonly accent: string;
  readonly motif: Motif;
}

interface NamedLook extends Look {
  /** Lower-case parts of a name; the first row with one of them wins. */
  readonly words: readonly string[];
}

const LOOKS: readonly NamedLook[] = deepFreeze([
  { words: ["chip", "crisp"], shape: "bag", body: "#f2b51d", accent: "#c23a22", motif: "chips" },
  { words: ["pretzel"], shape: "bag", body: "#2c6fb7", accent: "#ffe6b0", motif: "pretzel" },
  { words: ["trail", "nut", "mix"], shape: "bag", body: "#4d8a3f", accent: "#f3e2b3", motif: "nuts" },
  { words: ["gum", "mint"], shape: "gum", body: "#18a39a", accent: "#eafffb", motif: "mint" },
  { words: ["choco", "bar"], shape: "bar", body: "#6b2f8f", accent: "#f2c14e", motif: "blocks" },
  { words: ["sparkling", "soda"], shape: "bottle", body: "#a8e2cf", accent: "#15795a", motif: "bubbles" },
  { words: ["water"], shape: "bottle", body: "#b4ddf7", accent: "#1d6fb8", motif: "drop" },
  { words: ["lemon", "lime", "orange"], shape: "can", body: "#ffd23f", accent: "#3f8f3a", motif: "lemon" },
  { words: ["coke", "cola"], shape: "can", body: "#c81e2c", accent: "#ffffff", motif: "wave" },
  { words: ["tea", "coffee"], shape: "bottle", body: "#c9772c", accent: "#2f7a3d", motif: "leaf" },
]);

const BY_CATEGORY = deepFreeze({ beverage: "can", snack: "bag", candy: "bar" } as const);

/** A look for every name: known words first, else the category's shape in a colour drawn from the name. */
export function lookOf(name: string, category?: string): Look {
  const lower = name.toLowerCase();
  const known = LOOKS.find(({ words }) => words.some((word) => lower.includes(word)));
  if (known !== undefined) return known;
  const shape = category !== undefined && isCategory(category) ? BY_CATEGORY[category] : "bag";
  let hue = 0;
  for (const character of lower) hue = (hue * 31 + (character.codePointAt(0) ?? 0)) % 360;
  return { shape, body: `hsl(${hue} 55% 42%)`, accent: "#ffffff", motif: "dots" };
}

function isCategory(category: string): category is keyof typeof BY_CATEGORY {
  return Object.hasOwn(BY_CATEGORY, category);
}
