/** Keypad entry: keys make a slot code ("B", "4" → B4); a pause or a wrong code starts anew. */

/** Time after which half an entry is forgotten, and a whole one that could still grow is taken. */
export const ENTRY_MS = 5_000;
/** Longest slot code. */
export const MAX_ENTRY_LENGTH = 5;

export interface KeypadState {
  readonly entry: string;
  /** The entry is a code, and the beginning of a longer one: "A1" where there is an A10. */
  readonly complete: boolean;
  readonly untilMs: number;
}

export const KEYPAD_EMPTY: KeypadState = Object.freeze<KeypadState>({ entry: "", complete: false, untilMs: Infinity });

export type KeypadResult =
  | { readonly state: KeypadState; readonly act: "wait" | "cancel" | "revalue" }
  | { readonly state: KeypadState; readonly act: "select"; readonly slot: string };

/**
 * `*` cancels, `#` ends an entry (without one: the credit is to go on the card shown); otherwise it ends when it is a
 * code of the planogram and of no longer one the start.
 */
export function pressKey(
  state: KeypadState,
  key: string,
  slots: readonly { readonly slot: string }[],
  nowMs: number,
): KeypadResult {
  if (key === "*") return { state: KEYPAD_EMPTY, act: "cancel" };
  if (key === "#") return state.entry === "" ? { state, act: "revalue" } : select(state.entry);
  const entry = (state.entry + key).slice(0, MAX_ENTRY_LENGTH);
  const complete = slots.some(({ slot }) => slot === entry);
  const canGrow = entry.length < MAX_ENTRY_LENGTH && slots.some(({ slot }) => slot !== entry && slot.startsWith(entry));
  if ((complete && !canGrow) || entry.length >= MAX_ENTRY_LENGTH) return select(entry);
  return { state: { entry, complete, untilMs: nowMs + ENTRY_MS }, act: "wait" };
}

export function keypadTick(state: KeypadState, nowMs: number): KeypadResult {
  if (nowMs < state.untilMs) return { state, act: "wait" };
  return state.complete ? select(state.entry) : { state: KEYPAD_EMPTY, act: "wait" };
}

function select(slot: string): KeypadResult {
  return { state: KEYPAD_EMPTY, act: "select", slot };
}
