/**
 * Stands in for `uvu/diff` on XS: the two values one above the other, cut where they grow long. The real one loads a
 * text differ and colours, which a failing assertion on a slow engine does not need.
 */

const SHOWN_CHARS_MAX = 2_000;
const DEPTH_MAX = 6;

/** What `uvu/assert` prints below its message. */
export function compare(actual: unknown, expected: unknown): string {
  return `++${show(expected)}    (Expected)\n--${show(actual)}    (Actual)\n`;
}

/** The same for two texts. */
export function lines(actual: string, expected: string): string {
  return compare(actual, expected);
}

function show(value: unknown): string {
  const text = render(value, 0);
  return text.length > SHOWN_CHARS_MAX ? `${text.slice(0, SHOWN_CHARS_MAX)} ...` : text;
}

function render(value: unknown, depth: number): string {
  if (typeof value === "string") {
    return JSON.stringify(value);
  }
  if (typeof value === "bigint") {
    return `${value}n`;
  }
  if (typeof value !== "object" || value === null) {
    return String(value);
  }
  if (depth >= DEPTH_MAX) {
    return "...";
  }
  if (value instanceof Uint8Array) {
    return `Uint8Array [ ${Array.from(value, (byte) => byte.toString(16).padStart(2, "0")).join(" ")} ]`;
  }
  if (value instanceof Map || value instanceof Set) {
    return `${value instanceof Map ? "Map" : "Set"} ${render([...value], depth)}`;
  }
  if (Array.isArray(value)) {
    return `[ ${value.map((item) => render(item, depth + 1)).join(", ")} ]`;
  }
  const fields = Object.entries(value).map(([key, field]) => `${key}: ${render(field, depth + 1)}`);
  return `{ ${fields.join(", ")} }`;
}
