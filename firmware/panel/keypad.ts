/** Keypad entry: keys make a slot code ("B", "4" → B4); a pause or a wrong code starts anew. */

/** Time after which half an entry is forgotten. */
export const ENTRY_MS = 5_000;
export const MAX_ENTRY_LENGTH = 5;

export interface KeypadState {
  readonly entry: string;
  readonly untilMs: number;
}

export const KEYPAD_EMPTY: KeypadState = Object.freeze<KeypadState>({ entry: "", untilMs: Infinity });

export type KeypadResult =
  | { readonly state: KeypadState; readonly then: "wait" | "cancel" }
  | { readonly state: KeypadState; readonly then: "select"; readonly slot: string };

/** `*` cancels, `#` ends an entry; otherwise it ends when a code of the planogram is complete. */
export function pressKey(
  state: KeypadState,
  key: string,
  isCode: (code: string) => boolean,
  nowMs: number,
): KeypadResult {
  if (key === "*") return { state: KEYPAD_EMPTY, then: "cancel" };
  const entry = key === "#" ? state.entry : state.entry + key;
  const done = isCode(entry) || (key === "#" && entry !== "") || entry.length >= MAX_ENTRY_LENGTH;
  if (done) return { state: KEYPAD_EMPTY, then: "select", slot: entry };
  return { state: { entry, untilMs: nowMs + ENTRY_MS }, then: "wait" };
}

export function keypadTick(state: KeypadState, nowMs: number): KeypadState {
  return nowMs >= state.untilMs ? KEYPAD_EMPTY : state;
}
