/** What the touch screen itself remembers: language, page, open keypad. Everything else is the core's view. */
import type { Language } from "../../../shared/panel-phrases.js";
import type { PanelView } from "../../../shared/panel-view.js";
import type { WorldInput } from "../../ports/inputs.js";
import type { Press } from "./plates.js";

/** Hints take turns so. */
export const HINT_MS = 5_000;

/** What fills the screen. */
export type Scene = "products" | "paying" | "message" | "code" | "menu" | "dark";

export interface ScreenState {
  readonly language: Language;
  readonly scene: Scene;
  /** Of products, keys or lines, from 0. */
  readonly page: number;
  readonly keypad: boolean;
  /** Counts up; which hint it is follows from the view. */
  readonly hint: number;
  /** Plate under the finger. */
  readonly pressed: string | undefined;
}

export function openingState(language: Language): ScreenState {
  return { language, scene: "dark", page: 0, keypad: false, hint: 0, pressed: undefined };
}

export function sceneOf(view: PanelView | undefined): Scene {
  if (view === undefined) return "dark";
  if (view.menu !== undefined) return "menu";
  if (view.code !== undefined) return "code";
  if (view.state === "IDLE") return "products";
  if (view.state !== "PRODUCT_SELECTED" && view.state !== "ACCEPTING_PAYMENT") return "message";
  return view.slot === undefined ? "products" : "paying";
}

/**
 * After a new view: another scene begins on its first page, with no keypad open; so does another menu screen. The
 * screen speaks what the menu speaks, and what the settings say when they come to say something else.
 */
export function onView(known: ScreenState, before: PanelView | undefined, view: PanelView | undefined): ScreenState {
  const spoken = view?.menu?.language ?? (view?.language === before?.language ? undefined : view?.language);
  const state = spoken === undefined || spoken === known.language ? known : { ...known, language: spoken };
  const scene = sceneOf(view);
  if (scene === "menu" && before?.menu?.title !== view?.menu?.title) return { ...state, scene, page: 0 };
  return scene === state.scene ? state : { ...state, scene, page: 0, keypad: false };
}

export interface Pressed {
  readonly state: ScreenState;
  /** What the machine is told. */
  readonly input: WorldInput | undefined;
}

export function onPress(state: ScreenState, press: Press): Pressed {
  switch (press.do) {
    case "input":
      return { state, input: press.input };
    case "page":
      return { state: { ...state, page: press.page }, input: undefined };
    case "language":
      return { state: { ...state, language: press.language }, input: { on: "language", language: press.language } };
    case "keypad":
      return { state: { ...state, keypad: press.open, page: 0 }, input: undefined };
  }
}
