/**
 * The touch screen without its pixels: takes views and touches, keeps the picture, and says step by step what is to be
 * drawn. It does one small thing at a time: a view is only kept when it comes; laying it out is a step of its own, and
 * so is each piece drawn. Clock, pixels and text widths are handed in.
 */
import type { Language } from "../../../shared/panel-phrases.js";
import type { PanelView } from "../../../shared/panel-view.js";
import type { WorldInput } from "../../ports/inputs.js";
import type { Part } from "./frame.js";
import { darkPicture, partsOf } from "./layout.js";
import { type Area, type Measure, type Plate, plateAt } from "./plates.js";
import { darkRuns, type QrModules } from "./qr.js";
import { changedAreas, meets, nextStep, withAreas } from "./redraw.js";
import { HINT_MS, onPress, onView, openingState, type ScreenState } from "./state.js";

/** Plates laid out in one step: a text has to be measured for each. */
export const MAX_STEP_PARTS = 2;
/** From one step to the next, for the bus loop to come in between. */
export const STEP_MS = 5;

export interface ScreenPorts {
  readonly measure: Measure;
  /** One alarm: calls `tick` in so many ms; the newest order counts, undefined = none. */
  wakeIn(ms: number | undefined): void;
  /** These areas are to be drawn, by what `platesIn` says of them. */
  draw(areas: readonly Area[]): void;
  /** The platform's encoder of QR codes. */
  encodeQr(text: string): QrModules;
  deliver(input: WorldInput): void;
  /** Told of each new picture before it is drawn: for logs of simulators. */
  onPicture?(plates: readonly Plate[]): void;
}

export interface ScreenSize {
  readonly width: number;
  readonly height: number;
}

export class TouchScreen {
  readonly #size: ScreenSize;
  readonly #ports: ScreenPorts;
  #state: ScreenState;
  #view: PanelView | undefined;
  #plates: readonly Plate[];
  #waiting: readonly Area[] = [];
  /** View or state are newer than what is laid out, or being so. */
  #stale = true;
  /** The next picture while it is laid out. */
  #parts: readonly Part[] = [];
  #next: Plate[] = [];
  /** The code on the screen; its modules are made in a step of their own. */
  #qr: { readonly text: string; readonly modules: QrModules | undefined } | undefined;

  constructor(size: ScreenSize, language: Language, ports: ScreenPorts) {
    this.#size = size;
    this.#ports = ports;
    this.#state = openingState(language);
    this.#plates = darkPicture(size.width, size.height);
  }

  get language(): Language {
    return this.#state.language;
  }

  /** Something is still to be laid out or drawn. */
  get busy(): boolean {
    return this.#stale || this.#parts.length > 0 || this.#isQrDue || this.#waiting.length > 0;
  }

  /** Kept, nothing more: the machine is in the middle of a step of its own. */
  show(view: PanelView | undefined): void {
    if (view === this.#view) return;
    this.#setState(onView(this.#state, this.#view, view));
    this.#view = view;
    this.#markStale();
  }

  /** Everything anew. */
  redraw(): void {
    this.#waiting = [{ x: 0, y: 0, w: this.#size.width, h: this.#size.height }];
    this.#ports.wakeIn(0);
  }

  /** One step: lays out a few plates, or draws a piece, or turns the hint. */
  tick(): void {
    if (this.#stale || this.#parts.length > 0) this.#layOut();
    else if (this.#isQrDue) this.#encode();
    else if (this.#waiting.length > 0) this.#drawNext();
    else this.#turnHint();
    this.#ports.wakeIn(this.busy ? STEP_MS : this.#hintDueMs());
  }

  touchDown(x: number, y: number): void {
    const plate = plateAt(this.#plates, x, y);
    // nobody can have meant what is not on the glass yet
    if (plate !== undefined && this.#waiting.some((area) => meets(area, plate))) return;
    this.#press(plate?.id);
  }

  /** A touch counts where it ends on the plate on which it began. */
  touchUp(x: number, y: number): void {
    const { pressed } = this.#state;
    const plate = plateAt(this.#plates, x, y);
    this.#press(undefined);
    if (plate?.press === undefined || plate.id !== pressed) return;
    const { state, input } = onPress(this.#state, plate.press);
    if (state !== this.#state) {
      this.#setState(state);
      this.#markStale();
    }
    if (input !== undefined) this.#ports.deliver(input);
  }

  touchCancelled(): void {
    this.#press(undefined);
  }

  /** The plates that show in `area`, from below to above. */
  platesIn(area: Area): readonly Plate[] {
    return this.#plates.filter((plate) => meets(plate, area));
  }

  /** Where the QR code on `plate` is dark, within `area`. */
  darkRunsIn(plate: Plate, area: Area): readonly Area[] {
    const modules = plate.qr === this.#qr?.text ? this.#qr?.modules : undefined;
    return modules === undefined ? [] : darkRuns(modules, plate, area);
  }

  #press(id: string | undefined): void {
    if (id === this.#state.pressed) return;
    this.#setState({ ...this.#state, pressed: id });
    this.#markStale();
  }

  #setState(state: ScreenState): void {
    this.#state = state;
  }

  #markStale(): void {
    this.#stale = true;
    this.#ports.wakeIn(0);
  }

  /** What is begun is ended first: a picture that is late is better than none. */
  #layOut(): void {
    if (this.#parts.length === 0) this.#begin();
    for (const part of this.#parts.slice(0, MAX_STEP_PARTS)) this.#next.push(part());
    this.#parts = this.#parts.slice(MAX_STEP_PARTS);
    if (this.#parts.length === 0) this.#take(this.#next);
  }

  #begin(): void {
    this.#stale = false;
    this.#next = [];
    const { width, height } = this.#size;
    const view = this.#view;
    const { measure } = this.#ports;
    if (view === undefined) this.#next = darkPicture(width, height);
    else this.#parts = partsOf({ view, state: this.#state, width, height, measure });
  }

  #take(plates: readonly Plate[]): void {
    this.#waiting = withAreas(this.#waiting, changedAreas(this.#plates, plates));
    this.#plates = plates;
    this.#ports.onPicture?.(plates);
    const text = plates.find((plate) => plate.qr !== undefined)?.qr;
    if (text !== this.#qr?.text) this.#qr = text === undefined ? undefined : { text, modules: undefined };
  }

  get #isQrDue(): boolean {
    return this.#qr !== undefined && this.#qr.modules === undefined;
  }

  #encode(): void {
    if (this.#qr !== undefined) this.#qr = { ...this.#qr, modules: this.#ports.encodeQr(this.#qr.text) };
  }

  #drawNext(): void {
    const { draw, rest } = nextStep(this.#waiting);
    this.#waiting = rest;
    this.#ports.draw(draw);
  }

  #turnHint(): void {
    this.#state = { ...this.#state, hint: this.#state.hint + 1 };
    this.#stale = true;
  }

  /** Hints turn where nobody touches anything. */
  #hintDueMs(): number | undefined {
    return this.#state.scene === "products" && !this.#state.keypad ? HINT_MS : undefined;
  }
}
